"""The reference: transposed convolution in NumPy and float64, from a geometry alone.

``full[i*s + a*d] += x[i] * w[a]`` per axis, channels summed within each group, then cropped and the
bias added to every element (see Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*,
ch. 4). Matrix products make the contributions; harness.operations.conv_transpose.products says which and where they
land.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, DTypeName
from harness.core.dtypes import DTYPES, ORACLE, DType
from harness.core.numerics import IntArray, flushed, root_of
from harness.core.reference import are_integers
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.integer_sums import exact_sums
from harness.operations.conv_transpose.products import multiply
from harness.operations.conv_transpose.tiles import Float64Array

__all__ = ["ConvTransposeReference", "Float64Array", "conv_transpose", "count_hits", "count_terms"]


@dataclass(frozen=True)
class ConvTransposeReference:
    """The right answer for one geometry and one set of tensors.

    ``x`` is (N, C_in, H, W), ``w`` (C_in, C_out/G, kH, kW), ``b`` (C_out) or None; all float64.
    The bound's ingredients are computed when first requested: an exact result needs none of them.
    """

    geometry: Geometry
    x: Float64Array
    w: Float64Array
    b: Float64Array | None
    integers: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any] | None] | None = field(
        default=None, kw_only=True
    )
    """The same tensors where they are of an integer dtype."""
    axes: ClassVar[str] = "NCHW"
    dtype: ClassVar[DTypeName | None] = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, C_out, H_out, W_out)."""
        return self.geometry.output_shape

    @cached_property
    def output(self) -> Float64Array:
        """y, of shape (N, C_out, H_out, W_out); of complex numbers by its real and imaginary parts, being bilinear."""
        if not np.iscomplexobj(self.x):
            return conv_transpose(self.geometry, self.x, self.w, self.b)
        b = self.b if self.b is None else (self.b.real, self.b.imag)
        real, imaginary = (None, None) if b is None else b
        x, w = self.x, self.w
        parts = (
            conv_transpose(self.geometry, x.real, w.real, real) - conv_transpose(self.geometry, x.imag, w.imag, None),
            conv_transpose(self.geometry, x.real, w.imag, imaginary)
            + conv_transpose(self.geometry, x.imag, w.real, None),
        )
        return parts[0] + 1j * parts[1]

    @cached_property
    def whole(self) -> npt.NDArray[Any] | None:
        if self.integers is None:
            return None
        if self._crude_magnitude < ORACLE.exact_limit:
            return None
        return exact_sums(self.geometry, *self.integers, float(np.max(self.magnitude, initial=0)))

    @cached_property
    def magnitude(self) -> Float64Array:
        """The sum of absolute products, plus that of the bias, for each element of the output."""
        b = None if self.b is None else np.abs(self.b)
        return conv_transpose(self.geometry, np.abs(self.x), np.abs(self.w), b)

    @cached_property
    def norm(self) -> Float64Array:
        """The root of the sum of squared products and bias for each element of the output."""
        with np.errstate(over="ignore"):
            b = None if self.b is None else np.abs(self.b) ** 2
            squares = conv_transpose(self.geometry, np.abs(self.x) ** 2, np.abs(self.w) ** 2, b)
        return root_of(squares, self.magnitude, self.terms)

    @cached_property
    def terms(self) -> IntArray:
        """How many products, and the bias, meet in each element; shape (H_out, W_out)."""
        return count_terms(self.geometry) + (self.b is not None)

    @property
    def added(self) -> Float64Array | None:
        """The bias, (C_out, 1, 1)."""
        return None if self.b is None else self.b[:, None, None]

    def flushed(self, floor: float) -> ConvTransposeReference | None:
        x, w, b = (None if one is None else flushed(one, floor) for one in (self.x, self.w, self.b))
        same = x is self.x and w is self.w and b is self.b
        return None if same or x is None or w is None else replace(self, x=x, w=w, b=b)

    def slack(self, dtype: DType) -> float:
        return 0.0

    def is_exact(self, case: AnyCase) -> bool:
        """Whether every order of summation must give the same bits: integer data that never leave the exact range."""
        if case.data != "integers" or not self._of_integers:
            return False
        limit = DTYPES[case.dtype].exact_limit
        return self._crude_magnitude <= limit or bool(np.max(self.magnitude, initial=0) <= limit)

    @cached_property
    def _of_integers(self) -> bool:
        return all(are_integers(tensor) for tensor in (self.x, self.w, self.b) if tensor is not None)

    @cached_property
    def _crude_magnitude(self) -> float:
        return crude_magnitude(self.geometry, self.x, self.w, self.b)


def conv_transpose(geometry: Geometry, x: Float64Array, w: Float64Array, b: Float64Array | None) -> Float64Array:
    """Transposed convolution of ``x`` (N, C_in, H, W) with ``w`` (C_in, C_out/G, kH, kW), plus ``b`` (C_out).

    Returns float64 (N, C_out, H_out, W_out). Raises ValueError where a shape contradicts the geometry.
    """
    if x.shape != geometry.input_shape or w.shape != geometry.kernel_shape:
        message = f"x {x.shape} and w {w.shape} are not the {geometry.input_shape} and {geometry.kernel_shape} expected"
        raise ValueError(message)
    with np.errstate(invalid="ignore", over="ignore"):
        # sums of nothing are zeros
        y = multiply(geometry, x, w) if x.size and w.size else np.zeros(geometry.output_shape)
        if b is not None:
            y += b[:, None, None]
    return y


def count_terms(geometry: Geometry) -> IntArray:
    """Number of products that meet in each output element: int64 (H_out, W_out)."""
    per_axis = [count_hits(axis) for axis in geometry.axes]
    return np.outer(*per_axis) * (geometry.in_channels // geometry.groups)


def crude_magnitude(geometry: Geometry, x: npt.NDArray[Any], w: npt.NDArray[Any], b: npt.NDArray[Any] | None) -> float:
    """An upper estimate of the largest sum of absolute products and bias that needs no convolution.

    It takes the largest input and the largest tap of each input channel.
    """
    largest = np.max(np.abs(x), axis=(0, 2, 3), initial=0).reshape(geometry.groups, -1)
    heaviest = np.max(np.abs(w), axis=(1, 2, 3), initial=0).reshape(geometry.groups, -1)
    bias = 0.0 if b is None else float(np.max(np.abs(b), initial=0))
    height, width = map(most_hits, geometry.axes)
    return float(np.max((largest * heaviest).sum(axis=1), initial=0)) * height * width + bias


@lru_cache(maxsize=1024)
def most_hits(axis: Axis) -> int:
    """How many taps reach the element of the cropped axis that most of them do."""
    return int(np.max(count_hits(axis), initial=0))


def count_hits(axis: Axis) -> IntArray:
    """How many taps reach each element of the cropped axis: int64 (o,)."""
    positions = np.add.outer(np.arange(axis.n) * axis.s, np.arange(axis.k) * axis.d).ravel() - axis.begin
    inside = positions[(positions >= 0) & (positions < axis.out)]
    return np.bincount(inside, minlength=max(axis.out, 0)).astype(np.int64)
