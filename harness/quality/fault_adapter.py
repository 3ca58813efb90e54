"""The other operations, each with one of its faults, as adapters: ``-a mutant:resize2d/antialiased``."""

from __future__ import annotations

import base64
import pickle
from typing import Any, ClassVar

from harness.adapters.program import Program
from harness.core.case import GRADIENTS, AnyCase
from harness.core.outcome import Value
from harness.core.tensors import Array
from harness.operations import operation
from harness.operations.conv_transpose.mutants.base import RefusalError
from harness.operations.faults import Fault, outcomes
from harness.quality.mutant_adapter import Honest


class FaultAdapter(Honest):
    """An operation beside transposed convolution, with one of its faults."""

    dtypes = (*Honest.dtypes, "int8", "int32", "int64", "uint8")
    fault: ClassVar[Fault]
    op: ClassVar[str]

    def computes(self, op: str) -> bool:
        return op == self.op

    def program(self, case: AnyCase) -> Program:
        prepared = operation(case.op).oracle.prepare(case)
        names = tuple(name for name in prepared.tensors.named if name != "cotangent")
        packed = base64.b64encode(pickle.dumps(case)).decode()
        call = {"fault": self.fault.name, "case": packed}
        requested = tuple(name for name in case.outputs if name not in GRADIENTS) or ("output",)
        place = f"{__name__}:answer_with_fault"
        gradient = f"{__name__}:gradients_with_fault" if set(case.outputs) & set(GRADIENTS) else ""
        return Program.of_function(place, call, names, outputs=requested, gradient=gradient)


def answer_with_fault(*arrays: Array, fault: str, case: str) -> Any:
    """The outputs that an implementation with ``fault`` gives for a packed case: an array, or several."""
    unpacked, found = _results(arrays, fault, case)
    outputs = [found[name] for name in unpacked.outputs if name not in GRADIENTS] or [found["output"]]
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def gradients_with_fault(*arrays: Array, fault: str, case: str) -> dict[str, Array]:
    """The gradients that such an implementation gives, ``arrays`` having the cotangent at the end."""
    unpacked, found = _results(arrays, fault, case)
    return {name: found[name] for name in unpacked.outputs if name in GRADIENTS}


def _results(arrays: tuple[Array, ...], fault: str, packed: str) -> tuple[AnyCase, dict[str, Array]]:
    case: AnyCase = pickle.loads(base64.b64decode(packed))  # noqa: S301 - written by ``program``
    oracle, row = operation(case.op).oracle, _fault_called(case.op, fault)
    named = oracle.prepare(case).tensors.named
    prepared = oracle.prepare_with(case, {**named, **dict(zip(named, arrays, strict=False))})
    found = {}
    for name, outcome in outcomes(case, prepared, row).items():
        if not isinstance(outcome, Value):
            raise RefusalError(str(outcome))
        found[str(name)] = outcome.output
    return case, found


def _fault_called(op: str, name: str) -> Fault:
    return {fault.name: fault for fault in operation(op).faults}[name]


def adapter_of(op: str, fault: str) -> type[FaultAdapter]:
    """The adapter of the operation ``op`` with the fault of this name; raises KeyError where there is none."""
    row = _fault_called(op, fault)
    names = {"op": op, "fault": row, "__module__": "harness.quality.mutant_adapter", "__doc__": row.text}
    return type(f"{op}/{fault}", (FaultAdapter,), names)
