"""Hypotheses about a wrong array: what would be right if one held, and whether that explains the array.

One explains an array where rounding explains what the array is off by from its values, and where it is much nearer to
them than to the right ones. Operations, gradients and layers of networks are all diagnosed so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import DType
from harness.core.measuring import Beside, BoolArray, Errors, Sums
from harness.core.reference import Reference, ReferenceValues
from harness.core.results import Verdict

PART = 0.5
"""A hypothesis must halve what is wrong: one whose effect is less than that looks like what is right."""
SPARE_ROUNDINGS = 2
"""A wrong operation may round more often than the right one: a bias added apart, a sum in two parts."""
FITTING = frozenset({Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.INCONCLUSIVE})


@dataclass(frozen=True, slots=True)
class Hypothesis(ABC):
    """One way to be wrong: its name, and what it says in words."""

    name: str
    text: str

    @abstractmethod
    def reference(self) -> ReferenceValues:
        """What is right where it holds. Raises ValueError where sizes leave such an operation no output."""

    def few(self) -> ReferenceValues | None:
        """The same for the first channels alone, where all of them take long; it only rejects."""
        return None


def explains(hypothesis: Hypothesis, right: Beside) -> bool:
    """Whether ``hypothesis`` gives the array that stands beside the right values.

    Raises ValueError where the sizes leave such an operation no output.
    """
    few = hypothesis.few()
    if few is not None and _fitting(right, right.got[:, : few.shape[1]], few) is None:
        return False
    reference = hypothesis.reference()
    found = _fitting(right, right.got, reference)
    if found is None or reference.shape != right.reference.shape:
        return found is not None
    wrong = right.misplaced | (right.errors.size > right.errors.bound(Sums(right.dtype.name)))
    return separates(right.errors, found.errors, wrong)


def _fitting(right: Beside, got: npt.NDArray[np.float64], reference: ReferenceValues) -> Beside | None:
    """``got`` beside ``reference``, if rounding explains what it is off by."""
    found = replace(right, got=got, reference=replace(reference, terms=reference.terms + SPARE_ROUNDINGS))
    fits = got.shape == reference.shape and found.judgement(lambda: reference.exact).verdict in FITTING
    return found if fits else None


def errors_of(got: npt.NDArray[np.float64], reference: Reference, dtype: DType, *, independent: bool) -> Errors:
    """What ``got``, in float64, is off by; see harness.core.measuring."""
    return Beside(got, reference, dtype, independent).errors


def is_rounding(errors: Errors) -> bool:
    """Whether sums in the dtype itself, the least accurate that are right, explain each error and all together."""
    return not errors.excluded(Sums(errors.dtype.name))


def separates(right: Errors, hypothesis: Errors, wrong: BoolArray) -> bool:
    """Whether the hypothesis whose errors are ``hypothesis`` halves those from the right values, ``right``.

    It is held to at least half of the elements that are ``wrong`` beyond their bounds; where none is, to the squares of
    all of them.
    """
    if np.any(wrong):
        nearer = (hypothesis.size <= PART * right.size) | ~right.counted
        return bool(2 * np.count_nonzero(nearer & wrong) >= np.count_nonzero(wrong))
    return leaves(PART, right, hypothesis)


def leaves(part: float, right: Errors, hypothesis: Errors) -> bool:
    """Whether no more than ``part`` of the errors is left, by the root of their mean square."""
    before, after = (errors.scores(Sums(errors.dtype.name)) for errors in (right, hypothesis))
    return before is not None and after is not None and after.mean_square <= part**2 * before.mean_square
