"""Why a gradient of the right shape has wrong values: single faults are tried, and those that reproduce it are named.

A fault is named where it gives every element, exactly for exact data and within the rounding bound otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES, ORACLE, DType
from harness.core.findings import Finding
from harness.core.hypotheses import SPARE_ROUNDINGS, errors_of, is_rounding, separates
from harness.core.measuring import Errors
from harness.core.numerics import IntArray, error_bound, rounded
from harness.operations.conv_transpose.case import AXES
from harness.operations.conv_transpose.diagnosis.differences import the_rest
from harness.operations.conv_transpose.diagnosis.gradient_hypotheses import GradientHypothesis, hypotheses
from harness.operations.conv_transpose.diagnosis.hypothesis_test import is_by_chance, near
from harness.operations.conv_transpose.diagnosis.missing import missing_in_gradient
from harness.operations.conv_transpose.diagnosis.slight import one_sided_finding
from harness.operations.conv_transpose.faults.fault import BoolArray
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import Float64Array

WORDS = {
    "N": "batch element",
    "C": "channel",
    "H": "row",
    "W": "column",
    "I": "input channel",
    "O": "output channel",
}
"""What the axes of gradients hold, in the singular."""
_MOST_CHANNELS, _MOST_LISTED, _SAMPLED = 64, 8, 64
"""Channels beyond which no order of them is looked for, numbers that are written out, places that are tried first."""
_SPREAD = 3
"""Bits by which the size of errors may mislead."""


@dataclass(frozen=True)
class Wrong:
    """A wrong gradient, ``got`` in float64, beside the right one."""

    right: Gradient
    got: Float64Array
    dtype: DType
    exact: bool
    independent: bool = True
    """Whether the data have random signs and no two elements are made alike."""

    @cached_property
    def where(self) -> BoolArray:
        """The elements that the right gradient does not explain."""
        expected = self.right.output
        if self.exact:
            bound = np.zeros(expected.shape)
        else:
            bound = error_bound(expected, self.right.magnitude, self.right.terms, self.dtype)
        nearest = rounded(expected, self.dtype)
        agrees: BoolArray = near(expected, self.got, bound) | near(nearest, self.got, np.zeros(()))
        return ~agrees

    def fits(self, hypothesis: GradientHypothesis) -> bool:
        """Whether ``hypothesis`` gives every element."""
        y = hypothesis.moved(hypothesis.gradient.output) * hypothesis.factor
        if not self._sample_fits(hypothesis, y):
            return False
        wrong = hypothesis.reference()
        magnitude, terms = wrong.magnitude, wrong.terms
        same = near(rounded(y, self.dtype), self.got, np.zeros(()))
        if self.exact and np.max(magnitude, initial=0) <= self.dtype.exact_limit and np.all(y == np.rint(y)):
            return bool(np.all(same))
        bound = error_bound(y, magnitude, terms, self.dtype)
        # what leaves a wrong element as it should be, but for float64's rounding, does not explain it
        still = near(y, self.right.output, 2 * error_bound(y, magnitude, terms, ORACLE))
        if not np.all((near(y, self.got, bound) | same) & ~(self.where & still)):
            return False
        errors = errors_of(self.got, wrong, self.dtype, independent=self.independent)
        if not (is_rounding(errors) and separates(self.errors, errors, self.where)):
            return False
        return self.exact or not is_by_chance(hypothesis.name, self.errors, errors)

    @cached_property
    def errors(self) -> Errors:
        """What the gradient is off by."""
        return errors_of(self.got, self.right, self.dtype, independent=self.independent)

    @property
    def off(self) -> bool:
        """Whether anything is wrong: single elements, or all errors together."""
        return bool(np.any(self.where)) or not (self.exact or is_rounding(self.errors))

    @cached_property
    def _sample(self) -> IntArray:
        """A few places, half of them wrong ones."""
        generator = np.random.default_rng(0)
        wrong = np.flatnonzero(self.where)
        anywhere = generator.integers(0, self.got.size, _SAMPLED // 2)
        if not wrong.size:
            return anywhere
        return np.concatenate([wrong[generator.integers(0, wrong.size, _SAMPLED // 2)], anywhere])

    def _sample_fits(self, hypothesis: GradientHypothesis, y: Float64Array) -> bool:
        """Whether ``hypothesis`` can be right at a few places, by a bound that is wider than each element's own."""
        terms = np.full((), int(np.max(hypothesis.gradient.terms, initial=0)) * hypothesis.copies + SPARE_ROUNDINGS)
        most = abs(hypothesis.factor) * terms * _largest_product(hypothesis.gradient)
        if not np.isfinite(most):
            return True
        y, got = y.flat[self._sample], self.got.flat[self._sample]
        bound = error_bound(y, np.asarray(most, dtype=np.float64), terms, self.dtype)
        same = near(rounded(y, self.dtype), got, np.zeros(()))
        return bool(np.all(near(y, got, bound) | same))


def _largest_product(gradient: Gradient) -> float:
    """No product in any element is larger."""
    r = gradient.reference
    other = {"input_grad": r.w, "kernel_grad": r.x}.get(gradient.name, np.ones(1))
    sizes = (float(np.max(np.abs(tensor), initial=0.0)) for tensor in (other, gradient.g))
    return math.prod(sizes)


def gradient_findings(
    gradient: Gradient,
    got: Float64Array,
    dtype_name: DTypeName,
    exact: bool,  # noqa: FBT001 - as the comparator says it
    *,
    independent: bool = True,
) -> list[Finding]:
    """What explains ``got``, of the shape of ``gradient.output`` but with wrong values; nothing if none are wrong.

    ``exact`` says that every order of summation gives the same bits, ``independent`` what it says in Errors. Returns
    every single fault that reproduces it; if there is none, another order of the channels, then what the errors say by
    themselves; then where NaN or infinity stands; at last the region that is wrong.
    """
    wrong = Wrong(gradient, got, DTYPES[dtype_name], exact, independent)
    if not wrong.off:
        return []
    if np.all(np.isfinite(gradient.output)) and (finding := _non_finite(wrong)):
        return [finding]
    with np.errstate(invalid="ignore"):
        found = [Finding(one.name, one.text) for one in hypotheses(gradient, _bits(wrong)) if wrong.fits(one)]
    if found:
        return found
    finding = _order(wrong) or _missing(wrong) or one_sided_finding(wrong.errors, got)
    finding = finding or _non_finite(wrong) or _region(wrong)
    return [finding] if finding else []


def _bits(wrong: Wrong) -> range:
    """How many significant bits the operands may have been rounded to, by the size of the errors.

    Rounding to ``n`` bits changes an operand by about half of ``2^-n`` in the root of the mean square, cutting off by
    twice that, and data of few bits by more or less.
    """
    if not np.any(wrong.errors.counted):
        return range(0)
    norm = float(np.sqrt(np.mean(np.square(wrong.right.norm))))
    size = float(np.sqrt(np.mean(np.square(wrong.errors.size), where=wrong.errors.counted)))
    if not (0 < size < norm and np.isfinite(norm)):
        return range(0)
    bits = round(-math.log2(size / norm))
    return range(bits - _SPREAD, bits + _SPREAD + 1)


def _missing(wrong: Wrong) -> Finding | None:
    hypothesis = missing_in_gradient(wrong.right, wrong.errors)
    return Finding(hypothesis.name, hypothesis.text) if hypothesis is not None and wrong.fits(hypothesis) else None


def _order(wrong: Wrong) -> Finding | None:
    """The right values in another order of the channels."""
    expected, letters = wrong.right.output, AXES[wrong.right.name]
    names = {"C": "channels", "I": "input channels", "O": "output channels", "N": "elements of the batch"}
    for axis, letter in enumerate(letters):
        if letter not in names or not 1 < expected.shape[axis] <= _MOST_CHANNELS:
            continue
        order = _matched(wrong, axis)
        if order is None:
            continue
        hypothesis = GradientHypothesis("", "", wrong.right, partial(np.take, indices=order, axis=axis))
        if wrong.fits(hypothesis):
            name = f"{names[letter].replace(' ', '-')}-in-another-order"
            return Finding(name, f"as if its {names[letter]} are in the order {_listed(order)}")
    return None


def _matched(wrong: Wrong, axis: int) -> list[int] | None:
    """For each slice of the wrong gradient the nearest of the right one, if no two have the same."""
    with np.errstate(invalid="ignore"):
        flat = [np.moveaxis(t, axis, 0).reshape(t.shape[axis], -1) for t in (wrong.got, wrong.right.output)]
        order = [int(np.argmin(np.abs(flat[1] - row).max(axis=1, initial=0.0))) for row in flat[0]]
    return order if len(set(order)) == len(order) else None


def _non_finite(wrong: Wrong) -> Finding | None:
    """Where NaN or infinity stands unexpectedly, or a number in its place."""
    misplaced = wrong.where & ~(np.isfinite(wrong.got) & np.isfinite(wrong.right.output))
    count = int(np.count_nonzero(misplaced))
    if not count:
        return None
    elements = "1 element is" if count == 1 else f"{count} elements are"
    if not np.any(misplaced & ~np.isfinite(wrong.got)):
        return Finding("non-finite", f"{elements} finite where NaN or infinity is due")
    return Finding("non-finite", f"{elements} NaN or infinite where another value is due")


def _region(wrong: Wrong) -> Finding | None:
    """Where the wrong values stand, if part of the gradient is right. Says nothing about a cause."""
    parts = []
    for axis, letter in enumerate(AXES[wrong.right.name]):
        others = tuple(other for other in range(wrong.where.ndim) if other != axis)
        hit = [int(index) for index in np.flatnonzero(wrong.where.any(axis=others))]
        if len(hit) < wrong.where.shape[axis]:
            parts.append(f"{WORDS[letter]}{'s' if len(hit) > 1 else ''} {_listed(hit)}")
    if not parts:
        return None
    what = "zeros" if not np.any(wrong.got[wrong.where]) else "wrong values"
    rest = the_rest(wrong.errors, wrong.where, exact=wrong.exact)
    return Finding("region", f"{what} only in {', '.join(parts)}; {rest}")


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_MOST_LISTED]))
    return f"{shown}, …" if len(numbers) > _MOST_LISTED else shown
