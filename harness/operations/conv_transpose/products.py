"""The operation as matrix products: which input elements and which taps make which elements of the output.

Of one block of each axis (see harness.operations.conv_transpose.blocks) the windows are a matrix of (C_in/G Q) x (N M),
the kernel's taps one of (C_in/G Q) x (C_out/G R), and what lands one of (C_out/G R) x (N M), for each group. The output
and the gradients of input and kernel are each the product of two of these that makes the third.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from harness.operations.conv_transpose.blocks import Block, Cut, phases, single, whole
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.tiles import Float64Array, Tile

TILE_BYTES = 4 << 20
"""What lands is made in tiles of about this size, which stay in a processor's cache."""
SMALL = 1 << 15
"""Products below which the choice of a cut costs more than it saves."""


TINY = 1 << 13
"""Products that are summed quicker by the number of the element where each lands than tap by tap."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """One block of each axis."""

    geometry: Geometry
    height: Block
    width: Block

    @property
    def natural(self) -> bool:
        """Whether the kernel's own memory is its matrix."""
        blocks = zip((self.height, self.width), self.geometry.axes, strict=True)
        return all(block.taps == tuple((tap,) for tap in range(axis.k)) for block, axis in blocks)

    @property
    def moved(self) -> int:
        """Elements of the windows and of what lands."""
        return (self._windows + self._landed) * self.geometry.batch * self.height.length * self.width.length

    @property
    def _windows(self) -> int:
        """Windows of all input channels."""
        return self.geometry.in_channels * len(self.height.starts) * len(self.width.starts)

    @property
    def _landed(self) -> int:
        """Landings in all output channels."""
        return self.geometry.out_channels * len(self.height.taps) * len(self.width.taps)

    def matrix(self, w: Float64Array) -> Float64Array:
        """The taps of w (C_in, C_out/G, kH, kW) as (G, C_in/G Q, C_out/G R); a view where ``natural``."""
        groups = self.geometry.groups
        if self.natural:
            return w.reshape(groups, w.shape[0] // groups, -1)
        split = w.reshape(groups, -1, *w.shape[1:])
        taken = split[:, :, :, self._rows, self._columns].transpose(0, 1, 4, 6, 2, 3, 5)
        return taken.reshape(groups, -1, w.shape[1] * len(self.height.taps) * len(self.width.taps))

    def unmatrix(self, matrix: Float64Array, w: Float64Array) -> None:
        """Write a matrix, as ``matrix`` makes it, to the taps of w (C_in, C_out/G, kH, kW)."""
        groups = self.geometry.groups
        (rows, row_windows), (columns, column_windows) = (
            (len(block.taps), len(block.starts)) for block in (self.height, self.width)
        )
        split = w.reshape(groups, -1, *w.shape[1:])
        shape = (groups, split.shape[1], row_windows, column_windows, w.shape[1], rows, columns)
        split[:, :, :, self._rows, self._columns] = matrix.reshape(shape).transpose(0, 1, 4, 5, 2, 6, 3)

    @property
    def _rows(self) -> npt.NDArray[np.intp]:
        return np.array(self.height.taps, dtype=np.intp)[:, :, None, None]

    @property
    def _columns(self) -> npt.NDArray[np.intp]:
        return np.array(self.width.taps, dtype=np.intp)

    def tiles(self) -> Iterator[Tile]:
        """Groups apart, then rows where the windows are larger than the kernel, then output channels."""
        geometry, rows = self.geometry, self.height.length
        groups, per_group = geometry.groups, geometry.out_channels // geometry.groups
        landed, windows, columns = self._landed, self._windows, geometry.batch * self.width.length
        wide = columns * rows > landed // groups
        largest = max(landed, windows if wide else 0)
        group_tile, parts = _share(groups, -(-8 * largest * columns * rows // TILE_BYTES))
        row_tile, parts = _share(rows, parts) if wide else (rows, parts)
        channel_tile, parts = _share(per_group, parts)
        row_tile, _ = _share(row_tile, parts)
        for group in range(0, groups, group_tile):
            for row, channel in product(range(0, rows, row_tile), range(0, per_group, channel_tile)):
                yield Tile(
                    geometry,
                    self.height,
                    self.width,
                    slice(group, min(group + group_tile, groups)),
                    slice(row, min(row + row_tile, rows)),
                    slice(channel, min(channel + channel_tile, per_group)),
                    first=row == 0,
                )


def _share(count: int, parts: int) -> tuple[int, int]:
    """How many of ``count`` make one of ``parts``, and into how many parts one of them is still to be cut."""
    each = max(count // max(parts, 1), 1)
    return each, -(-parts * each // max(count, 1))


def blocks(geometry: Geometry, cut: Cut) -> Iterator[Blocks]:
    """Every pair of blocks of the two axes that has elements."""
    for height, width in product(*map(cut, geometry.axes)):
        if height.length and width.length and geometry.batch:
            yield Blocks(geometry, height, width)


def quickest(geometry: Geometry) -> Cut:
    """``whole`` or ``phases``, whichever moves fewer elements: phases copy the kernel, whole has all products land."""
    height, width = geometry.axes
    pixels, taps = geometry.batch * height.n * width.n, height.k * width.k
    landed = geometry.out_channels * taps * pixels
    if landed < SMALL:
        return whole
    moved = _KERNEL_COPY * geometry.in_channels * geometry.out_channels // geometry.groups * taps
    for pair in blocks(geometry, phases):
        moved += 0 if pair.natural else pair.moved
    return phases if moved < 2 * landed else whole


_KERNEL_COPY = 8
"""Elements moved in runs that take as long as one element of the kernel, which is copied one by one."""


def multiply(geometry: Geometry, x: Float64Array, w: Float64Array) -> Float64Array:
    """The output without bias, (N, C_out, H_out, W_out), of x (N, C_in, H, W) and w (C_in, C_out/G, kH, kW)."""
    height, width = geometry.axes
    if x.size * height.k * width.k * geometry.out_channels < TINY * geometry.in_channels:
        return _by_number(geometry, x, w)
    cut = quickest(geometry)
    if cut is phases and not _finite(w):
        cut = whole
    y = np.zeros(geometry.output_shape)
    for pair in blocks(geometry, cut):
        taps = pair.matrix(w)
        for tile in pair.tiles():
            tile.scatter(np.matmul(taps[tile.groups, :, tile.columns].swapaxes(1, 2), tile.windows(x)), y)
    return y


def _by_number(geometry: Geometry, x: Float64Array, w: Float64Array) -> Float64Array:
    """``multiply`` in the column form, each product to the element of that number; tap by tap, as the other sums."""
    (groups, elements), (batch, channels) = (geometry.groups, geometry.output_elements), x.shape[:2]
    split = x.reshape(batch, groups, channels // groups, -1).transpose(1, 2, 0, 3)
    taps = w.reshape(groups, channels // groups, -1).swapaxes(1, 2)
    landed = np.matmul(taps, split.reshape(groups, channels // groups, -1))
    summed = np.asarray(np.bincount(_numbers(geometry), landed.ravel(), elements + 1), np.float64)
    return summed[:-1].reshape(geometry.output_shape)


@lru_cache(maxsize=64)
def _numbers(geometry: Geometry) -> npt.NDArray[np.intp]:
    """The number of the element where each product lands; of what is cropped a number behind all others."""
    rows, columns = (
        np.add.outer(np.arange(axis.k) * axis.d - axis.begin, np.arange(axis.n) * axis.s) for axis in geometry.axes
    )
    batch, (out_h, out_w) = geometry.batch, geometry.output_size
    places = (rows * out_w)[:, None, :, None] + columns[:, None, :]
    cropped = ((rows < 0) | (rows >= out_h))[:, None, :, None] | ((columns < 0) | (columns >= out_w))[:, None, :]
    planes = np.arange(batch * geometry.out_channels).reshape(batch, -1).T[:, None, None, :, None, None]
    numbers = planes * (out_h * out_w) + places[:, :, None]
    return np.where(cropped[:, :, None], geometry.output_elements, numbers).ravel()


def multiply_back(geometry: Geometry, w: Float64Array, g: Float64Array) -> Float64Array:
    """The gradient of the input, (N, C_in, H, W), of w (C_in, C_out/G, kH, kW) and g (N, C_out, H_out, W_out)."""

    def summed(cut: Cut) -> Float64Array:
        grad = np.zeros(geometry.input_shape)
        for pair in blocks(geometry, cut):
            taps = pair.matrix(w)
            for tile in pair.tiles():
                tile.unwindow(_product(taps[tile.groups, :, tile.columns], tile.gather(g)), grad)
        return grad

    grad = summed(quickest(geometry))
    return grad if _finite(grad) else summed(single)


def multiply_out(geometry: Geometry, x: Float64Array, g: Float64Array) -> Float64Array:
    """The gradient of the kernel, (C_in, C_out/G, kH, kW), of x (N, C_in, H, W) and g (N, C_out, H_out, W_out)."""

    def summed(cut: Cut) -> Float64Array:
        grad = np.zeros(geometry.kernel_shape)
        for pair in blocks(geometry, cut):
            taps = pair.matrix(grad) if pair.natural else np.zeros_like(pair.matrix(grad))
            for tile in pair.tiles():
                windows, landed = tile.windows(x), tile.gather(g).swapaxes(1, 2)
                if tile.first:
                    np.matmul(windows, landed, out=taps[tile.groups, :, tile.columns])
                else:
                    taps[tile.groups, :, tile.columns] += np.matmul(windows, landed)
            if not pair.natural:
                pair.unmatrix(taps, grad)
        return grad

    grad = summed(quickest(geometry))
    return grad if _finite(grad) else summed(single)


def _product(left: Float64Array, right: Float64Array) -> Float64Array:
    """``left @ right``; for a narrow ``right`` the transpose of it, which BLAS makes in half the time."""
    if right.shape[2] < left.shape[1]:
        turned: Float64Array = np.matmul(right.swapaxes(1, 2), left.swapaxes(1, 2))
        return turned.swapaxes(1, 2)
    made: Float64Array = np.matmul(left, right)
    return made


def _finite(tensor: Float64Array) -> bool:
    """Whether no element is infinite or NaN; a sum that overflows counts as one."""
    return bool(np.isfinite(tensor.sum()))
