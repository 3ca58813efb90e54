"""How far an array is from the reference, and if rounding explains it: by the element bound and by the whole array.

What both leave open proves nothing where the array of zeros is as near to the reference. Everything that holds values
against a reference comes here: verdicts, hypotheses about wrong outcomes, layers of networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import ORACLE, DType
from harness.core.numerics import error_bound, flushed, may_overflow, rounded, ulps
from harness.core.reference import Float64Array, Reference
from harness.core.results import BEFORE_BIAS, Figures, Judgement, Verdict
from harness.core.statistical import Scores, deviation, scores
from harness.core.tensors import same_numbers

BoolArray = npt.NDArray[np.bool_]
FLUSHES = "flushes subnormals"
PROVES_NOTHING = "the case proves nothing in this type: the zero array passes too"


@dataclass(frozen=True, slots=True)
class Sums:
    """How an implementation may have summed: in ``accumulator``, which is None for the dtype itself.

    ``apart`` says that the sum of the products is rounded to the dtype before what is added at the end.
    """

    name: str
    accumulator: DType | None = None
    apart: bool = False


def ways(dtype: DType, *, adds: bool) -> tuple[Sums, ...]:
    """The ways to sum in ``dtype``, the most accurate first; ``adds`` says that something is added at the end."""
    own, wider = Sums(dtype.name), dtype.accumulator
    if wider is None:
        return (own,)
    apart = (Sums(wider.name + BEFORE_BIAS, wider, apart=True),) if adds else ()
    return (Sums(wider.name, wider), *apart, own)


@dataclass(frozen=True)
class Errors:
    """The differences ``error`` of an array from ``target``, 0 wherever not ``counted``; all of one shape.

    ``independent`` says that the data have random signs and no two elements are made alike; ``floor`` is as in
    ``error_bound``.
    """

    error: npt.NDArray[Any]
    target: npt.NDArray[Any]
    counted: BoolArray
    reference: Reference
    dtype: DType
    independent: bool
    floor: float | None = None

    @cached_property
    def size(self) -> Float64Array:
        """Absolute errors."""
        return np.asarray(np.abs(self.error))

    def bound(self, sums: Sums) -> Float64Array:
        """What rounding explains in each element, whatever the order and the data."""
        reference = self.reference
        bound = error_bound(self.target, reference.magnitude, reference.terms, self.dtype, sums.accumulator, self.floor)
        bound = bound + reference.slack(self.dtype)
        if sums.apart:
            bound = bound + self._once_more
        return np.where(self.counted, bound, 1.0)

    def ratio(self, sums: Sums) -> float:
        """The largest error in units of the bound."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return float(np.max(np.where(self.size == 0, 0.0, self.size / self.bound(sums)), initial=0.0))

    def scores(self, sums: Sums) -> Scores | None:
        """The figures of the whole array; None where the dtype is none of real numbers that are rounded."""
        if self.dtype.kind != "float":
            return None
        reference = self.reference
        norm = reference.norm if self.independent else reference.magnitude
        spread = deviation(self.target, norm, reference.terms, self.dtype, sums.accumulator, self.floor)
        if sums.apart:
            spread = np.hypot(spread, self._once_more / np.sqrt(3))
        slack, spread = reference.slack(self.dtype), np.where(self.counted, spread, 0.0)
        if np.ndim(slack) or slack:
            return scores(self._beyond(slack), self.target, spread, independent=self.independent)
        return scores(self.error, self.target, spread, independent=self.independent, shared=self._shared)

    @property
    def zero(self) -> Errors:
        """Those of the array of zeros."""
        return replace(self, error=-self.target)

    @property
    def _once_more(self) -> Float64Array:
        added = self.reference.added
        return np.asarray(self.dtype.unit_roundoff * (np.abs(self.target) + np.abs(0.0 if added is None else added)))

    def _shared(self) -> Iterator[Float64Array]:
        """What a right value is off by if it is rounded once, and if its sum is rounded before something is added.

        In the oracle's own type the reference is rounded so itself.
        """
        if self.dtype.unit_roundoff == ORACLE.unit_roundoff:
            return
        right, added = [self.target], self.reference.added
        if added is not None:
            right.append(rounded(self.target - added, self.dtype) + added)
        for value in right:
            with np.errstate(invalid="ignore"):
                error = rounded(value, self.dtype) - self.target
            yield np.where(self.counted & np.isfinite(error), error, 0.0)

    def _beyond(self, slack: Float64Array | float) -> Float64Array:
        return np.asarray(np.sign(self.error) * np.maximum(self.size - slack, 0.0))

    def excluded(self, sums: Sums) -> bool:
        """Whether such sums explain the errors of no right implementation."""
        return self.ratio(sums) > 1 or bool((found := self.scores(sums)) is not None and found.failures)


@dataclass(frozen=True)
class Beside:
    """An array ``got`` of the right shape beside ``reference``, in float64 or complex128 but of values of ``dtype``.

    ``independent`` and ``floor`` are as in ``Errors``; with a floor, results below it are taken for zero.
    """

    got: npt.NDArray[Any]
    reference: Reference
    dtype: DType
    independent: bool
    floor: float | None = None

    @cached_property
    def nearest(self) -> npt.NDArray[Any]:
        """The right values rounded to the dtype once."""
        found = rounded(self.reference.output, self.dtype)
        return found if self.floor is None else flushed(found, self.floor)

    @cached_property
    def expected(self) -> npt.NDArray[Any]:
        """The right values; an element that overflows in the dtype is answered by that infinity."""
        nearest = self.nearest
        return np.where(np.isinf(nearest) & (self.got == nearest), nearest, self.reference.output)

    @cached_property
    def misplaced(self) -> BoolArray:
        """Infinities and NaN where a finite value is expected, or the reverse.

        Where the terms of one sign sum to more than the dtype's largest number, a partial sum may too, so that this
        infinity is right there; and a NaN where all of them do.
        """
        got, expected = self.got, self.expected
        # equality of infinities has a sign; a NaN answers a NaN
        same = (got == expected) | (np.isnan(got) & np.isnan(expected))
        wrong = ~same & ~(np.isfinite(expected) & np.isfinite(got))
        return np.asarray(wrong & ~self._overflown if np.any(wrong) and self.dtype.kind == "float" else wrong)

    @cached_property
    def _overflown(self) -> BoolArray:
        """Infinities and NaN where a finite value is expected and a partial sum may overflow."""
        unexpected = ~np.isfinite(self.got) & np.isfinite(self.expected)
        alike = terms_of_one_sign(self.got, self.expected, self.reference.magnitude)
        return np.asarray(unexpected & may_overflow(alike, self.reference.terms, self.dtype))

    @cached_property
    def errors(self) -> Errors:
        """Of the elements that are finite where they must be."""
        counted = np.isfinite(self.expected) & np.isfinite(self.got)
        target = np.where(counted, self.expected, 0.0)
        error = np.where(counted, self.got, 0.0) - target
        return Errors(error, target, counted, self.reference, self.dtype, self.independent, self.floor)

    def judgement(self, exact_data: Callable[[], bool] = lambda: False) -> Judgement:
        """The verdict; ``exact_data()`` says whether every order of summation must give the same bits."""
        if same_numbers(self.got, self.nearest):
            return Judgement(Verdict.EXACT, "", 0.0, 0.0)
        if np.any(self.misplaced):
            return Judgement(Verdict.DIVERGES, self._worst("non-finite values differ", self.misplaced, self.misplaced))
        own, exact = Sums(self.dtype.name), exact_data()
        errors, ratio = self.errors, self.errors.ratio(own)
        figures = (short(ratio), short(ulps(errors.size, np.abs(errors.target), self.dtype)))
        if not exact and ratio <= 1:
            return self._as_a_whole(figures)
        wrong = errors.size > (0 if exact else errors.bound(own))
        return Judgement(Verdict.DIVERGES, self._worst("values differ", wrong, errors.size), *figures)

    def _as_a_whole(self, figures: tuple[float, float]) -> Judgement:
        """The verdict on errors that are within their bounds one by one."""
        errors = self.errors
        failures: tuple[str, ...] = ()
        for sums in ways(self.dtype, adds=self.reference.added is not None):
            if sums.accumulator is not None and (errors.ratio(sums) > 1 or np.any(self._overflown)):
                continue
            whole = errors.scores(sums)
            failures = whole.failures if whole else ()
            given = (
                Figures(whole.count, *map(short, (whole.largest, whole.mean_square, whole.signed))) if whole else None
            )
            if not failures:
                proves = errors.zero.excluded(sums) or self._zeros_differ(sums)
                verdict, message = (Verdict.WITHIN_BOUND, "") if proves else (Verdict.INCONCLUSIVE, PROVES_NOTHING)
                return Judgement(verdict, message, *figures, sums.name, given)
        message = f"each error is within its bound, but together they are not those of rounding: {'; '.join(failures)}"
        return Judgement(Verdict.DIVERGES, message, *figures, "", given)

    def _zeros_differ(self, sums: Sums) -> bool:
        """Whether the array of zeros is wrong, where ``got`` is not finite too."""
        if np.all(np.isfinite(self.got)):
            return False
        zeros = replace(self, got=np.zeros_like(self.got))
        return bool(np.any(zeros.misplaced)) or zeros.errors.excluded(sums)

    def _worst(self, what: str, wrong: BoolArray, weight: npt.NDArray[Any]) -> str:
        """One line with the count of wrong elements and the worst of them."""
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(np.where(wrong, weight, -1))), wrong.shape))
        return (
            f"{what} in {np.count_nonzero(wrong)} of {wrong.size} elements; at {list(index)} ({self.reference.axes}) "
            f"expected {self.expected[index]:.9g}, got {self.got[index]:.9g}"
        )

    def with_floor(self, judgement: Judgement, exact_data: Callable[[], bool] = lambda: False) -> Judgement:
        """``judgement``, or where that does not conform the one on an implementation that flushes subnormals.

        Such a one takes data, products and results below the smallest normal number for zeros. Which of the two it is
        is named where the array shows it. ``exact_data`` is as in ``judgement``: whole numbers are not subnormal.
        """
        if self.dtype.kind != "float" or self.got.size == 0:
            return judgement
        tiny = self.dtype.smallest_normal
        low = self.reference.flushed(tiny)
        if judgement.verdict.conforms:
            small = np.abs(self.got)
            kept = bool(np.any((small > 0) & (small < tiny)))
            if not kept and low is not None:
                kept = not replace(self, reference=low, floor=tiny).judgement().verdict.conforms
            return replace(judgement, subnormals="keeps") if kept else judgement
        if exact_data():
            return judgement
        second = replace(self, reference=low or self.reference, floor=tiny).judgement()
        return replace(second, message=FLUSHES, subnormals="flushes") if second.verdict.conforms else judgement


def terms_of_one_sign(got: npt.NDArray[Any], expected: npt.NDArray[Any], magnitude: Float64Array) -> Float64Array:
    """What the terms of the sign of ``got`` sum to, which no partial sum of it exceeds; all of them where it is NaN."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(got), magnitude, (magnitude + np.sign(got) * expected) / 2)


def short(value: float) -> float:
    """Four significant digits: enough to read, few enough to be stable in a report."""
    return float(f"{value:.4g}") if np.isfinite(value) else float(np.copysign(np.finfo(np.float64).max, value))
