"""What goes to a worker and what comes back, as the harness sees both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.plan import Plan
from harness.adapters.program import Program
from harness.core.case import OutputName
from harness.core.outcome import Failed, Raised, Shaped, Value
from harness.core.results import NOT_STARTED
from harness.core.tensors import AnyTensors
from harness.engine.worker import pack, unpack
from harness.operations.conv_transpose.data import Tensors


def job_of(plan: Plan | Program, tensors: AnyTensors, outputs: Sequence[OutputName], runs: int) -> dict[str, Any]:
    """The job that carries ``plan`` out ``runs`` times on ``tensors`` and returns ``outputs``."""
    kind = "program" if isinstance(plan, Program) else "plan"
    return {kind: plan.to_dict(), "tensors": _packed(plan, tensors), "outputs": tuple(outputs), "runs": runs}


def with_other_data(job: Mapping[str, Any], plan: Plan | Program, other: AnyTensors | None) -> dict[str, Any]:
    """``job`` with a call on other data in between: on ``other``, or on what a transposed convolution's own give."""
    if other is not None:
        return {**job, "other": _packed(plan, other)}
    # where ones are handed over in place of a tensor, they stay
    return {**job, "other": not (plan.replaced if isinstance(plan, Program) else plan.given)}


def _packed(plan: Plan | Program, tensors: AnyTensors) -> Any:
    if isinstance(plan, Program):
        return {name: pack(tensor) for name, tensor in tensors.named.items()}
    if not isinstance(tensors, Tensors):
        raise TypeError("a plan takes the tensors of a transposed convolution")
    given = (tensors.x, tensors.w, tensors.b, tensors.g)
    return tuple(None if tensor is None else pack(tensor) for tensor in given)


def outcome_of(answer: Mapping[str, Any]) -> Value | Shaped | Raised:
    """What a worker says of one output."""
    if "error" in answer:
        return Raised(answer["error"], answer["message"], answer.get("own", ""))
    if "shape" in answer:
        return Shaped(tuple(answer["shape"]), answer["dtype"])
    again, other, after = (unpack(answer[name]) if name in answer else None for name in ("again", "other", "after"))
    return Value(unpack(answer["array"]), again is None, again, other, after)


def fault_of(answer: Mapping[str, Any]) -> Failed | None:
    """Why a worker could not run an adapter at all; None where it did."""
    return next((Failed(verdict, answer[verdict]) for verdict in NOT_STARTED if verdict in answer), None)
