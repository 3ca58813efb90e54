"""What goes to a worker and what comes back, as the harness sees both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.plan import Plan
from harness.adapters.program import Program
from harness.case import OutputName
from harness.comparator import Failed, Raised, Shaped, Value
from harness.data import AnyTensors, NamedTensors, Tensors
from harness.results import NOT_STARTED
from harness.worker import pack, unpack


def job_of(plan: Plan | Program, tensors: AnyTensors, outputs: Sequence[OutputName], runs: int) -> dict[str, Any]:
    """The job that carries ``plan`` out ``runs`` times on ``tensors`` and returns ``outputs``."""
    if isinstance(plan, Program):
        if not isinstance(tensors, NamedTensors):
            raise TypeError("a program takes tensors by name")
        packed_by_name = {name: pack(tensor) for name, tensor in tensors.arrays.items()}
        return {"program": plan.to_dict(), "tensors": packed_by_name, "outputs": tuple(outputs), "runs": runs}
    if not isinstance(tensors, Tensors):
        raise TypeError("a plan takes the tensors of a transposed convolution")
    given = (tensors.x, tensors.w, tensors.b, tensors.g)
    packed = tuple(None if tensor is None else pack(tensor) for tensor in given)
    return {"plan": plan.to_dict(), "tensors": packed, "outputs": tuple(outputs), "runs": runs}


def outcome_of(answer: Mapping[str, Any]) -> Value | Shaped | Raised:
    """What a worker says of one output."""
    if "error" in answer:
        return Raised(answer["error"], answer["message"], answer.get("own", ""))
    if "shape" in answer:
        return Shaped(tuple(answer["shape"]), answer["dtype"])
    again = unpack(answer["again"]) if "again" in answer else None
    return Value(unpack(answer["array"]), stable=again is None, again=again)


def fault_of(answer: Mapping[str, Any]) -> Failed | None:
    """Why a worker could not run an adapter at all; None where it did."""
    return next((Failed(verdict, answer[verdict]) for verdict in NOT_STARTED if verdict in answer), None)
