"""What the difference between an outcome and the reference says by itself, where no fault was guessed beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.core.dtypes import DTYPES, DType
from harness.core.findings import Finding
from harness.core.hypotheses import is_rounding
from harness.core.measuring import Errors, Sums
from harness.core.numerics import IntArray
from harness.operations.conv_transpose.diagnosis.hypothesis_test import HypothesisTest
from harness.operations.conv_transpose.diagnosis.slight import is_as_small_as_cut
from harness.operations.conv_transpose.faults.fault import BoolArray, Fault
from harness.operations.conv_transpose.faults.roundings import round_bits
from harness.operations.conv_transpose.oracle import Float64Array

MOST_LISTED, LEAST = 4, 3
"""Numbers that are written out, and elements of a channel that must be off alike to be off by a bias."""
NARROW = {"float32": 24, "tf32 or float16": 11, "bfloat16": 8}
"""Significant bits of the types that sums and results may be rounded to, widest first."""
OVERFLOW = {"tf32 or float16": DTYPES["float16"].overflow * (1 - DTYPES["float16"].unit_roundoff)}
"""From where on sums in such a type may be infinite."""
BIAS_PERMUTED, BIAS_OTHER, BIAS_UNASKED = "bias-permuted", "bias-other", "bias-unasked"
ACCUMULATED, LOWER_PRECISION = "accumulated-in", "lower-precision"
NON_FINITE, REGION = "non-finite", "region"
DERIVED = (BIAS_PERMUTED, BIAS_OTHER, BIAS_UNASKED, ACCUMULATED, LOWER_PRECISION, NON_FINITE, REGION)
"""The names of what is found here, beside those of the faults."""


def bias_finding(trial: HypothesisTest) -> Finding | None:
    """Every channel is off by one number of its own: another order of the biases, or other biases."""
    reference = trial.reference
    finite = np.isfinite(trial.got) & np.isfinite(reference.output)
    if np.min(np.count_nonzero(finite, axis=(0, 2, 3)), initial=LEAST) < LEAST:
        return None
    with np.errstate(invalid="ignore"):
        difference = np.where(finite, trial.got - reference.output, np.nan)
    right = np.zeros(difference.shape[1]) if reference.b is None else reference.b
    other = right + np.nanmedian(difference, axis=(0, 2, 3))
    if not _right_with(trial, other):
        return None
    if reference.b is None:
        return Finding(BIAS_UNASKED, f"as if a bias is added that was not asked for: {_numbers(other)}")
    order = np.empty(other.size, dtype=np.int64)
    order[np.argsort(other, kind="stable")] = np.argsort(right, kind="stable")
    if _right_with(trial, right[order]):
        return Finding(BIAS_PERMUTED, f"as if {_order_words(order)}")
    return Finding(BIAS_OTHER, f"as if the biases are {_numbers(other)} instead of {_numbers(right)}")


def _right_with(trial: HypothesisTest, bias: Float64Array) -> bool:
    """Whether the outcome is right with ``bias``, and better explained by it than by the right one."""
    return trial.fits([Fault(BIAS_OTHER, "", edit=lambda r: replace(r, b=bias))])


def _numbers(values: Float64Array) -> str:
    shown = ", ".join(f"{value:.9g}" for value in values[:MOST_LISTED])
    return f"[{shown}{', …' if values.size > MOST_LISTED else ''}]"


def _order_words(order: IntArray) -> str:
    """``order[c]`` is the channel whose bias channel c has."""
    channels = np.arange(order.size)
    for by, side in ((1, "before"), (-1, "after")):
        if np.array_equal(order, np.roll(channels, by)) and order.size > 2:
            return f"each channel has the bias of the channel {side} it"
    if np.array_equal(order, channels[::-1]) and order.size > 2:
        return "the biases of the channels are in reverse order"
    moved = [f"channel {c} has that of {order[c]}" for c in channels if order[c] != c]
    listed = f": {', '.join(moved)}" if len(moved) <= MOST_LISTED else ""
    return f"the biases are permuted{listed}"


def accumulated_finding(trial: HypothesisTest) -> Finding | None:
    """Every value is one of a narrower type, as near to the reference as sums in that type come; the narrowest one."""
    reference, got = trial.reference, trial.got
    overflown = ~np.isfinite(got)
    if not np.all(np.isfinite(reference.output)) or np.all(overflown):
        return None
    for name, narrow in reversed(list(_narrower(trial))):
        limit = 1 / narrow.unit_roundoff
        if not np.array_equal(round_bits(got, int(np.log2(limit))), got, equal_nan=True):
            continue
        # where a sum of float16 leaves its range, any later one may be infinite or NaN
        if np.any(overflown & (reference.magnitude < OVERFLOW.get(name, np.inf))):
            continue
        if trial.exact and np.any(reference.magnitude[trial.wrong] <= limit):
            continue
        error = trial.errors.size
        # many terms make a bound that nothing exceeds
        if is_rounding(replace(trial.errors, dtype=narrow)) and error.sum() < np.abs(reference.output).sum() / 4:
            return Finding(f"{ACCUMULATED}({name})", f"as if the sums are accumulated in {name}")
    return None


def lower_precision_finding(trial: HypothesisTest) -> Finding | None:
    """Whether the errors are small and everywhere; the widest of the types that leave such errors is named.

    None where they are as small as those of sums in the dtype itself, which say nothing of another.
    """
    if not (np.all(np.isfinite(trial.got)) and np.all(np.isfinite(trial.reference.output))):
        return None
    if not trial.exact and is_as_small_as_cut(trial.errors):
        return None
    error = np.abs(trial.got - trial.reference.output)
    if np.count_nonzero(error) <= error.size // 2:
        return None
    for name, narrow in _narrower(trial):
        if _small(error, narrow.unit_roundoff, trial):
            text = f"the errors are small and in most elements, none larger than products rounded to {name} leave"
            return Finding(f"{LOWER_PRECISION}({name})", text)
    return None


def _small(error: Float64Array, unit_roundoff: float, trial: HypothesisTest) -> bool:
    """Whether two operands of that roundoff leave such errors: 2u in each product, so in the root of all squares."""
    reference = trial.reference
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(error == 0, 0.0, error / (2 * unit_roundoff * reference.norm))
    mean = float(np.mean(np.square(relative)))
    if mean < LEAST_SHARE**2 or (trial.errors.independent and mean > 1):
        return False
    return bool(np.all(error <= 2 * unit_roundoff * reference.magnitude))


LEAST_SHARE = 1 / 16
"""Of what a type leaves; smaller errors do not speak of it."""


def _narrower(trial: HypothesisTest) -> Iterator[tuple[str, DType]]:
    """The types with fewer significant bits than the case's, widest first."""
    dtype = DTYPES[trial.case.dtype]
    for name, bits in NARROW.items():
        if 2.0**-bits > dtype.unit_roundoff:
            yield name, replace(dtype, unit_roundoff=2.0**-bits)


def non_finite_finding(trial: HypothesisTest) -> Finding | None:
    """Where NaN or infinity stands unexpectedly, or a number in its place."""
    misplaced = trial.wrong & ~(np.isfinite(trial.got) & np.isfinite(trial.reference.output))
    count = int(np.count_nonzero(misplaced))
    if not count:
        return None
    appeared = bool(np.any(misplaced & ~np.isfinite(trial.got)))
    elements = "1 element is" if count == 1 else f"{count} elements are"
    if not appeared:
        return Finding(NON_FINITE, f"{elements} finite where NaN or infinity is due")
    where = f", only in {place}" if (place := _place(trial, misplaced)) else ""
    causes = "uninitialised memory, an overflow, or zeros multiplied by infinity"
    return Finding(NON_FINITE, f"{elements} NaN or infinite{where}: {causes}")


def region_finding(trial: HypothesisTest) -> Finding | None:
    """Where the wrong values stand, if part of the output is right. Says nothing about a cause."""
    where = _place(trial, trial.wrong)
    if not where:
        return None
    what = "zeros" if not np.any(trial.got[trial.wrong]) else "wrong values"
    return Finding(REGION, f"{what} only in {where}; {the_rest(trial.errors, trial.wrong, exact=trial.exact)}")


def the_rest(errors: Errors, wrong: BoolArray, *, exact: bool) -> str:
    """What is known of the elements that are not ``wrong``: that they are right, where the bound can tell."""
    if exact:
        return "everything else is right"
    rest = replace(errors, error=np.where(wrong, 0.0, errors.error), counted=errors.counted & ~wrong)
    rest = replace(rest, target=np.where(wrong, 0.0, errors.target))
    sums = Sums(errors.dtype.name)
    if rest.excluded(sums):
        return "everything else is within the rounding bound of each element, but not all together"
    if not rest.zero.excluded(sums):
        return "of everything else this type cannot tell: zeros would be as near"
    return "everything else is right but for rounding"


def _place(trial: HypothesisTest, wrong: BoolArray) -> str:
    """The channels, rows and so on that hold everything wrong, where these are not all."""
    parts = []
    for axis, what in enumerate(("batch element", "channel", "row", "column")):
        hit = np.flatnonzero(wrong.any(axis=tuple(other for other in range(4) if other != axis)))
        size = wrong.shape[axis]
        if not hit.size or hit.size == size:
            continue
        group = _group(hit, size, trial.reference.geometry.groups) if axis == 1 else ""
        parts.append(group or _span([int(index) for index in hit], size, what))
    return ", ".join(filter(None, parts))


def _group(hit: IntArray, channels: int, groups: int) -> str:
    each = channels // groups
    first = int(hit[0]) // each
    if groups == 1 or each == 1 or not np.array_equal(hit, np.arange(each) + first * each):
        return ""
    return "the last group" if first == groups - 1 else f"group {first}"


def _span(hit: Sequence[int], size: int, what: str) -> str:
    if len(hit) == 1:
        return f"{what} {hit[0]}"
    step = hit[1] - hit[0]
    if list(hit) == list(range(hit[0], hit[-1] + 1, step)):
        if step == 1:
            return f"{what}s {hit[0]} on" if hit[-1] == size - 1 else f"{what}s {hit[0]} to {hit[-1]}"
        if len(hit) > 2:
            return f"every {step}{_ORDINALS.get(step, 'th')} {what} from {hit[0]} to {hit[-1]}"
    return f"{what}s {', '.join(map(str, hit[:-1]))} and {hit[-1]}" if len(hit) <= MOST_LISTED else ""


_ORDINALS = {2: "nd", 3: "rd"}
