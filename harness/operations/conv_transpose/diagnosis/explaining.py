"""Whether a hypothesis explains an array: as exactly as rounding lets it, and better than the reference does."""

from __future__ import annotations

import numpy as np

from harness.core.dtypes import DType
from harness.core.measuring import Beside, Errors, Sums
from harness.core.numerics import IntArray
from harness.core.reference import Float64Array, Reference
from harness.core.statistical import MOST_Z, deviation, scores
from harness.operations.conv_transpose.diagnosis.slight import is_as_small_as_cut
from harness.operations.conv_transpose.faults.fault import BoolArray
from harness.operations.conv_transpose.faults.roundings import has_other_width

PART = 0.5
"""A hypothesis must halve what is wrong: one whose effect is less than that looks like the reference."""

LITTLE = 0.1
"""What errors of an explained outcome are of the unexplained ones, where the cause is far above rounding."""


def errors_of(got: Float64Array, reference: Reference, dtype: DType, *, independent: bool) -> Errors:
    """What ``got``, in float64, is off by; see harness.core.measuring."""
    return Beside(got, reference, dtype, independent).errors


def is_rounding(errors: Errors) -> bool:
    """Whether sums in the dtype itself, the least accurate that are right, explain each error and all together."""
    return not errors.excluded(Sums(errors.dtype.name))


def separates(right: Errors, hypothesis: Errors, wrong: BoolArray) -> bool:
    """Whether the hypothesis whose errors are ``hypothesis`` halves those of the reference, ``right``.

    It is held to at least half of the elements that are ``wrong`` beyond their bounds; where none is, to the squares of
    all of them.
    """
    if np.any(wrong):
        nearer = (hypothesis.size <= PART * right.size) | ~right.counted
        return bool(2 * np.count_nonzero(nearer & wrong) >= np.count_nonzero(wrong))
    return _leaves(PART, right, hypothesis)


def is_by_chance(name: str, right: Errors, hypothesis: Errors) -> bool:
    """Whether the hypothesis called ``name`` rounds operands to a width that no type has, and shows too little of it.

    Of so many widths one gives nearly any errors that are as small as those of the dtype's own sums; there it must
    leave next to nothing of them.
    """
    return has_other_width(name) and is_as_small_as_cut(right) and not _leaves(LITTLE, right, hypothesis)


def _leaves(part: float, right: Errors, hypothesis: Errors) -> bool:
    before, after = (errors.scores(Sums(errors.dtype.name)) for errors in (right, hypothesis))
    return before is not None and after is not None and after.mean_square <= part**2 * before.mean_square


def few_are_rounding(
    error: Float64Array, expected: Float64Array, norm: Float64Array, terms: IntArray, dtype: DType
) -> bool:
    """Whether the errors of a few elements may be those of rounding; those that are not finite have no say."""
    found = scores(
        np.where(np.isfinite(error), error, 0.0), expected, deviation(expected, norm, terms, dtype), independent=True
    )
    return found.largest <= MOST_Z and found.mean_square <= found.normal_mean_square
