"""Mutants who are wrong along one axis only, and right along the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants import crops, sizes
from harness.operations.conv_transpose.mutants.base import (
    CroppedInHeight,
    CroppedInWidth,
    ReaxedInHeight,
    ReaxedInWidth,
    Resized,
)
from harness.operations.conv_transpose.mutants.honest import Honest, sized


class StrideIgnoredInHeight(ReaxedInHeight, sizes.StridesIgnored):
    """The stride of the height is 1."""


class StrideIgnoredInWidth(ReaxedInWidth, sizes.StridesIgnored):
    """The stride of the width is 1."""


class DilationIgnoredInHeight(ReaxedInHeight, sizes.DilationsIgnored):
    """The dilation of the height is 1."""


class DilationIgnoredInWidth(ReaxedInWidth, sizes.DilationsIgnored):
    """The dilation of the width is 1."""


class InputDilatedInHeight(ReaxedInHeight, sizes.InputDilated):
    """Along the height the dilation spreads the input, not the kernel."""


class InputDilatedInWidth(ReaxedInWidth, sizes.InputDilated):
    """Along the width the dilation spreads the input, not the kernel."""


class DilationOfHeightForBoth(Honest):
    """Both axes have the dilation of the height; the size is as told."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        return super().compute(sized(geometry, height, replace(width, d=height.d)), x, w, b)


class DilationOfWidthForBoth(Honest):
    """Both axes have the dilation of the width; the size is as told."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        return super().compute(sized(geometry, replace(height, d=width.d), width), x, w, b)


class CropAtWrongEndOfHeight(CroppedInHeight, crops.CropAtWrongEnd):
    """What belongs to the bottom is cropped at the top, and the reverse."""


class CropAtWrongEndOfWidth(CroppedInWidth, crops.CropAtWrongEnd):
    """What belongs to the right is cropped at the left, and the reverse."""


class CropOfHeightIgnored(CroppedInHeight, crops.NoPadding):
    """The height is not cropped; the size follows."""


class CropOfWidthIgnored(CroppedInWidth, crops.NoPadding):
    """The width is not cropped; the size follows."""


class OutputPaddingOfHeightIgnored(CroppedInHeight, crops.OutputPaddingIgnored):
    """The height has no output_padding, so there are fewer rows."""


class OutputPaddingOfWidthIgnored(CroppedInWidth, crops.OutputPaddingIgnored):
    """The width has no output_padding, so there are fewer columns."""


class OutputPaddingAtTheTop(CroppedInHeight, crops.OutputPaddingAtTheStart):
    """output_padding uncovers values at the top."""


class OutputPaddingAtTheLeft(CroppedInWidth, crops.OutputPaddingAtTheStart):
    """output_padding uncovers values at the left."""


class ExtentOfKTimesD(Honest):
    """The extent of the kernel is taken as k * d, so zeros are appended where the dilation is above 1."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        (top, bottom), (left, right) = geometry.crops
        height, width = (axis.k * axis.d - axis.extent for axis in geometry.axes)
        return super().compute(geometry.with_crops(((top, bottom - height), (left, right - width))), x, w, b)


class OneRowMore(Resized):
    """There is one row too many."""


class OneRowLess(Resized):
    """There is one row too few, unless it is the only one."""

    by = -1


class OneColumnMore(Resized):
    """There is one column too many."""

    index = 1


class OneColumnLess(Resized):
    """There is one column too few, unless it is the only one."""

    index, by = 1, -1


class LastTapOfHeightSkipped(Honest):
    """The last row of the kernel is never read."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, _without(w, (..., slice(-1, None), slice(None))), b)


class LastTapOfWidthSkipped(Honest):
    """The last column of the kernel is never read."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, _without(w, (..., slice(-1, None))), b)


class LastRowOfInputSkipped(Honest):
    """The last row of the input is never read."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, _without(x, (..., slice(-1, None), slice(None))), w, b)


class LastColumnOfInputSkipped(Honest):
    """The last column of the input is never read."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, _without(x, (..., slice(-1, None))), w, b)


def _without(tensor: Any, where: Any) -> Any:
    left = np.array(tensor)
    left[where] = 0
    return left


class RowsTooFarByOne(Honest):
    """The stride of the height is one too large; the size is as told."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(sized(geometry, _strided(geometry.height), geometry.width), x, w, b)


class ColumnsTooFarByOne(Honest):
    """The stride of the width is one too large; the size is as told."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(sized(geometry, geometry.height, _strided(geometry.width)), x, w, b)


def _strided(axis: Axis) -> Axis:
    return replace(axis, s=axis.s + 1)
