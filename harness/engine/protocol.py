"""What goes to a worker and what comes back, as the harness sees both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.program import Program
from harness.core.case import OutputName
from harness.core.outcome import Failed, Raised, Shaped, Value
from harness.core.results import NOT_STARTED
from harness.core.tensors import AnyTensors
from harness.engine.worker import pack, unpack


def job_of(program: Program, tensors: AnyTensors, outputs: Sequence[OutputName], runs: int) -> dict[str, Any]:
    """The job that makes the call of ``program`` ``runs`` times on ``tensors`` and returns ``outputs``."""
    return {"program": program.to_dict(), "tensors": _packed(tensors), "outputs": tuple(outputs), "runs": runs}


def with_other_data(job: Mapping[str, Any], program: Program, other: AnyTensors | None) -> dict[str, Any]:
    """``job`` with a call on other data in between: on ``other``, or on what a transposed convolution's own give."""
    if other is not None:
        return {**job, "other": _packed(other)}
    # where ones are handed over in place of a tensor, they stay
    return {**job, "other": not program.replaced}


def _packed(tensors: AnyTensors) -> dict[str, Any]:
    return {name: pack(tensor) for name, tensor in tensors.named.items()}


def outcome_of(answer: Mapping[str, Any]) -> Value | Shaped | Raised:
    """What a worker reports of one output."""
    if "error" in answer:
        return Raised(answer["error"], answer["message"], answer.get("own", ""), answer.get("also"))
    if "shape" in answer:
        return Shaped(tuple(answer["shape"]), answer["dtype"])
    again, other, after = (unpack(answer[name]) if name in answer else None for name in ("again", "other", "after"))
    return Value(unpack(answer["array"]), again is None, again, other, after)


def fault_of(answer: Mapping[str, Any]) -> Failed | None:
    """Why a worker could not run an adapter at all; None where it did."""
    return next((Failed(verdict, answer[verdict]) for verdict in NOT_STARTED if verdict in answer), None)
