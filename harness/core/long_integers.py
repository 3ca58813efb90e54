"""Integers beyond the 53 bits of float64: results held against exact sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import ORACLE
from harness.core.findings import Finding
from harness.core.results import Judgement, Verdict

Integers = npt.NDArray[Any]
"""Of an integer dtype, or of Python's integers."""
IN_FLOAT64 = "integers-in-float64"


def judge_integers(got: Integers, right: Integers, axes: str) -> Judgement:
    """The verdict on ``got``, integers of the shape of the exact sums ``right``: equal, or not."""
    wrong = np.asarray(got.astype(right.dtype) != right)
    if not np.any(wrong):
        return Judgement(Verdict.EXACT, "", 0.0, 0.0)
    error = np.abs(got.astype(object) - right.astype(object))
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), error.shape))
    message = (
        f"values differ in {np.count_nonzero(wrong)} of {wrong.size} elements; at {list(index)} ({axes}) "
        f"expected {right[index]}, got {got[index]}"
    )
    # nothing is rounded, so any error is beyond all bounds
    return Judgement(Verdict.DIVERGES, message, float(np.finfo(np.float64).max), float(f"{float(error[index]):.4g}"))


def float64_finding(got: Integers, right: Integers, magnitude: npt.NDArray[np.float64], terms: Any) -> Finding | None:
    """That sums in float64 explain ``got``, which is not the exact sums ``right``; None where they do not.

    Of ``terms`` products with the sum ``magnitude`` of absolute values each, they are off by what rounding explains, as
    in harness.core.numerics, and by the rounding of operands and of the result.
    """
    allowed = (np.max(terms, initial=1) + 3) * ORACLE.unit_roundoff * magnitude
    error = np.abs(got.astype(object) - right.astype(object)).astype(np.float64)
    if np.any(error > allowed):
        return None
    return Finding(IN_FLOAT64, "as if integers were summed in float64, which holds 53 bits of them")
