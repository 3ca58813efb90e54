"""Mutants about the kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest, sized


class KernelRotated(Honest):
    """The kernel is rotated by 180 degrees."""

    lie: ClassVar[tuple[str, ...]] = ("kernel-rotated", "kernel-flipped-in-height", "kernel-flipped-in-width")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, np.rot90(w, 2, axes=(2, 3)), b)


class KernelFlippedInHeight(Honest):
    """The kernel is upside down."""

    lie = ("kernel-flipped-in-height",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, np.flip(w, 2), b)


class KernelFlippedInWidth(Honest):
    """The kernel is its mirror image."""

    lie = ("kernel-flipped-in-width",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, np.flip(w, 3), b)


class KernelTransposed(Honest):
    """The kernel's height and width are swapped; the size follows the kernel."""

    lie = ("kernel-axes-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        turned = geometry.with_axes(replace(height, k=width.k), replace(width, k=height.k))
        if min(turned.output_size) < 1:
            return super().compute(geometry, x, w, b)
        return super().compute(turned, x, w.transpose(0, 1, 3, 2), b)


class KernelTransposedInSize(Honest):
    """The kernel's height and width are swapped; the size is as told."""

    lie = ("kernel-axes-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        turned = sized(geometry, replace(height, k=width.k), replace(width, k=height.k))
        return super().compute(turned, x, w.transpose(0, 1, 3, 2), b)


class KernelChannelsSwapped(Honest):
    """The kernel's first axis is taken for the output channels, within each group, where the sizes let it."""

    lie = ("kernel-channels-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        blocks = [block.transpose(1, 0, 2, 3) for block in np.split(w, geometry.groups)]
        swapped = np.concatenate(blocks)
        return super().compute(geometry, x, swapped if swapped.shape == w.shape else w, b)


class KernelMemoryReread(Honest):
    """The kernel's memory is taken as (C_out, C_in, kH, kW)."""

    lie = ("kernel-channels-reread", "kernel-channels-swapped")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        if geometry.groups > 1:
            return super().compute(geometry, x, w, b)
        rows, columns, *taps = w.shape
        return super().compute(geometry, x, w.ravel().reshape(columns, rows, *taps).transpose(1, 0, 2, 3), b)


class OrdinaryConvolution(Honest):
    """An ordinary convolution, padded to the right size, where the stride is 1."""

    lie = ("ordinary-convolution",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        if max(axis.s for axis in geometry.axes) > 1:
            return super().compute(geometry, x, w, b)
        return correlate(geometry, x, np.concatenate([part.swapaxes(0, 1) for part in np.split(w, geometry.groups)]), b)


class OrdinaryConvolutionSmaller(Honest):
    """An ordinary convolution with the padding as given, which makes the output smaller where the stride is above 1."""

    lie = ("ordinary-convolution",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        sizes = [(a.n + a.begin + a.end - a.extent) // a.s + 1 for a in geometry.axes]
        if max(axis.s for axis in geometry.axes) == 1:
            return super().compute(geometry, x, w, b)
        return np.ones((geometry.batch, geometry.out_channels, *(max(size, 0) for size in sizes)))


class OrdinaryConvolutionOfSquareKernel(Honest):
    """An ordinary convolution that takes the kernel's first axis for the outputs, where sizes and stride let it."""

    lie = ("ordinary-convolution-with-its-channels",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        square = geometry.in_channels == geometry.out_channels > geometry.groups
        if max(axis.s for axis in geometry.axes) > 1 or not square:
            return super().compute(geometry, x, w, b)
        return correlate(geometry, x, w, b)


def correlate(geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
    """Slide w (C_out, C_in/G, kH, kW) over x, padded so that the output has the size of ``geometry``; stride 1."""
    height, width = geometry.axes
    margins = [(axis.extent - 1 - axis.begin, axis.extent - 1 - axis.end) for axis in geometry.axes]
    padded = np.pad(x, ((0, 0), (0, 0), *((max(one, 0), max(other, 0)) for one, other in margins)))
    top, left = (max(-before, 0) for before, _ in margins)
    each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    y = np.zeros(geometry.output_shape)
    for c in range(geometry.out_channels):
        seen = padded[:, c // outs * each : (c // outs + 1) * each]
        for i in range(height.k):
            for j in range(width.k):
                first_row, first_column = top + i * height.d, left + j * width.d
                window = seen[:, :, first_row : first_row + height.out, first_column : first_column + width.out]
                y[:, c] += np.einsum("nihw,i->nhw", window, w[c, :, i, j])
    return y if b is None else y + b[:, None, None]
