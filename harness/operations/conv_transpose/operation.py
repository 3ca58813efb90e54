"""Transposed convolution; see geometry for the operation. Importing this needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.core.case import GRADIENTS, OutputName
from harness.core.dtypes import DTYPES
from harness.operations.base import Operation
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.form import Parameters, SuiteForm
from harness.operations.conv_transpose.parse import CaseMaker

if TYPE_CHECKING:
    from harness.core.entry import Entry
    from harness.core.errors import Problem
    from harness.core.findings import Explanation
    from harness.core.outcome import Outcome
    from harness.core.prepared import Prepared
    from harness.core.results import Judgement
    from harness.operations.base import Separate
    from harness.operations.oracle import Oracle

_BIASED: tuple[OutputName, ...] = ("output", *GRADIENTS)
_UNBIASED: tuple[OutputName, ...] = tuple(name for name in _BIASED if name != "bias_grad")
_ALONE: tuple[OutputName, ...] = ("output",)
"""Shared, since cases are many."""


class ConvTranspose2d(Operation):
    """Any number of channels, groups and dilations, in six dialects."""

    parameters = Parameters
    case_type = Case
    form = SuiteForm

    def check(self, case: Case) -> None:
        lower(case)

    def default_outputs(self, case: Case) -> tuple[OutputName, ...]:
        """Everything there is a right answer for."""
        if case.nominal or not DTYPES[case.dtype].differentiable:
            return _ALONE
        return _BIASED if case.bias else _UNBIASED

    @cached_property
    def oracle(self) -> Oracle:
        made: Oracle = self.module("prepare").ORACLE
        return made

    def make(self, entry: Entry) -> Case:
        return CaseMaker(entry).make(self.assemble(entry))

    def assemble(self, entry: Entry) -> Case:
        parts = CaseMaker(entry).parts()
        case = Case(**parts)
        # made twice, as dataclasses.replace takes much longer
        return case if case.outputs else Case(**parts | {"outputs": self.default_outputs(case)})

    def explain(
        self,
        case: Case,
        prepared: Prepared,
        output: OutputName,
        outcome: Outcome,
        judgement: Judgement,
        separate: Separate | None = None,
    ) -> Explanation:
        found: Explanation = self.module("diagnosis").explain(
            case, prepared.reference(output), outcome, judgement, separate
        )
        return found

    def vacuous(self, case: Case) -> Problem | None:
        found: Problem | None = self.module("vacuity").vacuous(case)
        return found

    def describe(self, case: Case) -> Iterator[str]:
        """The sizes, a drawing of both axes and of the overlap, and what is handed over or broken."""
        yield from self.module("text_drawing").draw_case(case)

    def description(self, case: Case) -> dict[str, Any]:
        found: dict[str, Any] = self.module("description").description(case)
        return found
