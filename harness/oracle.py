"""The truth: transposed convolution in NumPy and float64, from a geometry alone.

``full[i*s + a*d] += x[i] * w[a]`` per axis, channels summed within each group, then cropped and the
bias added to every element. Matrix products make the contributions, a loop over the kernel's
taps scatters them (the scatter form; see Dumoulin and Visin, *A guide to convolution arithmetic for
deep learning*, ch. 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from harness.geometry import Axis, Geometry
from harness.numerics import IntArray

Float64Array = npt.NDArray[np.float64]
TILE_BYTES = 4 << 20


@dataclass(frozen=True)
class Reference:
    """The right answer for one geometry and one set of tensors.

    ``x`` is (N, C_in, H, W), ``w`` (C_in, C_out/G, kH, kW), ``b`` (C_out) or None; all float64.
    The bound's ingredients are computed when first asked for: an exact result needs none of them.
    """

    geometry: Geometry
    x: Float64Array
    w: Float64Array
    b: Float64Array | None

    @cached_property
    def output(self) -> Float64Array:
        """y, of shape (N, C_out, H_out, W_out)."""
        return conv_transpose(self.geometry, self.x, self.w, self.b)

    @cached_property
    def magnitude(self) -> Float64Array:
        """The sum of absolute products, plus that of the bias, for each element of the output."""
        b = None if self.b is None else np.abs(self.b)
        return conv_transpose(self.geometry, np.abs(self.x), np.abs(self.w), b)

    @cached_property
    def terms(self) -> IntArray:
        """How many products, and the bias, meet in each element; shape (H_out, W_out)."""
        return count_terms(self.geometry) + (self.b is not None)


def conv_transpose(geometry: Geometry, x: Float64Array, w: Float64Array, b: Float64Array | None) -> Float64Array:
    """Transposed convolution of ``x`` (N, C_in, H, W) with ``w`` (C_in, C_out/G, kH, kW), plus ``b`` (C_out).

    Returns float64 (N, C_out, H_out, W_out). Raises ValueError where a shape contradicts the geometry.
    """
    if x.shape != geometry.input_shape or w.shape != geometry.kernel_shape:
        message = (
            f"x {x.shape} and w {w.shape} are not the {geometry.input_shape} and {geometry.kernel_shape} asked for"
        )
        raise ValueError(message)
    with np.errstate(invalid="ignore", over="ignore"):
        y = _crop(_full(geometry, x, w), geometry)
        return y if b is None else y + b[:, None, None]


def _full(geometry: Geometry, x: Float64Array, w: Float64Array) -> Float64Array:
    """The scatter before cropping, (N, C_out, F_h, F_w), made in tiles of output channels that fit a cache."""
    height, width = geometry.axes
    groups, taps, pixels = geometry.groups, height.k * width.k, height.n * width.n
    full = np.zeros((geometry.batch, geometry.out_channels, max(height.full, 0), max(width.full, 0)))
    per_group = geometry.out_channels // groups
    tile = max(1, min(per_group, TILE_BYTES // max(full.itemsize * geometry.batch * taps * pixels, 1)))
    kernels = w.reshape(groups, geometry.in_channels // groups, per_group * taps).transpose(0, 2, 1)
    inputs = x.reshape(geometry.batch, groups, geometry.in_channels // groups, pixels)
    for group, first in product(range(groups), range(0, per_group if pixels else 0, tile)):
        channels = min(tile, per_group - first)
        products = np.matmul(kernels[group, first * taps : (first + channels) * taps], inputs[:, group])
        start = group * per_group + first
        _scatter(
            full[:, start : start + channels],
            products.reshape(geometry.batch, channels, height.k, width.k, height.n, width.n),
            geometry,
        )
    return full


def _scatter(full: Float64Array, products: Float64Array, geometry: Geometry) -> None:
    """Add (N, C, kH, kW, H, W) products to where they land in ``full``, (N, C, F_h, F_w)."""
    rows, columns = map(_landing, geometry.axes)
    meet = any(map(_taps_meet, geometry.axes))
    for a, c in product(range(len(rows)), range(len(columns))):
        target = full[:, :, rows[a], columns[c]]
        if meet:
            target += products[:, :, a, c]
        else:
            target[...] = products[:, :, a, c]


def _taps_meet(axis: Axis) -> bool:
    """Whether two taps can land on the same element."""
    return len({tap * axis.d % axis.s for tap in range(axis.k)}) < axis.k


def _landing(axis: Axis) -> list[slice]:
    """For each tap, the positions of the full output that it reaches."""
    reach = (axis.n - 1) * axis.s + 1
    return [slice(tap * axis.d, tap * axis.d + reach, axis.s) for tap in range(axis.k)]


def _crop(full: Float64Array, geometry: Geometry) -> Float64Array:
    """Cut positive crops away and extend by zeros where a crop is negative."""
    if geometry.crops == ((0, 0), (0, 0)):
        return full
    y = np.zeros((*full.shape[:2], *geometry.output_size))
    kept = [_kept(axis, length) for axis, length in zip(geometry.axes, full.shape[2:], strict=True)]
    (to_h, from_h), (to_w, from_w) = kept
    y[:, :, to_h, to_w] = full[:, :, from_h, from_w]
    return y


def _kept(axis: Axis, length: int) -> tuple[slice, slice]:
    """Where the kept part of the full axis stands in the output, and in the full axis."""
    first, last = max(axis.begin, 0), min(axis.begin + axis.out, length)
    last = max(first, last)
    return slice(first - axis.begin, last - axis.begin), slice(first, last)


def count_terms(geometry: Geometry) -> IntArray:
    """Number of products that meet in each output element: int64 (H_out, W_out)."""
    per_axis = [count_hits(axis) for axis in geometry.axes]
    return np.outer(*per_axis) * (geometry.in_channels // geometry.groups)


def count_hits(axis: Axis) -> IntArray:
    """How many taps reach each element of the cropped axis: int64 (o,)."""
    positions = np.add.outer(np.arange(axis.n) * axis.s, np.arange(axis.k) * axis.d).ravel() - axis.begin
    inside = positions[(positions >= 0) & (positions < axis.out)]
    return np.bincount(inside, minlength=axis.out).astype(np.int64)
