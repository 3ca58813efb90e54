"""Mutants that are wrong from call to call, and those that end or hold up their process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import numpy as np

from harness.quality.soundness.mutant import Mutant, in_call, legal
from harness.quality.soundness.request import Array, Request, Results


def first_of_form(request: Request) -> Results:
    """The first result for data of these sizes."""
    return request.kept.setdefault(request.form, request.right)  # type: ignore[no-any-return]


def _first_of_call(request: Request) -> Results:
    """The first result of the prepared call, whatever its data hold later."""
    return request.prepared.setdefault("first", request.right)  # type: ignore[no-any-return]


def _packed_kernel(request: Request) -> Results:
    """The kernel that the first call of these sizes was prepared with."""
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


def _count(request: Request) -> int:
    request.kept["calls"] = calls = request.kept.get("calls", 0) + 1
    return int(calls)


def _every_second(request: Request) -> Results:
    found = request.right
    if _count(request) % 2 == 0 and found["output"].size:
        found["output"].reshape(-1)[-1] += np.ones((), found["output"].dtype)
    return found


def _crash(request: Request) -> Results:
    if _count(request) % 3 == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return request.right


def _hang(request: Request) -> Results:
    if _count(request) % 3 == 0:
        time.sleep(3600)
    return request.right


def _crash_in_gradients(request: Request) -> Results:
    if request.differentiates:
        os.kill(os.getpid(), signal.SIGKILL)
    return request.right


MUTANTS: Sequence[Mutant] = (
    Mutant(
        "stale_of_form", "the first result for data of these sizes for ever", "pytorch", in_call(first_of_form), legal
    ),
    Mutant("stale_of_call", "the first result of a prepared call for ever", "keras", in_call(_first_of_call), legal),
    Mutant("stale_kernel", "the first kernel of these sizes for ever", "tensorflow", in_call(_packed_kernel), legal),
    Mutant("same_memory", "the result in memory that a later call overwrites", "pytorch", in_call(_same_memory), legal),
    Mutant(
        "second_data", "wrong for the second data of the same sizes alone", "tensorflow", in_call(_second_data), legal
    ),
    Mutant("overwrites_input", "the data are overwritten by the call", "keras", in_call(_overwrites_input), legal),
    Mutant("unstable", "every second call is off by one", "pytorch", in_call(_every_second), legal),
    Mutant("crash", "every third call ends the process", "tensorflow", in_call(_crash), legal),
    Mutant("crash_in_gradients", "gradients end the process", "pytorch", _crash_in_gradients, legal),
    Mutant("hang", "every third call does not return", "keras", in_call(_hang), legal),
)
