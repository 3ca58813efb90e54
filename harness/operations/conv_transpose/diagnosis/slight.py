"""What errors say that are as small as those of rounding, and are not those of rounding to nearest."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.core.findings import Finding
from harness.core.measuring import Errors, Sums
from harness.core.numerics import error_bound
from harness.core.reference import Float64Array
from harness.core.statistical import Scores
from harness.operations.conv_transpose.faults.roundings import cut_bits

SUMS_TRUNCATED, RESULTS_TRUNCATED, BIASED_ONE_WAY = "sums-truncated", "results-truncated", "biased-one-way"
MEAN_MANTISSA = 0.72
"""Half a unit in the last place, in units of u times the number: over a binade 1 / (2 ln 2)."""
MOST_TRUNCATED = 1.6
"""The mean error of sums that are truncated one by one, in units of what is expected, stays below it."""
MOST_SIGNS = 3.0
"""Standard deviations by which errors of rounding may be more often on one side."""
EVEN = 0.25
"""Errors that are spread about their mean share of the bound by less than this share of it have a share in common."""


def one_sided_finding(errors: Errors, got: Float64Array) -> Finding | None:
    """Errors toward zero, or away from it: too small for wrong products, too alike for rounding to nearest.

    A partial sum ``s_k`` of ``m`` terms that is truncated loses half a unit in its last place on average, with the sign
    of ``s_k``. Of random terms the mean of ``s_k sign(s_m)`` is ``k / m`` times that of ``|s_m|``, so that all of them
    together lose about ``0.72 u (m + 1) / 2 |y|``; sums in blocks lose less.
    """
    found = errors.scores(Sums(errors.dtype.name))
    if (
        found is None
        or not found.independent
        or abs(found.signed) <= found.most_signed
        or not is_as_small_as_cut(errors)
    ):
        return None
    if abs(_signs(errors)) <= MOST_SIGNS:
        return None
    bits = round(-math.log2(errors.dtype.unit_roundoff))
    if np.array_equal(got[errors.counted], cut_bits(errors.target, bits)[errors.counted]):
        return Finding(RESULTS_TRUNCATED, "as if the results are cut off, not rounded to nearest")
    side = "toward" if found.signed < 0 else "away from"
    if found.signed < 0 and not _is_even(errors) and _lost(errors) <= MOST_TRUNCATED:
        return Finding(SUMS_TRUNCATED, "as if the sums are truncated toward zero, not rounded to nearest")
    return Finding(BIASED_ONE_WAY, f"the errors are small and lean {side} zero, {_share(errors, found)}")


def is_as_small_as_cut(errors: Errors) -> bool:
    """Whether no error is larger than truncated sums may show: a truncation loses up to twice a unit roundoff."""
    reference, dtype = errors.reference, errors.dtype
    cut = replace(dtype, unit_roundoff=2 * dtype.unit_roundoff)
    bound = error_bound(errors.target, reference.magnitude, reference.terms, cut, None, errors.floor)
    return bool(np.all(errors.size <= np.where(errors.counted, bound, 0.0)))


def _signs(errors: Errors) -> float:
    """Errors away from zero less those toward it, in units of the root of their number: no one of them weighs more."""
    signs = np.sign(errors.error) * np.sign(errors.target)
    return float(signs.sum() / math.sqrt(max(int(np.count_nonzero(signs)), 1)))


def _lost(errors: Errors) -> float:
    """The mean of the errors toward zero, in units of what truncated sums lose."""
    terms = np.broadcast_to(errors.reference.terms, errors.target.shape)
    expected = MEAN_MANTISSA * errors.dtype.unit_roundoff * (terms + 1) / 2 * np.abs(errors.target)
    toward = -errors.error * np.sign(errors.target)
    return float(toward.sum() / max(expected.sum(), np.finfo(float).tiny))


def _is_even(errors: Errors) -> bool:
    """Whether all errors are about the same share of their bounds."""
    bound = errors.bound(Sums(errors.dtype.name))
    share = (errors.error * np.sign(errors.target) / bound)[errors.counted & (errors.target != 0)]
    return bool(share.size and np.std(share) < EVEN * abs(np.mean(share)))


def _share(errors: Errors, found: Scores) -> str:
    share = errors.size / errors.bound(Sums(errors.dtype.name))
    mean = float(np.mean(share[errors.counted])) if np.any(errors.counted) else 0.0
    return f"by {mean:.2g} of the bound on average (Σ z·sign(y) / √N is {found.signed:.3g})"
