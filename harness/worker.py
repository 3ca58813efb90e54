"""The far side of an adapter's process: import one framework, then answer one job at a time.

Needs NumPy, ml_dtypes for bfloat16, and the framework, nothing more: plain data come from the harness and go back.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.plan import Array, Plan, execute, execute_gradients
from harness.adapters.program import Found, Program, run_program
from harness.case import GRADIENTS

_NUMBERS = "biufc"
_BFLOAT16 = "bfloat16"
_LONGEST = 1000


def serve(channel: Any) -> None:
    """Answer on ``channel``: first this process's id, then the versions (or why there are none), then each job.

    An answer carries the id of its job. A job may name another adapter of the same framework, which then shares the
    process.
    """
    setup, own = begin(channel), os.getpid()
    gc.disable()  # an import makes much and drops little: collecting meanwhile costs up to a fifth of it
    try:
        adapter = load_adapter(setup["adapter"])
        versions = adapter.start()
    except Exception as error:
        channel.send({"unavailable": named(error)})
        return
    gc.freeze()
    gc.enable()
    channel.send({"versions": versions})
    warnings.simplefilter("ignore")
    adapters = {setup["adapter"]: adapter}
    for job in jobs(channel):
        target = job.get("adapter", setup["adapter"])
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        answered = answer(adapters[target], job)
        if os.getpid() != own:
            os._exit(0)  # a copy that the adapter forked and let return: the harness waits for one answer
        channel.send({"id": job["id"], **answered})


def begin(channel: Any) -> Mapping[str, Any]:
    """Take in what the harness sends first, whatever it will ask, and send this process's id."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # the harness decides when a run ends
    setup: Mapping[str, Any] = channel.receive()
    _redirect_stderr(setup["log"])
    channel.send({"pid": os.getpid()})
    return setup


def pack_job(job: Mapping[str, Any]) -> bytes:
    """A job as bytes: its many small parts take a channel's own encoding ten times as long."""
    return pickle.dumps(dict(job), protocol=5)


def jobs(channel: Any) -> Iterator[dict[str, Any]]:
    """The jobs that come on ``channel``, which the harness alone writes to."""
    for packed in channel:
        job: dict[str, Any] = pickle.loads(packed)  # noqa: S301 - from the process that started this one
        yield job


def load_adapter(target: str) -> Adapter:
    """The adapter at ``module:Class``."""
    module, _, name = target.partition(":")
    adapter: Adapter = getattr(import_module(module), name)()
    return adapter


def answer(adapter: Adapter, job: Mapping[str, Any]) -> dict[str, Any]:
    """The outcomes of one job by the name of the output, as plain data.

    Each is an array and whether it was stable, the shape and dtype of an adapter that computes no values, or an
    error's type and message. What has no output has no gradients.
    """
    if "program" in job:
        return _answer_program(adapter, job)
    x, w, b, g = (None if packed is None else unpack(packed) for packed in job["tensors"])
    if x is None or w is None:
        raise ValueError("a job needs an input and a kernel")
    plan, runs = Plan.from_dict(job["plan"]), job["runs"]
    try:
        output, stable = execute(adapter.prepare, plan, x, w, b, runs)
    except Exception as error:
        return {"output": _raised(adapter, error)}
    if adapter.shape_only:
        return {"output": {"shape": output.shape, "dtype": str(output.dtype)}}
    outcomes = {"output": {"array": pack(output), "stable": stable}}
    asked = [name for name in job["outputs"] if name != "output"]
    if g is not None and asked:
        try:
            gradients, stable = execute_gradients(adapter.differentiate, plan, x, w, b, g, runs)
            outcomes |= {name: {"array": pack(gradients[name]), "stable": stable} for name in asked}
        except Exception as error:
            outcomes |= dict.fromkeys(asked, _raised(adapter, error))
    return outcomes


def _answer_program(adapter: Adapter, job: Mapping[str, Any]) -> dict[str, Any]:
    tensors = {name: unpack(packed) for name, packed in job["tensors"].items()}
    cotangent = tensors.pop("cotangent", None)
    outputs = job["outputs"]
    forward, gradients = run_program(Program(**job["program"]), tensors, cotangent, outputs, job["runs"])
    if forward.error is not None:
        return {"output": _raised(adapter, forward.error)}
    outcomes = _packed(forward)
    if gradients is None:
        return outcomes
    if gradients.error is None:
        return outcomes | _packed(gradients)
    asked = [name for name in outputs if name in GRADIENTS]
    return outcomes | dict.fromkeys(asked, _raised(adapter, gradients.error))


def _packed(found: Found) -> dict[str, Any]:
    return {name: {"array": pack(array), "stable": found.stable[name]} for name, array in found.arrays.items()}


def _raised(adapter: Adapter, error: Exception) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": _explained(adapter, error)}


def pack(array: Array) -> tuple[str, tuple[int, ...], bytes]:
    """An array as dtype, shape and bytes; one that does not hold numbers goes as its shape alone."""
    if array.dtype.kind in _NUMBERS or array.dtype.name == _BFLOAT16:
        return (str(array.dtype), array.shape, array.tobytes())
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


def named(error: Exception) -> str:
    """The type and the first line of the message of what a framework raised."""
    return f"{type(error).__name__}: {_first_line(str(error))}".removesuffix(": ")


def _explained(adapter: Adapter, error: Exception) -> str:
    try:
        return _first_line(adapter.explain(error))
    except Exception as other:
        return f"(no message: explaining it raised {type(other).__name__})"


def _first_line(message: str) -> str:
    """In characters that any channel and report can carry."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    first = lines[0].encode(errors="backslashreplace").decode() if lines else ""
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"


def _redirect_stderr(path: str) -> None:
    """Frameworks write to the descriptor, not to ``sys.stderr``; the harness shows the end of the log on a crash."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stderr.flush()
    os.dup2(log, 2)
    os.close(log)
