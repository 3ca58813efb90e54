"""How far an array is from the truth, and whether rounding explains it: by the element bound and by the whole array.

What both leave open proves nothing where the array of zeros is as near to the truth. Everything that holds values
against a truth comes here: verdicts, hypotheses about wrong outcomes, layers of networks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.dtypes import DType
from harness.numerics import error_bound, may_overflow, ulps
from harness.results import BEFORE_BIAS, Figures, Judgement, Verdict
from harness.statistical import Scores, deviation, scores
from harness.truth import Float64Array, Truth

BoolArray = npt.NDArray[np.bool_]
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
    truth: Truth
    dtype: DType
    independent: bool
    floor: float | None = None

    @cached_property
    def size(self) -> Float64Array:
        """Absolute errors."""
        return np.asarray(np.abs(self.error))

    def bound(self, sums: Sums) -> Float64Array:
        """What rounding explains in each element, whatever the order and the data."""
        truth = self.truth
        bound = error_bound(self.target, truth.magnitude, truth.terms, self.dtype, sums.accumulator, self.floor)
        bound = bound + truth.slack(self.dtype)
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
        truth = self.truth
        norm = truth.norm if self.independent else truth.magnitude
        spread = deviation(self.target, norm, truth.terms, self.dtype, sums.accumulator, self.floor)
        if sums.apart:
            spread = np.hypot(spread, self._once_more / np.sqrt(3))
        slack = truth.slack(self.dtype)
        error = self.error if np.ndim(slack) == 0 and slack == 0 else self._beyond(slack)
        return scores(error, self.target, np.where(self.counted, spread, 0.0), independent=self.independent)

    @property
    def zero(self) -> Errors:
        """Those of the array of zeros."""
        return replace(self, error=-self.target)

    @property
    def _once_more(self) -> Float64Array:
        added = self.truth.added
        return np.asarray(self.dtype.unit_roundoff * (np.abs(self.target) + np.abs(0.0 if added is None else added)))

    def _beyond(self, slack: Float64Array | float) -> Float64Array:
        return np.asarray(np.sign(self.error) * np.maximum(self.size - slack, 0.0))

    def excluded(self, sums: Sums) -> bool:
        """Whether such sums explain the errors of no right implementation."""
        return self.ratio(sums) > 1 or bool((found := self.scores(sums)) is not None and found.failures)


@dataclass(frozen=True, slots=True)
class Difference:
    """An array beside the truth. ``misplaced`` are infinities and NaN where a finite value is due, or the reverse."""

    expected: npt.NDArray[Any]
    misplaced: BoolArray
    errors: Errors
    overflown: bool
    """Whether an infinity or NaN came of a partial sum that the dtype cannot hold."""


def difference(
    got: npt.NDArray[Any],
    nearest: npt.NDArray[Any],
    truth: Truth,
    dtype: DType,
    *,
    independent: bool,
    floor: float | None = None,
) -> Difference:
    """``got`` beside ``truth``, whose values rounded to ``dtype`` are ``nearest``; all in float64 or complex128.

    An element that overflows in the dtype is answered by that infinity. Where the sum of absolute products exceeds the
    dtype's largest number, a partial sum may, so that an infinity or NaN is right there too.
    """
    expected = np.where(np.isinf(nearest) & (got == nearest), nearest, truth.output)
    finite, came = np.isfinite(expected), np.isfinite(got)
    # equality of infinities has a sign; a NaN answers a NaN
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    misplaced = ~same & ~(finite & came)
    overflown = False
    if np.any(misplaced) and dtype.kind == "float":
        excused = misplaced & finite & ~came & may_overflow(truth.magnitude, truth.terms, dtype)
        misplaced, overflown = misplaced & ~excused, bool(np.any(excused))
    counted = finite & came
    target = np.where(counted, expected, 0.0)
    error = np.where(counted, got - target, 0.0) if not np.all(counted) else got - target
    return Difference(expected, misplaced, Errors(error, target, counted, truth, dtype, independent, floor), overflown)


def judge_rounded(found: Difference, *, exact_data: bool = False) -> Judgement:
    """The verdict on an array that is not the truth rounded once, and whose non-finite values stand where they must.

    The message is empty unless the whole array is the reason: elements that are outside of their bounds are the
    caller's to name.
    """
    errors = found.errors
    own = Sums(errors.dtype.name)
    ratio = errors.ratio(own)
    figures = (short(ratio), short(ulps(errors.size, np.abs(errors.target), errors.dtype)))
    if exact_data or not ratio <= 1:
        return Judgement(Verdict.DIVERGES, "", *figures)
    failures: tuple[str, ...] = ()
    for sums in ways(errors.dtype, adds=errors.truth.added is not None):
        if sums != own and (errors.ratio(sums) > 1 or found.overflown):
            continue
        whole = errors.scores(sums)
        failures = whole.failures if whole else ()
        given = None if whole is None else _figures(whole)
        if not failures:
            proves = not np.all(np.isfinite(found.expected)) or errors.zero.excluded(sums)
            verdict, message = (Verdict.WITHIN_BOUND, "") if proves else (Verdict.INCONCLUSIVE, PROVES_NOTHING)
            return Judgement(verdict, message, *figures, sums.name, given)
    message = f"each error is within its bound, but together they are not those of rounding: {'; '.join(failures)}"
    return Judgement(Verdict.DIVERGES, message, *figures, "", given)


def _figures(whole: Scores) -> Figures:
    return Figures(whole.count, short(whole.largest), short(whole.mean_square), short(whole.signed))


def short(value: float) -> float:
    """Four significant digits: enough to read, few enough to be stable in a report."""
    return float(f"{value:.4g}") if np.isfinite(value) else float(np.copysign(np.finfo(np.float64).max, value))
