"""Floating-point facts: unit roundoffs, exact integer ranges and the forward error bound.

Source of the bound: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., ch. 3:
a sum of ``m`` products, in any order and with or without fused operations, has an error of at most
``gamma_m * sum(|x||w|)`` with ``gamma_m = m * u / (1 - m * u)``. A product that underflows adds at most
half the smallest subnormal of its own (ch. 2), so ``m`` of them and a final rounding add at most ``m`` of it.

Integer dtypes have no rounding: their bound is zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.dtypes import ORACLE, DType

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]


def gamma(terms: IntArray, unit_roundoff: float) -> npt.NDArray[np.float64]:
    """``m * u / (1 - m * u)`` for each ``m`` in ``terms``; infinite where ``m * u >= 1``."""
    mu = terms.astype(np.float64) * unit_roundoff
    with np.errstate(divide="ignore"):
        return np.where(mu < 1, mu / np.maximum(1 - mu, 0.0), np.inf)


def error_bound(
    expected: npt.NDArray[np.float64],
    magnitude: npt.NDArray[np.float64],
    terms: IntArray,
    dtype: DType,
    accumulator: DType | None = None,
) -> npt.NDArray[np.float64]:
    """Largest error, element by element, that a right implementation in ``dtype`` may show.

    ``expected`` is the oracle's float64 result y, ``magnitude`` is the sum of absolute products and bias, ``terms`` the
    number of products (+1 for a bias) that meet in an element; all broadcast to (N, C_out, H, W).
    The oracle's own rounding is part of the bound, since it too sums in floating point. Sums in a wider
    ``accumulator`` are rounded to ``dtype`` once.
    """
    summed_in = dtype if accumulator is None else accumulator
    relative = gamma(terms, summed_in.unit_roundoff) + gamma(terms, ORACLE.unit_roundoff)
    with np.errstate(invalid="ignore"):
        summed = np.where(magnitude == 0, 0.0, relative * magnitude)
    final = dtype.unit_roundoff * (np.abs(expected) + (0 if accumulator is None else summed))
    return summed + final + np.maximum(terms, 1) * dtype.subnormal


def ulps(error: npt.NDArray[np.float64], expected: npt.NDArray[np.float64], dtype: DType) -> float:
    """Largest entry of ``error`` in units in the last place of ``expected`` rounded to ``dtype``.

    Beside a much larger error the unit is that of the error itself: an expected zero has no scale of its own.
    """
    if error.size == 0:
        return 0.0
    if dtype.kind == "integer":
        return float(np.max(error))
    largest = dtype.overflow if np.isfinite(dtype.overflow) else float(np.finfo(np.float64).max)
    largest *= 1 - 4 * dtype.unit_roundoff
    with np.errstate(over="ignore"):
        at = np.minimum(np.maximum(np.abs(expected), error), largest).astype(np.zeros((), dtype.numpy).real.dtype)
        return float(np.max(error / np.spacing(at).astype(np.float64)))


def rounded(values: npt.NDArray[np.float64], dtype: DType) -> npt.NDArray[np.float64]:
    """``values`` rounded to ``dtype`` once, as float64; infinite where ``dtype`` cannot hold them."""
    with np.errstate(over="ignore"):
        return widened(values.astype(dtype.numpy))


def widened(array: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """``array`` in float64 without rounding; one of complex numbers in complex128, which goes by the same name here."""
    result: npt.NDArray[np.float64] = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return result
