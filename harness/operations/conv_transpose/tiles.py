"""Part of an operation as matrices: what stands in the windows of the input, and what lands in the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from harness.operations.conv_transpose.blocks import NOWHERE, Block, Landing
from harness.operations.conv_transpose.geometry import Geometry

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tile:
    """Part of the matrices of one block of each axis: some groups, rows of the windows, and output channels."""

    geometry: Geometry
    height: Block
    width: Block
    groups: slice
    rows: slice
    channels: slice
    first: bool
    """Whether these are the first rows of these groups and channels."""

    @property
    def columns(self) -> slice:
        """The columns of the kernel's matrix that belong to the output channels."""
        each = len(self.height.taps) * len(self.width.taps)
        return slice(self.channels.start * each, self.channels.stop * each)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.geometry.batch, self.rows.stop - self.rows.start, self.width.length

    def windows(self, x: Float64Array) -> Float64Array:
        """The windows of x (N, C_in, H, W) as (groups, C_in/G Q, N M); a view where x's memory is that."""
        batch, rows, columns = self._shape
        x = _by_group(x, self.geometry)[self.groups]
        groups, channels, _, height, width = x.shape
        if self.height.starts == self.width.starts == (0,) and self.rows.stop <= height and columns == width:
            return x[:, :, :, self.rows].reshape(groups, channels, batch * rows * columns)
        seen = np.zeros((groups, channels, len(self.height.starts), len(self.width.starts), batch, rows, columns))
        for place, (from_h, to_h), (from_w, to_w) in self._shifts():
            seen[:, :, place[0], place[1], :, to_h, to_w] = x[..., from_h, from_w]
        return seen.reshape(groups, -1, batch * rows * columns)

    def unwindow(self, seen: Float64Array, x: Float64Array) -> None:
        """Add windows, as ``windows`` makes them, to where they stand in x (N, C_in, H, W)."""
        batch, rows, columns = self._shape
        x = _by_group(x, self.geometry)[self.groups]
        starts = (len(self.height.starts), len(self.width.starts))
        seen = seen.reshape(*x.shape[:2], *starts, batch, rows, columns)
        for place, (from_h, to_h), (from_w, to_w) in self._shifts():
            x[..., from_h, from_w] += seen[:, :, place[0], place[1], :, to_h, to_w]

    def _shifts(self) -> Iterator[tuple[tuple[int, int], Landing, Landing]]:
        """For each window of both axes: its number, and which of x stands where in it."""
        height, width = self.geometry.axes
        rows = [_overlap(start + self.rows.start, self._shape[1], height.n) for start in self.height.starts]
        columns = [_overlap(start, self.width.length, width.n) for start in self.width.starts]
        for i, j in product(range(len(rows)), range(len(columns))):
            yield (i, j), rows[i], columns[j]

    def gather(self, y: Float64Array) -> Float64Array:
        """What of y (N, C_out, H_out, W_out) stands where the windows land: (groups, C_out/G R, N M), else zeros."""
        batch, rows, columns = self._shape
        y = _by_group(y, self.geometry)[self.groups, self.channels]
        shape = (*y.shape[:2], len(self.height.taps), len(self.width.taps), batch, rows, columns)
        landed = np.empty(shape)
        for place, (from_h, to_h), (from_w, to_w) in self._landings():
            part = landed[:, :, place[0], place[1]]
            if to_h.stop - to_h.start < rows or to_w.stop - to_w.start < columns:
                part[...] = 0
            part[..., to_h, to_w] = y[..., from_h, from_w]
        return landed.reshape(y.shape[0], -1, batch * rows * columns)

    def scatter(self, landed: Float64Array, y: Float64Array) -> None:
        """Put what lands, as ``gather`` makes it, where it belongs in y (N, C_out, H_out, W_out)."""
        batch, rows, columns = self._shape
        y = _by_group(y, self.geometry)[self.groups, self.channels]
        landed = landed.reshape(*y.shape[:2], len(self.height.taps), len(self.width.taps), batch, rows, columns)
        meet = self.height.meet or self.width.meet
        for place, (to_h, from_h), (to_w, from_w) in self._landings():
            part = landed[:, :, place[0], place[1], :, from_h, from_w]
            if meet:
                y[..., to_h, to_w] += part
            else:
                y[..., to_h, to_w] = part

    def _landings(self) -> Iterator[tuple[tuple[int, int], Landing, Landing]]:
        """For each landing of both axes: its number, and which of y stands where in it."""
        rows = [_rows_of(landing, self.rows) for landing in self.height.landings]
        for (i, at_h), (j, (here, there)) in product(enumerate(rows), enumerate(self.width.landings)):
            yield (i, j), at_h, (there, here)


def _overlap(start: int, length: int, size: int) -> Landing:
    """Which of ``size`` elements a window of ``length`` from ``start`` holds, and where in it these stand."""
    first, last = max(-start, 0), max(min(length, size - start), 0)
    last = max(first, last)
    return slice(first + start, last + start), slice(first, last)


def _rows_of(landing: Landing, rows: slice) -> Landing:
    """Where those of ``rows`` land, and which of the rows these are."""
    here, there = landing
    first, last = max(here.start, rows.start), min(here.stop, rows.stop)
    if first >= last:
        return NOWHERE
    step = there.step
    start = there.start + (first - here.start) * step
    stop = start + (last - first - 1) * step + 1
    return slice(start, stop, step), slice(first - rows.start, last - rows.start)


def _by_group(tensor: Float64Array, geometry: Geometry) -> Float64Array:
    """(N, C, H, W) as a view (G, C/G, N, H, W)."""
    batch, channels, height, width = tensor.shape
    split = tensor.reshape(batch, geometry.groups, channels // geometry.groups, height, width)
    return split.transpose(1, 2, 0, 3, 4)
