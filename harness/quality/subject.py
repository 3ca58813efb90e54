"""A case on which mutants of transposed convolution are tried in this process, with the data that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.comparator import judge
from harness.core.outcome import Outcome, Raised, Value
from harness.core.results import Judgement
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.base import (
    Call,
    Decision,
    Mutant,
    RefusalError,
    answer,
    decide,
    shows,
    widened,
    zeros,
)
from harness.operations.conv_transpose.oracle import ConvTransposeReference


@dataclass(frozen=True, slots=True)
class Subject:
    """A case, with the data and the right result that all mutants share; they are run in this process."""

    case: Case
    geometry: Geometry | None
    tensors: Tensors
    reference: ConvTransposeReference | None
    wide: tuple[Any, Any, Any]
    """x, w and b in float64."""

    @classmethod
    def of(cls, case: Case) -> Subject:
        geometry = None if case.nominal else lower(case)
        tensors = make_tensors(case, geometry)
        reference = None if geometry is None else tensors.reference(geometry)
        return cls(case, geometry, tensors, reference, widened(tensors.x, tensors.w, tensors.b))

    def outcome(self, mutant: Mutant) -> Outcome:
        """What ``mutant`` gives; raises whatever it raises that is no RefusalError: one that breaks proves nothing."""
        decision = decide(mutant, self.case, self.geometry)
        if decision.accepted:
            return Value(zeros(self.tensors.x))
        if decision.geometry is None:
            return Raised(RefusalError.__name__, decision.refusal)
        try:
            return Value(np.array(answer(mutant, self._call(decision.geometry)), order="C"))
        except RefusalError as error:
            return Raised(RefusalError.__name__, str(error))

    def judgement(self, outcome: Outcome) -> Judgement:
        return judge(self.case, self.tensors, self.reference, outcome)

    def fails(self, mutant: Mutant) -> bool:
        """Whether the verdict on ``mutant`` fails."""
        return self.judgement(self.outcome(mutant)).verdict.fails

    def is_right(self, mutant: Mutant, right: Decision) -> bool:
        """Whether ``mutant`` is known to answer as the one without a fault, whose decision is ``right``."""
        decision = decide(mutant, self.case, self.geometry)
        if decision != right:
            return False
        if decision.geometry is None or mutant.dialect is not None:
            return True
        return not shows(mutant, self._call(decision.geometry))

    def _call(self, geometry: Geometry) -> Call:
        return Call(geometry, *self.wide, self.tensors.x.dtype, self.case.layout or "NCHW")
