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

from harness.core.dtypes import ORACLE, DType

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
    floor: float | None = None,
) -> npt.NDArray[np.float64]:
    """Largest error, element by element, that a right implementation in ``dtype`` may show.

    ``expected`` is the oracle's float64 result y, ``magnitude`` is the sum of absolute products and bias, ``terms`` the
    number of products (+1 for a bias) that meet in an element; all broadcast to (N, C_out, H, W).
    The oracle's own rounding is part of the bound, since it too sums in floating point. Sums in a wider
    ``accumulator`` are rounded to ``dtype`` once. ``floor`` is what a product or sum may lose by underflow: the
    smallest subnormal where None, the smallest normal number where subnormals are flushed to zero.
    """
    summed_in = dtype if accumulator is None else accumulator
    relative = gamma(terms, summed_in.unit_roundoff) + gamma(terms, ORACLE.unit_roundoff)
    with np.errstate(invalid="ignore"):
        summed = np.where(magnitude == 0, 0.0, relative * magnitude)
        final = dtype.unit_roundoff * (np.abs(expected) + (0 if accumulator is None else summed))
    return summed + final + np.maximum(terms, 1) * (dtype.subnormal if floor is None else floor)


def root_of(
    squares: npt.NDArray[np.float64], magnitude: npt.NDArray[np.float64], terms: IntArray
) -> npt.NDArray[np.float64]:
    """The root of ``squares``, sums of ``terms`` squared products whose absolute values sum to ``magnitude``.

    By Cauchy and Schwarz it is at least ``magnitude / sqrt(terms)``, and it is at most ``magnitude``: these stand where
    a square leaves the range of float64.
    """
    with np.errstate(invalid="ignore"):
        least = magnitude / np.sqrt(np.maximum(terms, 1))
        return np.where(np.isfinite(squares), np.maximum(np.sqrt(squares), least), magnitude)


def may_overflow(magnitude: npt.NDArray[np.float64], terms: IntArray, accumulator: DType) -> npt.NDArray[np.bool_]:
    """Where an order of summation in ``accumulator`` exists whose partial sums it cannot hold.

    ``magnitude`` and ``terms`` are those of ``error_bound``. Every partial sum is at most ``(1 + gamma_m)`` times the
    sum of absolute products.
    """
    most = magnitude * (1 + gamma(terms, accumulator.unit_roundoff))
    return np.asarray(np.isfinite(magnitude) & (most >= accumulator.overflow))


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


def flushed(values: npt.NDArray[Any], floor: float) -> npt.NDArray[Any]:
    """``values`` with zeros for those that are smaller than ``floor``; ``values`` itself where there are none."""
    small = np.abs(values) < floor
    return np.where(small, 0.0, values) if np.any(small & (values != 0)) else values


def widened(array: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """``array`` in float64 without rounding; one of complex numbers in complex128, which goes by the same name here."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
