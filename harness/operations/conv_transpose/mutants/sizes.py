"""Mutants about strides and dilations, and which axis is which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants.honest import Honest, sized


class Reaxed(Honest):
    """The truth for the axes that ``axes`` makes; the size follows from them."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = self.axes(*geometry.axes)
        other = geometry.with_axes(height, width)
        return super().compute(geometry if min(other.output_size) < 1 else other, x, w, b)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """Other axes; those that leave nothing are not taken."""
        return height, width


class ReaxedInSize(Reaxed):
    """The same, but the output is cropped or extended at the end to the size that was asked for."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return Honest.compute(self, sized(geometry, *self.axes(*geometry.axes)), x, w, b)


class StridesSwapped(Reaxed):
    """The strides of height and width are swapped."""

    lie = ("strides-swapped",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, s=width.s), replace(width, s=height.s)


class StridesSwappedInSize(ReaxedInSize):
    """The strides of height and width are swapped; the size is as told."""

    lie = ("strides-swapped",)
    axes = StridesSwapped.axes


class StridesIgnored(Reaxed):
    """The strides are 1."""

    lie = ("strides-ignored",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, s=1), replace(width, s=1)


class StridesIgnoredInSize(ReaxedInSize):
    """The strides are 1; the size is as told."""

    lie = ("strides-ignored",)
    axes = StridesIgnored.axes


class StrideOfHeightForBoth(ReaxedInSize):
    """Both axes have the stride of the height; the size is as told."""

    lie = ("stride-of-height-twice",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return height, replace(width, s=height.s if min(height.s, width.s) > 1 else width.s)


class StrideOfWidthForBoth(ReaxedInSize):
    """Both axes have the stride of the width; the size is as told."""

    lie = ("stride-of-width-twice",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, s=width.s if min(height.s, width.s) > 1 else height.s), width


class DilationsSwapped(Reaxed):
    """The dilations of height and width are swapped."""

    lie = ("dilations-swapped",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, d=width.d), replace(width, d=height.d)


class DilationsSwappedInSize(ReaxedInSize):
    """The dilations of height and width are swapped; the size is as told."""

    lie = ("dilations-swapped",)
    axes = DilationsSwapped.axes


class DilationsIgnored(Reaxed):
    """The dilations are 1."""

    lie = ("dilations-ignored",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, d=1), replace(width, d=1)


class DilationsIgnoredInSize(ReaxedInSize):
    """The dilations are 1; the size is as told."""

    lie = ("dilations-ignored",)
    axes = DilationsIgnored.axes


class DilationsIgnoredInSame(Honest):
    """The dilations are 1, and the output is the middle that SAME takes of what comes out."""

    lie = ("dilations-ignored",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        if any(axis.begin != max(axis.full - axis.out, 0) // 2 for axis in geometry.axes):
            return super().compute(geometry, x, w, b)
        bare = [replace(axis, d=1) for axis in geometry.axes]
        begins = [max(axis.full - size, 0) // 2 for axis, size in zip(bare, geometry.output_size, strict=True)]
        height, width = (replace(axis, begin=begin) for axis, begin in zip(bare, begins, strict=True))
        return super().compute(sized(geometry, height, width), x, w, b)


class InputDilated(Reaxed):
    """The dilation spreads the input, not the kernel."""

    lie = ("input-dilated",)

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return replace(height, s=height.s * height.d, d=1), replace(width, s=width.s * width.d, d=1)


class InputDilatedInSize(ReaxedInSize):
    """The dilation spreads the input, not the kernel; the size is as told."""

    lie = ("input-dilated",)
    axes = InputDilated.axes


class DataTurned(Honest):
    """The data's height and width are swapped; the size follows."""

    lie = ("data-axes-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        turned = geometry.with_axes(replace(height, n=width.n), replace(width, n=height.n))
        if min(turned.output_size) < 1:
            return super().compute(geometry, x, w, b)
        return super().compute(turned, x.transpose(0, 1, 3, 2), w, b)


class DataTurnedInSize(Honest):
    """The data's height and width are swapped; the size is as told."""

    lie = ("data-axes-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        turned = sized(geometry, replace(height, n=width.n), replace(width, n=height.n))
        return super().compute(turned, x.transpose(0, 1, 3, 2), w, b)
