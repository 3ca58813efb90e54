"""Floating-point facts: unit roundoffs, exact integer ranges and the forward error bound.

Source of the bound: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., ch. 3:
a sum of ``m`` products, in any order and with or without fused operations, has an error of at most
``gamma_m * sum(|x||w|)`` with ``gamma_m = m * u / (1 - m * u)``. A product that underflows adds at most
half the smallest subnormal of its own (ch. 2), so ``m`` of them and a final rounding add at most ``m`` of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.case import DTypeName

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DType:
    """One working precision.

    ``unit_roundoff`` is u, ``exact_limit`` the largest integer up to which all integers are exact,
    ``subnormal`` the smallest positive value, ``reach`` the largest magnitude drawn for exact data.
    """

    name: DTypeName
    unit_roundoff: float
    exact_limit: int
    subnormal: float
    reach: int


DTYPES: dict[DTypeName, DType] = {
    "float64": DType("float64", 2.0**-53, 2**53, 2.0**-1074, 8),
    "float32": DType("float32", 2.0**-24, 2**24, 2.0**-149, 8),
    "float16": DType("float16", 2.0**-11, 2**11, 2.0**-24, 3),
}
ORACLE = DTYPES["float64"]


def gamma(terms: IntArray, unit_roundoff: float) -> npt.NDArray[np.float64]:
    """``m * u / (1 - m * u)`` for each ``m`` in ``terms``; infinite where ``m * u >= 1``."""
    mu = terms.astype(np.float64) * unit_roundoff
    with np.errstate(divide="ignore"):
        return np.where(mu < 1, mu / np.maximum(1 - mu, 0.0), np.inf)


def error_bound(
    expected: npt.NDArray[np.float64], magnitude: npt.NDArray[np.float64], terms: IntArray, dtype: DType
) -> npt.NDArray[np.float64]:
    """Largest error, element by element, that a right implementation in ``dtype`` may show.

    ``expected`` is the oracle's float64 result y, ``magnitude`` is the sum of absolute products and bias, ``terms`` the
    number of products (+1 for a bias) that meet in an element; all broadcast to (N, C_out, H, W).
    The oracle's own rounding is part of the bound, since it too sums in floating point.
    """
    relative = gamma(terms, dtype.unit_roundoff) + gamma(terms, ORACLE.unit_roundoff)
    with np.errstate(invalid="ignore"):
        summed = np.where(magnitude == 0, 0.0, relative * magnitude)
    return summed + dtype.unit_roundoff * np.abs(expected) + np.maximum(terms, 1) * dtype.subnormal


def ulps(error: npt.NDArray[np.float64], expected: npt.NDArray[np.float64], dtype: DType) -> float:
    """Largest entry of ``error`` in units in the last place of ``expected`` rounded to ``dtype``.

    Beside a much larger error the unit is that of the error itself: an expected zero has no scale of its own.
    """
    if error.size == 0:
        return 0.0
    largest = np.nextafter(np.finfo(dtype.name).max, 0, dtype=dtype.name)
    with np.errstate(over="ignore"):
        spacing = np.spacing(np.minimum(np.maximum(np.abs(expected), error), largest).astype(dtype.name)).astype(
            np.float64
        )
        return float(np.max(error / spacing))
