"""The far side of an adapter's process: import one framework, then answer one job at a time.

Needs NumPy and the framework, nothing more: the harness sends plain data and gets plain data back.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.plan import Array, Plan, execute

_NUMBERS = "biufc"
_LONGEST = 1000


def serve(channel: Any) -> None:
    """Answer on ``channel``: first this process's id, then the versions (or why there are none), then each job.

    A job may name another adapter of the same framework, which then shares the process.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)  # the harness decides when a run ends
    setup = channel.receive()
    _redirect_stderr(setup["log"])
    channel.send({"pid": os.getpid()})
    gc.disable()  # an import makes much and drops little: collecting meanwhile costs up to a fifth of it
    try:
        adapter = load_adapter(setup["adapter"])
        versions = adapter.start()
    except Exception as error:
        channel.send({"unavailable": f"{type(error).__name__}: {_first_line(str(error))}"})
        return
    gc.freeze()
    gc.enable()
    channel.send({"versions": versions})
    warnings.simplefilter("ignore")
    adapters = {setup["adapter"]: adapter}
    for job in channel:
        target = job.get("adapter", setup["adapter"])
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        channel.send(answer(adapters[target], job))


def load_adapter(target: str) -> Adapter:
    """The adapter at ``module:Class``."""
    module, _, name = target.partition(":")
    adapter: Adapter = getattr(import_module(module), name)()
    return adapter


def answer(adapter: Adapter, job: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome of one job as plain data: an array and whether it was stable, or an error's type and message."""
    x, w, b = (None if packed is None else unpack(packed) for packed in job["tensors"])
    if x is None or w is None:
        raise ValueError("a job needs an input and a kernel")
    try:
        output, stable = execute(adapter.prepare, Plan.from_dict(job["plan"]), x, w, b, job["runs"])
    except Exception as error:
        return {"error": type(error).__name__, "message": _explained(adapter, error)}
    return {"output": pack(output), "stable": stable}


def pack(array: Array) -> tuple[str, tuple[int, ...], bytes]:
    """An array as dtype, shape and bytes; one that does not hold numbers goes as its shape alone."""
    if array.dtype.kind in _NUMBERS:
        return (str(array.dtype), array.shape, array.tobytes())
    return ("object", array.shape, b"")


def unpack(packed: tuple[str, tuple[int, ...], bytes]) -> Array:
    """The inverse of ``pack``; writable, since frameworks take memory over."""
    dtype, shape, data = packed
    if dtype == "object":
        return np.empty(shape, dtype)
    return np.frombuffer(bytearray(data), dtype=dtype).reshape(shape)


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
