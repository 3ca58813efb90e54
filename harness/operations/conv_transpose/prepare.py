"""The data of a transposed convolution and its right answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.case import GRADIENTS, DTypeName, OutputName
from harness.core.dtypes import DTYPES
from harness.core.errors import Problem
from harness.core.literals import difference, problem_of
from harness.core.prepared import Prepared
from harness.core.reference import Reference
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import geometry_of
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.other_data import Factors, factors, halves
from harness.operations.oracle import Oracle
from harness.operations.overflow import overflow_problem


class ConvTransposeOracle(Oracle):
    """See harness.operations.conv_transpose.oracle and harness.operations.conv_transpose.gradients."""

    def prepare(self, case: Case) -> Prepared:
        return _prepared(case, make_tensors(case, geometry_of(case)))

    def implies_other(self, case: Case, first: Prepared) -> bool:
        """Not where integers cannot hold the sums of what a worker makes."""
        integers = DTYPES[case.dtype].kind == "integer"
        return not integers or self._fitting(case, first, factors(first.tensors.named["kernel"])) is not None

    def other_is_alike(self, case: Case) -> bool:
        """Not where integers are halved, or may be."""
        return DTYPES[case.dtype].kind != "integer"

    def prepare_other(self, case: Case, first: Prepared) -> Prepared | None:
        """Where they are implied, what a worker makes of the first data; see Factors in other_data.

        None where integers add up to more than they can hold, as those of the first data do not.
        """
        kernel = first.tensors.named["kernel"]
        return self._fitting(case, first, factors(kernel)) or self._fitting(case, first, halves(kernel))

    def _fitting(self, case: Case, first: Prepared, by: Factors) -> Prepared | None:
        other = self.prepare_with(case, by.times(first.tensors.named))
        reference: Any = other.references.get("output")
        fits = case.nominal or reference is None or overflow_problem(case, reference) is None
        return other if fits else None

    def prepare_with(self, case: Case, tensors: Mapping[str, Any]) -> Prepared:
        given = Tensors(tensors["input"], tensors["kernel"], tensors.get("bias"), tensors.get("cotangent"))
        return _prepared(case, given)

    def reference_in(self, dtype: DTypeName, case: Case, prepared: Prepared, output: OutputName) -> Reference | None:
        """Nothing but sums of products is rounded."""
        return prepared.reference(output)

    def expected_problem(self, case: Case) -> Problem | None:
        values = case.expect.values
        stated = [*([] if values is None else [("output", values)]), *case.expect.gradients]
        references: Mapping[Any, Reference] = self.prepare(case).references if stated else {}
        for name, literal in stated:
            if found := difference(case, literal, references[name]):
                return problem_of(case, "expect" if name == "output" else f"expect.{name}", found)
        return None


ORACLE = ConvTransposeOracle()


def _prepared(case: Case, tensors: Tensors) -> Prepared:
    geometry = geometry_of(case)
    if geometry is None:
        return Prepared(case, tensors)
    reference = tensors.reference(geometry)
    references: dict[OutputName, Reference] = {"output": reference}
    if tensors.g is not None:
        g = tensors.g.astype("float64")
        references |= {name: Gradient(name, reference, g) for name in case.outputs if name in GRADIENTS}
    return Prepared(case, tensors, references)
