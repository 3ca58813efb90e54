"""The far side of an adapter's process: import one framework, then answer one job at a time.

Needs NumPy, ml_dtypes for bfloat16, and the framework, nothing more: plain data come from the harness and go back.
"""

from __future__ import annotations

import gc
import marshal
import os
import pickle
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.adapters import load_adapter
from harness.adapters.base import Adapter
from harness.adapters.calls import Beat, Call, Follows, Observed, make_once_more, noting, observe, program_calls
from harness.adapters.origin import own_mistake
from harness.adapters.program import Program
from harness.adapters.readiness import Ready, make_ready
from harness.core.case import GRADIENTS
from harness.core.errors import first_line
from harness.core.tensors import Array, dtype_name
from harness.engine.held_back import HeldBack
from harness.engine.pulse import Pulse
from harness.operations.conv_transpose.other_data import factors

MORE = "more"
"""Marks a part of an answer that another part follows."""
HELD_LIMIT = 0.1
"""Seconds that an answer is held back, about."""
_MARSHAL = 4
"""Every supported version of Python reads this format."""
_NUMBERS = "biufc"
_BFLOAT16 = "bfloat16"


def serve(channel: Any) -> None:
    """Answer on ``channel``: first this process's id, then the versions (or why there are none), then each job.

    An answer carries the id of its job; one with ``MORE`` in it is followed by another part. A job may name another
    adapter of the same framework, which then shares the process. An adapter that cannot be run answers with the
    reason.
    """
    setup, own = begin(channel), os.getpid()
    pulse, answers = Pulse(setup["pulse"]), _Answers(channel, HeldBack(setup["held"]))
    gc.disable()  # an import makes much and drops little: collecting meanwhile costs up to a fifth of it
    first = make_ready(partial(load_adapter, setup["adapter"]))
    if os.getpid() != own:
        os._exit(0)  # a copy that starting it left behind
    if first.versions is None:
        channel.send(first.fault)
        return
    gc.freeze()
    gc.enable()
    channel.send({"versions": first.versions})
    warnings.simplefilter("ignore")
    adapters = {setup["adapter"]: first}
    for some in batches(channel):
        for job in some:
            pulse.beat()
            target = job.get("adapter") or job.get("begin") or setup["adapter"]
            if target not in adapters:
                adapters[target] = make_ready(partial(load_adapter, target))
            for part in _of_process(own, _parts(adapters[target], job, pulse.beat)):
                answers.add({"id": job["id"], **part})
        answers.send()


def _parts(ready: Ready, job: Mapping[str, Any], beat: Beat) -> Iterable[dict[str, Any]]:
    """The answer to ``job``, which may be to begin with an adapter alone."""
    if "begin" in job:
        return [dict(ready.fault) or {"versions": dict(ready.versions or {})}]
    if ready.fault or ready.adapter is None:
        return [{"output": ready.fault}]
    return answer_in_parts(ready.adapter, job, beat)


def _of_process(own: int, parts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """``parts`` in the process of that id; a copy that the adapter forked ends here, however it came back.

    Its answer would be another one, and its end would close the channel of both.
    """
    try:
        for part in parts:
            if os.getpid() != own:
                return
            yield part
    finally:
        if os.getpid() != own:
            os._exit(0)


class _Answers:
    """Sends several answers at once; until then they are held back where the harness can read them."""

    def __init__(self, channel: Any, held: HeldBack) -> None:
        self._channel = channel
        self._held = held
        self._unsent: list[bytes] = []
        self._since = 0.0

    def add(self, answer: Mapping[str, Any]) -> None:
        """Send ``answer``, soon."""
        # bytes, as a channel's own encoding takes longer; reading them runs no code, whatever an adapter did to them
        packed = marshal.dumps(dict(answer), _MARSHAL)
        self._since = self._since if self._unsent else time.monotonic()
        self._unsent.append(packed)
        if not self._held.add(packed) or time.monotonic() > self._since + HELD_LIMIT:
            self.send()

    def send(self) -> None:
        """Send what is held back."""
        if self._unsent:
            self._channel.send(marshal.dumps(self._unsent, _MARSHAL))
            self._held.sent(len(self._unsent))
            self._unsent = []


def begin(channel: Any) -> Mapping[str, Any]:
    """Take in what the harness sends first, whatever follows, and send this process's id."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)  # the harness decides when a run ends
    setup: Mapping[str, Any] = channel.receive()
    _redirect_stderr(setup["log"])
    channel.send({"pid": os.getpid()})
    return setup


def pack_jobs(jobs: Sequence[Mapping[str, Any]]) -> bytes:
    """Jobs as bytes: their many small parts take a channel's own encoding ten times as long."""
    return pickle.dumps(list(map(dict, jobs)), protocol=5)


def batches(channel: Any) -> Iterator[list[dict[str, Any]]]:
    """The jobs that come together on ``channel``, which the harness alone writes to."""
    for packed in channel:
        some: list[dict[str, Any]] = pickle.loads(packed)  # noqa: S301 - from the process that started this one
        yield some


def answer(adapter: Adapter, job: Mapping[str, Any], beat: Beat = lambda: None) -> dict[str, Any]:
    """The outcomes of one job by the name of the output, as plain data; see ``answer_in_parts``."""
    return {name: found for part in answer_in_parts(adapter, job, beat) for name, found in part.items() if name != MORE}


def answer_in_parts(adapter: Adapter, job: Mapping[str, Any], beat: Beat) -> Iterator[dict[str, Any]]:
    """What the call gave, marked with ``MORE`` where its gradients follow, and these.

    So what the call gave is known where its gradients end the process. Each outcome is an array, with those of other
    calls that need a judgement (see ``Observed``); the shape and dtype of an adapter that computes no values; or an
    error's type and message, with the place where it was raised if that is in the adapter's own code. Where an error
    may be right, the call is made again after it; the shape that came of another run is ``also`` given. What has no
    output has no gradients. ``beat`` is called before each call.
    """
    outputs, runs = job["outputs"], job["runs"]
    forward, gradients, follows = _calls(adapter, job, beat)
    call: Call | None = None
    shapes: list[tuple[int, ...]] = []
    requested = [] if gradients is None or adapter.shape_only else [name for name in outputs if name in GRADIENTS]
    try:
        call, other = forward()
        if job.get("refusable"):
            call = noting(call, shapes)
        found = observe(call, 1 if adapter.shape_only else runs, beat, other, follows)
    except Exception as error:
        raised = _raised(adapter, error)
        if job.get("refusable") and runs > 1 and not shapes:
            make_once_more(call, lambda: noting(forward()[0], shapes), beat)
        yield {"output": raised | ({"also": shapes[0]} if shapes else {})}
        return
    if adapter.shape_only:
        y = found["output"].first
        yield {"output": {"shape": y.shape, "dtype": y.dtype}}
        return
    packed = {name: _packed(found[name]) for name in outputs if name in found}
    if gradients is None or not requested:
        yield packed
        return
    yield {**packed, MORE: True}
    try:
        call, other = gradients()
        found = observe(call, runs, beat, other, follows)
        packed = {name: _packed(found[name]) for name in requested}
    except Exception as error:
        packed = dict.fromkeys(requested, _raised(adapter, error))
    yield packed


Calls = Callable[[], tuple[Call, Call | None]]
"""Prepares a call, and that on other data where there are any."""


def _calls(adapter: Adapter, job: Mapping[str, Any], beat: Beat) -> tuple[Calls, Calls | None, Follows]:
    """The call, that of its gradients where there is a cotangent, and what follows for other data.

    These come with the job, or are what those of a transposed convolution themselves give.
    """
    program, outputs = Program(**job["program"]), job["outputs"]
    follows: Follows = lambda *_: False  # noqa: E731 - until there are such data
    arrays = {name: unpack(packed) for name, packed in job["tensors"].items()}
    other: Mapping[str, Array] | None = None
    if job.get("other") is True:
        by = factors(arrays["kernel"])
        follows, other = by.follows, by.times(arrays)
    elif job.get("other"):
        other = {name: unpack(packed) for name, packed in job["other"].items()}
    calls = partial(program_calls, adapter, program, arrays, other, beat=beat)
    gradients = partial(calls, [name for name in outputs if name in GRADIENTS], gradient=True)
    differentiated = "cotangent" in arrays and (program.gradient or adapter.runtime.gradient)
    return (
        partial(calls, [name for name in outputs if name in program.outputs]),
        gradients if differentiated else None,
        follows,
    )


def _packed(one: Observed) -> dict[str, Any]:
    arrays = {"array": one.first, "again": one.again, "other": one.other, "after": one.after}
    return {name: pack(array) for name, array in arrays.items() if array is not None}


def _raised(adapter: Adapter, error: Exception) -> dict[str, Any]:
    raised = {"error": type(error).__name__, "message": _explained(adapter, error)}
    own = own_mistake(adapter, error)
    return raised | {"own": own} if own else raised


def pack(array: Array) -> tuple[str, tuple[int, ...], bytes]:
    """An array as dtype, shape and bytes; one that does not hold numbers goes as its shape alone."""
    if array.dtype.kind in _NUMBERS or dtype_name(array.dtype) == _BFLOAT16:
        return (dtype_name(array.dtype), array.shape, array.tobytes())
    return ("object", array.shape, b"")


def unpack(packed: tuple[str, tuple[int, ...], bytes]) -> Array:
    """The inverse of ``pack``; writable, since frameworks take memory over."""
    dtype, shape, data = packed
    if dtype == "object":
        return np.empty(shape, dtype)
    if dtype == _BFLOAT16:
        import ml_dtypes  # what makes this name known to NumPy

        return np.frombuffer(bytearray(data), dtype=ml_dtypes.bfloat16).reshape(shape)
    return np.frombuffer(bytearray(data), dtype=dtype).reshape(shape)


def _explained(adapter: Adapter, error: Exception) -> str:
    try:
        return first_line(adapter.explain(error))
    except Exception as other:
        return f"(no message: explaining it raised {type(other).__name__})"


def _redirect_stderr(path: str) -> None:
    """Frameworks write to the descriptor, not to ``sys.stderr``; the harness shows the end of the log on a crash."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stderr.flush()
    os.dup2(log, 2)
    os.close(log)
