"""Whether faults reproduce an outcome: on a few elements first, then on all of them.

Exactly where integer data stay in the dtype's exact range, within the rounding bound of the wrong operation otherwise.
The few elements only reject; nothing is accepted before every element was compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.core.dtypes import DTYPES, ORACLE, DType
from harness.core.hypotheses import SPARE_ROUNDINGS, errors_of, is_rounding, leaves, separates
from harness.core.measuring import Errors
from harness.core.numerics import IntArray, error_bound, rounded
from harness.core.reference import ReferenceValues, are_integers, has_independent_elements
from harness.core.statistical import MOST_Z, deviation, scores
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.diagnosis.samples import Gathered, Sampled, gathered
from harness.operations.conv_transpose.diagnosis.slight import is_as_small_as_cut
from harness.operations.conv_transpose.faults.fault import (
    BoolArray,
    Fault,
    Index,
    edit_operands,
    edit_places,
    finished,
    take,
)
from harness.operations.conv_transpose.faults.roundings import has_other_width
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

FEW, MANY = 8, 40
LITTLE = 0.1
"""What errors of an explained outcome are of the unexplained ones, where the cause is far above rounding."""


@dataclass(frozen=True)
class HypothesisTest:
    """An outcome of the right shape, ``got`` in float64 (N, C_out, H_out, W_out), and the reference it misses."""

    case: Case
    reference: ConvTransposeReference
    got: Float64Array

    @cached_property
    def wrong(self) -> BoolArray:
        """The elements that the right operation does not explain."""
        return ~self._agrees((), self.reference)

    def fits(self, faults: Sequence[Fault]) -> bool:
        """Whether the faults together give the outcome."""
        edited = edit_places(faults, self.reference)
        if not all(self._sample_agrees(faults, edited, which) for which in range(len(self._samples))):
            return False
        return self._explained(faults, edit_operands(faults, edited))

    @cached_property
    def errors(self) -> Errors:
        """What the outcome is off by."""
        return errors_of(self.got, self.reference, self.dtype, independent=self._independent)

    @cached_property
    def exact(self) -> bool:
        """Whether every order of summation must give the same bits."""
        return self.reference.is_exact(self.case)

    @property
    def dtype(self) -> DType:
        """The case's."""
        return DTYPES[self.case.dtype]

    @cached_property
    def _independent(self) -> bool:
        return has_independent_elements(self.case, "output")

    @cached_property
    def _samples(self) -> tuple[Index, Index]:
        """A few elements and some more, half of them wrong ones where there are as many."""
        shape = self.got.shape
        generator = np.random.default_rng(0)
        wrong = np.flatnonzero(self.wrong)
        samples: list[Index] = []
        for size in (FEW, MANY):
            anywhere = generator.integers(0, self.got.size, size // 2)
            chosen = wrong[generator.integers(0, wrong.size, size // 2)] if wrong.size else anywhere
            n, c, h, w = np.unravel_index(np.concatenate([chosen, anywhere]), shape)
            samples.append((n, c, h, w))
        return samples[0], samples[1]

    @cached_property
    def _gathered(self) -> Sequence[Gathered]:
        """What meets in the samples, for faults that leave everything in its place."""
        return [gathered(self.reference, index) for index in self._samples]

    def _sample_agrees(self, faults: Sequence[Fault], edited: ConvTransposeReference, which: int) -> bool:
        index = self._samples[which]
        found: list[Sampled] = []

        def computed(at: Index) -> Float64Array:
            stays = edited is self.reference and at is index
            meeting = self._gathered[which] if stays else gathered(edited, at)
            found.append(meeting.sampled(faults))
            return found[0].values

        y = take(faults, edited.geometry.output_shape, index, computed)
        gain = math.prod(max(fault.gain, 1.0) for fault in faults)
        magnitude = found[0].magnitude * gain + _offset(faults)
        terms, got = found[0].terms + SPARE_ROUNDINGS, self.got[index]
        bound = error_bound(y, magnitude, terms, self.dtype)
        if self.exact:
            whole = (magnitude <= self.dtype.exact_limit) & (y == np.rint(y))
            # whole numbers are 1 apart, and the oracle's own rounding may make one of a fraction
            bound = np.where(whole, error_bound(y, magnitude, found[0].terms, ORACLE), bound)
        if not np.all(near(y, got, bound)):
            return False
        if not self._independent:
            return True
        norm = found[0].norm * gain + _offset(faults)
        with np.errstate(invalid="ignore"):
            return few_are_rounding(got - y, y, norm, terms, self.dtype)

    def _explained(self, faults: Sequence[Fault], edited: ConvTransposeReference) -> bool:
        """Whether the edited operation, with what the faults do to its output, is as near as rounding lets it be.

        And nearer than the right one: what has less effect than the errors that are to be explained explains nothing.
        """
        if not np.all(self._agrees(faults, edited)):
            return False
        y = finished(faults, edited.output)
        if self._all_whole(edited, y):
            return True
        hypothesis = ReferenceValues(
            y,
            magnitude=self._moved(faults, edited.magnitude),
            terms=self._terms(faults, edited),
            squares=lambda: np.square(self._moved(faults, edited.norm)),
            added=edited.added,
        )
        errors = errors_of(self.got, hypothesis, self.dtype, independent=self._independent)
        if not (is_rounding(errors) and separates(self.errors, errors, self.wrong)):
            return False
        return self.exact or not any(is_by_chance(fault.name, self.errors, errors) for fault in faults)

    def _all_whole(self, edited: ConvTransposeReference, y: Float64Array) -> bool:
        """Whether every order of summation gives the same bits of the edited operation, finished as ``y``."""
        return self.exact and edited.is_exact(self.case) and are_integers(y)

    def _moved(self, faults: Sequence[Fault], bound: Float64Array) -> Float64Array:
        """What becomes of a bound on the errors of single elements."""
        return finished([fault.on_bounds for fault in faults], bound) + _offset(faults)

    def _terms(self, faults: Sequence[Fault], edited: ConvTransposeReference) -> IntArray:
        terms = np.broadcast_to(edited.terms, self.got.shape) + SPARE_ROUNDINGS
        if all(fault.source is None for fault in faults):
            return terms
        moves = [replace(fault.on_bounds, value=None) for fault in faults]
        return finished(moves, terms.astype(np.float64)).astype(np.int64)

    def _agrees(self, faults: Sequence[Fault], edited: ConvTransposeReference) -> BoolArray:
        """Element by element, whether the edited operation with what the faults do to its output gives the outcome."""
        y = finished(faults, edited.output)
        if self._all_whole(edited, y):
            return near(rounded(y, self.dtype), self.got, np.zeros(()))
        right = edited is self.reference and not faults
        terms = edited.terms if right else self._terms(faults, edited)
        magnitude = edited.magnitude if right else self._moved(faults, edited.magnitude)
        close: BoolArray = near(y, self.got, error_bound(y, magnitude, terms, self.dtype))
        close |= rounded(y, self.dtype) == self.got
        if right:
            return close
        # what leaves a wrong element as it should be, but for float64's rounding, does not explain it
        slight = 2 * error_bound(y, magnitude, terms, ORACLE)
        still = near(y, self.reference.output, slight) & ~near(self.got, self.reference.output, slight)
        return close & ~(self.wrong & still)


def is_by_chance(name: str, right: Errors, hypothesis: Errors) -> bool:
    """Whether the hypothesis called ``name`` rounds operands to a width that no type has, and shows too little of it.

    Of so many widths one gives nearly any errors that are as small as those of the dtype's own sums; there it must
    leave next to nothing of them.
    """
    return has_other_width(name) and is_as_small_as_cut(right) and not leaves(LITTLE, right, hypothesis)


def few_are_rounding(
    error: Float64Array, expected: Float64Array, norm: Float64Array, terms: IntArray, dtype: DType
) -> bool:
    """Whether the errors of a few elements may be those of rounding; those that are not finite have no say."""
    found = scores(
        np.where(np.isfinite(error), error, 0.0), expected, deviation(expected, norm, terms, dtype), independent=True
    )
    return found.largest <= MOST_Z and found.mean_square <= found.normal_mean_square


def near(y: Float64Array, got: Float64Array, bound: Float64Array) -> BoolArray:
    """Within ``bound`` where both are finite; infinities and NaN must be the same."""
    with np.errstate(invalid="ignore"):
        near = np.abs(y - got) <= np.where(np.isfinite(bound), bound, 0.0)
    same: BoolArray = near | (y == got) | (np.isnan(y) & np.isnan(got))
    return same


def _offset(faults: Sequence[Fault]) -> float:
    """The largest number that is added to a finished output."""
    return max(
        (float(np.max(np.abs(fault.add), initial=0.0)) for fault in faults if fault.add is not None), default=0.0
    )
