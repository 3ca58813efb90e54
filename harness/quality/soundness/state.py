"""Mutants that are wrong from call to call, and those that end or hold up their process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import numpy as np

from harness.quality.soundness.mutant import LEGAL, Mutant, in_call, in_gradients
from harness.quality.soundness.request import Array, Request, Results


def first_of_form(request: Request) -> Results:
    """The first result for data of these sizes for ever."""
    return request.kept.setdefault(request.form, request.right)  # type: ignore[no-any-return]


def _first_of_call(request: Request) -> Results:
    """The first result of a prepared call for ever, whatever its data hold later."""
    return request.prepared.setdefault("first", request.right)  # type: ignore[no-any-return]


def _packed_kernel(request: Request) -> Results:
    """The kernel that the first call of these sizes was prepared with, for ever."""
    kernel = request.kept.setdefault(("kernel", request.form), request.tensors["kernel"].copy())
    return request.with_tensors(kernel=kernel)


def _same_memory(request: Request) -> Results:
    """The result in memory that the next call of these sizes writes again."""
    y = request.right["output"]
    memory: Array = request.kept.setdefault(("memory", request.form), np.empty(y.shape, y.dtype))
    memory[...] = y
    return {"output": memory}


def _second_data(request: Request) -> Results:
    """Right for the first data of these sizes, and for the same again; one number is off for any other."""
    found = request.right
    if request.kept.setdefault(("data", request.form), request.bits) != request.bits and found["output"].size:
        found["output"].reshape(-1)[0] += np.ones((), found["output"].dtype)
    return found


def _overwrites_input(request: Request) -> Results:
    """The data are zeros after the call."""
    found = request.right
    if request.tensors["input"].flags.writeable:
        request.tensors["input"][...] = 0
    return found


def _every(request: Request, every: int) -> bool:
    """Whether this is a call of which the number is a multiple of ``every``."""
    request.kept["calls"] = calls = request.kept.get("calls", 0) + 1
    return bool(calls % every == 0)


def _every_second(request: Request) -> Results:
    """Every second call is off by one."""
    found = request.right
    if _every(request, 2) and found["output"].size:
        found["output"].reshape(-1)[-1] += np.ones((), found["output"].dtype)
    return found


def _crash(request: Request) -> Results:
    """Every third call ends the process."""
    return _kill(request) if _every(request, 3) else request.right


def _hang(request: Request) -> Results:
    """Every third call does not return."""
    if _every(request, 3):
        time.sleep(3600)
    return request.right


def _kill(request: Request) -> Results:
    """The process ends."""
    os.kill(os.getpid(), signal.SIGKILL)
    return request.right


MUTANTS: Sequence[Mutant] = (
    Mutant("stale_of_form", "pytorch", in_call(first_of_form), LEGAL),
    Mutant("stale_of_call", "keras", in_call(_first_of_call), LEGAL),
    Mutant("stale_kernel", "tensorflow", in_call(_packed_kernel), LEGAL),
    Mutant("same_memory", "pytorch", in_call(_same_memory), LEGAL),
    Mutant("second_data", "tensorflow", in_call(_second_data), LEGAL),
    Mutant("overwrites_input", "keras", in_call(_overwrites_input), LEGAL),
    Mutant("unstable", "pytorch", in_call(_every_second), LEGAL),
    Mutant("crash", "tensorflow", in_call(_crash), LEGAL),
    Mutant("crash_in_gradients", "pytorch", in_gradients(_kill), LEGAL),
    Mutant("hang", "keras", in_call(_hang), LEGAL),
)
