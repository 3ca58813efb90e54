"""Whether errors are small enough, or too small, for a hypothesis; see harness.core.hypotheses."""

from __future__ import annotations

import numpy as np

from harness.core.dtypes import DType
from harness.core.hypotheses import leaves
from harness.core.measuring import Errors
from harness.core.numerics import IntArray
from harness.core.reference import Float64Array
from harness.core.statistical import MOST_Z, deviation, scores
from harness.operations.conv_transpose.diagnosis.slight import is_as_small_as_cut
from harness.operations.conv_transpose.faults.roundings import has_other_width

LITTLE = 0.1
"""What errors of an explained outcome are of the unexplained ones, where the cause is far above rounding."""


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
