"""Data with an aim: sets that a suite names under ``data``, beside integers and normal numbers.

Each is drawn from the case's name like the others. The input holds what a set is about and the kernel what brings it
out; bias and cotangent are normal numbers. No sum of finite products of input and kernel leaves the range of the dtype.
The kinds are those that the conformance tests of Arm's TOSA specification have for convolutions, and a few more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import AimedKind
from harness.core.dtypes import DType
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.integers import products_of

Float64Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, DType, Shape, int], Float64Array]
"""Draws a tensor of a shape; the last number says how many products meet at most in an element of any output."""
ONE_IN = 6
"""Of elements that are mostly zeros, one in so many is none."""
DEVIATIONS = 7
"""Bits of a product of two normal numbers: none of those that are drawn is larger than 11 deviations."""
WIDEST = 30
"""Powers of two from 1 to the ends of a wide range, where the dtype holds them and their products."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Data of one ``kind`` for a case in which at most ``terms`` products meet in an element of any output."""

    kind: AimedKind
    terms: int

    def draw(self, name: str, generator: np.random.Generator, dtype: DType, shape: Shape) -> npt.NDArray[Any]:
        """The input (N, C_in, H, W) for the name ``x``, else the kernel (C_in, C_out/G, kH, kW), in ``dtype``."""
        drawn = _DRAWN[self.kind][name != "x"](generator, dtype, shape, self.terms)
        return drawn.astype(dtype.numpy)


def aim_of(case: Case, geometry: Geometry | None) -> Aim | None:
    """That of the data of ``case``; None where they have none, or nothing is computed from them."""
    if geometry is None or case.data in {"integers", "real"}:
        return None
    products = products_of(geometry)
    kind: Any = case.data
    return Aim(kind, max(products.output, products.kernel, products.input))


def _largest_exponent(dtype: DType) -> int:
    """Of a power of two that the dtype holds."""
    return 1023 if math.isinf(dtype.overflow) else math.frexp(dtype.overflow)[1] - 1


def _smallest_exponent(dtype: DType) -> int:
    """Of the smallest normal number."""
    return math.frexp(dtype.smallest_normal)[1] - 1


def _normal(generator: np.random.Generator, _: DType, shape: Shape, __: int) -> Float64Array:
    return generator.normal(size=shape)


def _mostly_zero(generator: np.random.Generator, _: DType, shape: Shape, __: int) -> Float64Array:
    """Zeros of both signs but for one in six elements, and two ends of every plane."""
    kept = generator.random(shape) * ONE_IN < 1
    kept[..., :1, :1] = kept[..., -1:, -1:] = True
    values = generator.normal(size=shape)
    return np.where(kept, values, np.copysign(0.0, values))


def _large(generator: np.random.Generator, dtype: DType, shape: Shape, terms: int) -> Float64Array:
    """Half of the exponents that the largest sum leaves, so that input and kernel together reach it nearly."""
    spare = _largest_exponent(dtype) - max(terms, 1).bit_length() - DEVIATIONS
    return np.asarray(np.ldexp(generator.normal(size=shape), spare // 2))


def _small_after_large(generator: np.random.Generator, dtype: DType, shape: Shape, _: int) -> Float64Array:
    """The first of several channels, else the first row, is larger by half the significant bits of the dtype."""
    values = generator.normal(size=shape)
    bits = round(-math.log2(dtype.unit_roundoff)) // 2
    first = (slice(None), slice(1)) if shape[1] > 1 else (slice(None), slice(None), slice(1))
    values[first] = np.ldexp(values[first], bits)
    return values


def _wide_range(generator: np.random.Generator, dtype: DType, shape: Shape, terms: int) -> Float64Array:
    """Exponents drawn evenly from a range whose ends and their products are normal numbers."""
    ends = (_largest_exponent(dtype) - max(terms, 1).bit_length(), -_smallest_exponent(dtype))
    # two operands below 2 ** (reach + 1) each, and 2 bits to spare
    reach = min(WIDEST, max((min(ends) - 4) // 2, 1))
    sizes = np.ldexp(1 + generator.random(shape), generator.integers(-reach, reach, shape))
    return np.where(generator.random(shape) < 0.5, -sizes, sizes)


def _boundary(generator: np.random.Generator, dtype: DType, shape: Shape, _: int) -> Float64Array:
    """The largest numbers, the smallest normal and subnormal ones, and the neighbours of one, shuffled; some zeros."""
    u, tiny = dtype.unit_roundoff, dtype.smallest_normal
    largest = np.ldexp(2 - 2 * u, _largest_exponent(dtype))
    one = np.array([largest, largest / 2, tiny, 2 * tiny * (1 - u), 1.0, 1 + 2 * u, 1 - u, 0.0, 1 / largest, u])
    values = np.resize(np.concatenate([one, -one]), math.prod(shape))
    return generator.permutation(values).reshape(shape)


def _subnormal(generator: np.random.Generator, dtype: DType, shape: Shape, _: int) -> Float64Array:
    """Every second element is subnormal, the others are larger by so much that products with the kernel are normal."""
    ends = _smallest_exponent(dtype)
    below = np.arange(math.prod(shape)).reshape(shape) % 2
    exponents = np.where(below, generator.integers(-4, 0, shape), generator.integers(12, 20, shape))
    return np.asarray(np.ldexp(generator.uniform(1, 2, shape) * generator.choice([-1.0, 1.0], shape), ends + exponents))


def _non_finite(generator: np.random.Generator, _: DType, shape: Shape, __: int) -> Float64Array:
    """Normal numbers with one infinity of either sign, one NaN and two zeros of either sign in each image."""
    values = generator.normal(size=shape)
    special = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 0.0, -0.0])
    for image in values.reshape(shape[0], -1):
        count = min(len(special), max(image.size // 3, 1), image.size)
        image[generator.choice(image.size, count, replace=False)] = special[:count]
    return values


def _powers(generator: np.random.Generator, _: DType, shape: Shape, terms: int) -> Float64Array:
    """Powers of two with signs, so small that no sum of as many of the largest numbers overflows."""
    exponents = -2 - max(terms, 1).bit_length() - generator.integers(0, 3, shape)
    values = np.ldexp(generator.choice([-1.0, 1.0], shape), exponents)
    return np.asarray(values, np.float64)


_DRAWN: Mapping[AimedKind, tuple[Draw, Draw]] = {
    "mostly-zero": (_mostly_zero, _normal),
    "large": (_large, _large),
    "small-after-large": (_small_after_large, _normal),
    "wide-range": (_wide_range, _wide_range),
    "boundary": (_boundary, _powers),
    "subnormal": (_subnormal, _powers),
    "non-finite": (_non_finite, _normal),
}
"""Input and kernel of each kind."""
