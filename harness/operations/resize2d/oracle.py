"""The reference of resizing: two matrices of exact weights, and what rounding may change.

**Exact.** Nearest picks. Bilinear is exact where both ratios are dyadic and the data are integers: every coordinate,
every weight and every product, sum and difference of the formulas below is then a multiple of ``1 / (Q_h Q_w)``, ``Q``
being the denominator of an axis' weights, and none is larger than twice the largest value of the data. Where that fits
into the exact integers of the dtype, only equality is right.

**A bound.** Elsewhere an implementation rounds in three places, with ``u`` the roundoff of the dtype and ``v`` that of
its coordinates, which are float32 for float32 and narrower and float64 for float64:

* the coordinate ``s``: the ratio once, its product with ``j + 1/2`` once and the difference of ``1/2`` once, each by at
  most ``v`` of a number that is at most ``n``; so by at most ``delta = 3 v (n + 1)``, the 1 being for products of
  roundings. The weight of an element is ``max(0, 1 - |s - k|)``, so it moves by at most as much, and only that of
  elements that the interval around ``s`` touches;
* the weights ``t`` and ``1 - t``, once in ``v`` and once in ``u``;
* the products and sums. Both ``(1 - t) a + t b`` and ``a + (b - a) t`` are off by at most ``gamma_4`` of
  ``|a| + 2 t |b|`` for one axis, and by ``gamma_8`` of the same of the same for two.

The gradient adds as many such products as there are outputs that touch an element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np

from harness.core.case import OutputName, Pair
from harness.core.dtypes import DTYPES, DType
from harness.core.dtypes import ORACLE as ORACLE_DTYPE
from harness.core.reference import ReferenceValues, are_integers
from harness.operations.integers import Recipe, alone
from harness.operations.oracle import Array, Arrays, Draw, ImageOracle, drawn_input
from harness.operations.resize2d.axis import Axis, Coordinates, Method
from harness.operations.resize2d.case import ResizeCase, default_rounding

ROUNDINGS = 8
"""Of one product of two weights and an element, its part in the sum included."""
COORDINATE = 3
"""Roundings of a coordinate."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """Right values in float64, with what an implementation may be off by, all of the same shape.

    ``magnitude`` is the sum of absolute products that ``terms`` roundings each meet, ``squares`` makes that of their
    squares; where there are none, values are only picked. ``moved`` is what rounded coordinates change. Every value on
    the way is a multiple of ``1 / grain`` and at most ``largest``; a ``grain`` of 0 says that there is no such number.
    """

    output: Array
    magnitude: Array
    squares: Callable[[], Array]
    terms: Array
    moved: Array
    grain: int
    largest: float

    def values(self, dtype: DType, axes: str = "NCHW") -> ReferenceValues:
        """As a reference in ``dtype``."""
        if not np.any(self.terms):
            return ReferenceValues(self.output, axes)
        exact = self.grain > 0 and self.grain * self.largest <= dtype.exact_limit
        return ReferenceValues(
            self.output, axes, self.magnitude, self.terms, exact=exact, loose=self.moved, squares=self.squares
        )


@dataclass(frozen=True, slots=True)
class Tables:
    """One axis as matrices: (o, n), or (n, o) where it is turned.

    ``numerators`` are the weights times their common denominator, exact integers; ``weights`` are rounded to float64
    once. ``moved`` is what a rounded coordinate may change of each weight, ``rounded`` what of each element is rounded,
    and ``used`` is 1 where an output may be made of an element.
    """

    numerators: Array
    weights: Array
    moved: Array
    rounded: Array
    used: Array

    def turned(self) -> Tables:
        """Those of the transpose."""
        return Tables(*(getattr(self, name).T for name in self.__slots__))


def tables(axis: Axis, roundoff: float) -> Tables:
    """Those of ``axis``, whose coordinates are rounded with ``roundoff``."""
    numerators, moved = np.zeros((axis.o, axis.n)), np.zeros((axis.o, axis.n))
    denominator, delta = axis.denominator, COORDINATE * Fraction(roundoff) * (axis.n + 1)
    if not axis.is_exact:
        for j, touched in enumerate(axis.touched(delta)):
            moved[j, touched.start : touched.stop] = float(delta)
    rounded = 2 * moved
    for j, row in enumerate(axis.rows):
        for place, (k, weight) in enumerate(row):
            numerators[j, k] = int(weight * denominator)
            rounded[j, k] += float(2 * weight) if place else 1.0
    weights = numerators / denominator
    return Tables(numerators, weights, moved, rounded, ((weights > 0) | (moved > 0)).astype(np.float64))


def both(rows: Array, x: Array, columns: Array) -> Array:
    """``rows`` (p, h) and ``columns`` (q, w) applied to ``x`` (N, C, h, w): (N, C, p, q)."""
    return np.asarray(np.einsum("qw,ncpw->ncpq", columns, np.einsum("ph,nchw->ncpw", rows, x)))


def squared(lines: tuple[Tables, Tables], squares: Array) -> Array:
    """The sums of the squares of what is rounded, given the ``squares`` of the elements."""
    rows, columns = lines
    return both(np.square(rows.rounded), squares, np.square(columns.rounded))


@dataclass(frozen=True)
class Resizing:
    """Resizing in ``dtype`` as a linear map of images, and its transpose."""

    axes: tuple[Axis, Axis]
    dtype: DType

    @cached_property
    def lines(self) -> tuple[Tables, Tables]:
        """Height and width."""
        roundoff = min(DTYPES["float32"].unit_roundoff, self.dtype.unit_roundoff)
        return tables(self.axes[0], roundoff), tables(self.axes[1], roundoff)

    @property
    def denominator(self) -> int:
        """What every product of a weight of each axis is a multiple of the inverse of."""
        return self.axes[0].denominator * self.axes[1].denominator

    @property
    def roundings(self) -> int:
        """Of one product of two weights and an element."""
        return 0 if self.axes[0].method == "nearest" else ROUNDINGS

    @cached_property
    def turned(self) -> tuple[Tables, Tables]:
        """Those of the gradient."""
        return self.lines[0].turned(), self.lines[1].turned()

    def forward(self, x: Array) -> Bounded:
        """Of ``x`` (N, C, H, W) in float64."""
        return self._bounded(x, self.lines, 0)

    def backward(self, g: Array) -> Bounded:
        """The gradient by the image, from the cotangent ``g`` (N, C, H_out, W_out) in float64."""
        rows, columns = self.turned
        return self._bounded(g, self.turned, both(rows.used, np.ones((1, 1, *g.shape[2:])), columns.used))

    def _bounded(self, x: Array, lines: tuple[Tables, Tables], added: Array | int) -> Bounded:
        """``added`` is how many products meet in an element, beside those of one output."""
        rows, columns = lines
        size = np.abs(x)
        plain = both(rows.weights, size, columns.weights)
        return Bounded(
            both(rows.numerators, x, columns.numerators) / self.denominator,
            both(rows.rounded, size, columns.rounded),
            lambda: squared(lines, np.square(x)),
            np.zeros(plain.shape, np.int64) + self.roundings + np.asarray(added, np.int64),
            both(rows.moved, size, columns.weights)
            + both(rows.weights, size, columns.moved)
            + both(rows.moved, size, columns.moved),
            self.denominator if all(axis.is_exact for axis in self.axes) and are_integers(x) else 0,
            max(2 * float(np.max(size, initial=0.0)), float(np.max(plain, initial=0.0))),
        )


def references(case: ResizeCase, arrays: Arrays) -> Mapping[OutputName, ReferenceValues]:
    """``output``, and ``input_grad`` where a cotangent is there."""
    dtype = DTYPES[case.dtype]
    resizing = Resizing(case.axes, dtype)
    found: dict[OutputName, ReferenceValues] = {"output": resizing.forward(arrays["input"]).values(dtype)}
    if "cotangent" in arrays:
        found["input_grad"] = resizing.backward(arrays["cotangent"]).values(dtype)
    return found


def resize(x: Array, output_size: Pair, method: Method = "bilinear", coordinates: Coordinates = "half_pixel") -> Array:
    """``x`` (N, C, H, W) in float64 resized to (N, C, H_out, W_out); see harness.operations.resize2d.axis."""
    height, width = (
        Axis(n, o, method, coordinates, default_rounding(coordinates))
        for n, o in zip(x.shape[2:], output_size, strict=True)
    )
    return Resizing((height, width), DTYPES["float64"]).forward(x).output


def data(case: ResizeCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C, H, W); no value on the way is twice as large, and where they are only picked none is larger."""
    dtype = DTYPES[case.dtype]
    return drawn_input(case, draw, dtype.exact_limit if case.method == "nearest" else most_exact(case, 2))


def cotangent(case: ResizeCase) -> Recipe:
    """An element sums at most as much as the weights that it has in all outputs."""
    return alone(DTYPES[case.dtype], most_exact(case, most_weight(case)))


def most_exact(case: ResizeCase, sums: int) -> int:
    """The largest value of which ``sums`` are exact, in the case's dtype or, where weights are rounded, in float64."""
    limit = DTYPES[case.dtype].exact_limit
    if case.expect.error or all(axis.is_exact for axis in case.axes):
        return limit // (grain(case) * sums)
    return min(limit // sums, ORACLE_DTYPE.exact_limit // (grain(case) * sums))


def grain(case: ResizeCase) -> int:
    """What every product of a weight of each axis is a multiple of the inverse of; 1 for an illegal case."""
    return 1 if case.expect.error else prod(axis.denominator for axis in case.axes)


def most_weight(case: ResizeCase) -> int:
    """No value on the way to a gradient is larger than so many of the largest cotangent."""
    return 2 if case.expect.error else max(2, prod(axis.most_weight for axis in case.axes))


ORACLE = ImageOracle(data, references, cotangent)
