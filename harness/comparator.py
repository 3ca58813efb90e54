"""From an outcome to a verdict: equality for exact data, the derived bound for the rest, no tolerance anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.case import Case
from harness.data import Tensors, is_exact
from harness.geometry import full_geometry
from harness.numerics import DTYPES, DType, error_bound, ulps
from harness.oracle import Reference
from harness.results import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Value:
    """An adapter returned an array, meant as (N, C_out, H_out, W_out); ``stable`` if all runs agreed bit by bit."""

    output: npt.NDArray[Any]
    stable: bool = True


@dataclass(frozen=True, slots=True)
class Raised:
    """An adapter raised; the type's name and the first line of the message."""

    type: str
    message: str

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True)
class Failed:
    """The process failed: the verdict says how (crashes, hangs or unavailable)."""

    verdict: Verdict
    message: str


Outcome = Value | Raised | Failed


def judge(case: Case, tensors: Tensors, reference: Reference | None, outcome: Outcome) -> Judgement:
    """The verdict on ``outcome``; ``reference`` is None where the case is illegal or ambiguous."""
    if isinstance(outcome, Failed):
        return Judgement(outcome.verdict, outcome.message)
    if case.expect.readings:
        return _judge_readings(case, tensors, outcome)
    if case.expect.error or reference is None:
        return _judge_error(outcome)
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REJECTS, str(outcome))
    return judge_value(case, reference, outcome)


def judge_value(case: Case, reference: Reference, outcome: Value) -> Judgement:
    """Compare an array with the oracle's: dtype, shape, repeatability, non-finite values, then values."""
    got, dtype = outcome.output, DTYPES[case.dtype]
    if str(got.dtype) != case.dtype:
        return Judgement(Verdict.WRONG_DTYPE, f"expected {case.dtype}, got {got.dtype}")
    if got.shape != reference.geometry.output_shape:
        return Judgement(
            Verdict.WRONG_SHAPE, f"expected {list(reference.geometry.output_shape)}, got {list(got.shape)} (NCHW)"
        )
    if not outcome.stable:
        return Judgement(Verdict.UNSTABLE, "two runs of the same call gave different bits")
    with np.errstate(over="ignore"):
        rounded = reference.output.astype(got.dtype)
    if np.array_equal(got, rounded, equal_nan=True):
        return Judgement(Verdict.EXACT, "", 0.0, 0.0)
    wide = (got.astype(np.float64), rounded.astype(np.float64))
    return _measure(*wide, reference, dtype, exact_data=is_exact(case, reference))


def _measure(
    got: npt.NDArray[np.float64],
    rounded: npt.NDArray[np.float64],
    reference: Reference,
    dtype: DType,
    *,
    exact_data: bool,
) -> Judgement:
    # an element that overflows in the working dtype is answered by that infinity
    expected = np.where(np.isinf(rounded) & (got == rounded), rounded, reference.output)
    finite = np.isfinite(expected)
    # equality of infinities has a sign; a NaN answers a NaN
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    misplaced = ~same & ~(finite & np.isfinite(got))
    if np.any(misplaced):
        return Judgement(Verdict.DIVERGES, _worst("non-finite values differ", misplaced, got, expected, misplaced))
    target = np.where(finite, expected, 0.0)
    error = np.where(finite, np.abs(got - target), 0.0)
    bound = np.where(finite, error_bound(expected, reference.magnitude, reference.terms, dtype), 1.0)
    with np.errstate(over="ignore"):
        ratio = float(np.max(error / bound, initial=0.0))
    figures = (_short(ratio), _short(ulps(error, target, dtype)))
    if ratio <= 1 and not exact_data:
        return Judgement(Verdict.WITHIN_BOUND, "", *figures)
    wrong = (error > 0) if exact_data else (error > bound)
    return Judgement(Verdict.DIVERGES, _worst("values differ", wrong, got, expected, error), *figures)


def _worst(what: str, wrong: npt.NDArray[np.bool_], got: Any, expected: Any, weight: npt.NDArray[Any]) -> str:
    """One line with the count of wrong elements and the worst of them."""
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(np.where(wrong, weight, -1))), wrong.shape))
    count = int(np.count_nonzero(wrong))
    return (
        f"{what} in {count} of {wrong.size} elements; at {list(index)} (NCHW) expected {expected[index]:.9g}, "
        f"got {got[index]:.9g}"
    )


def _short(value: float) -> float:
    """Four significant digits: enough to read, few enough to be stable in a report."""
    return float(f"{value:.4g}") if np.isfinite(value) else float(np.finfo(np.float64).max)


def _judge_error(outcome: Value | Raised) -> Judgement:
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REFUSES, str(outcome))
    return Judgement(Verdict.ACCEPTS, f"an error is expected, but an array of shape {list(outcome.output.shape)} came")


def _judge_readings(case: Case, tensors: Tensors, outcome: Value | Raised) -> Judgement:
    full = full_geometry(case)
    misses = []
    for reading in case.expect.readings:
        if isinstance(outcome, Raised) or reading.crops is None:
            if isinstance(outcome, Raised) and reading.crops is None:
                return Judgement(Verdict.AMBIGUOUS, f"reading {reading.name!r}: {outcome}")
            continue
        judgement = judge_value(case, tensors.reference(full.with_crops(reading.crops)), outcome)
        if judgement.verdict.conforms:
            return Judgement(Verdict.AMBIGUOUS, f"reading {reading.name!r}", judgement.error_over_bound, judgement.ulps)
        misses.append(judgement)
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REJECTS, f"no reading refuses: {outcome}")
    if not misses:
        return Judgement(Verdict.ACCEPTS, "every reading refuses, but an array came")
    closest = next((miss for miss in misses if miss.verdict is not Verdict.WRONG_SHAPE), misses[0])
    return Judgement(
        closest.verdict, f"no listed reading fits: {closest.message}", closest.error_over_bound, closest.ulps
    )
