"""Mutants about crops, padding and output_padding."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.core.case import Pads
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS, Geometry
from harness.operations.conv_transpose.mutants.honest import Honest, grown


class Cropped(Honest):
    """The truth, cropped as ``crops`` says."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        other = geometry.with_crops(self.crops(geometry))
        return super().compute(geometry if min(other.output_size) < 1 else other, x, w, b)

    def crops(self, geometry: Geometry) -> Pads:
        """Other crops; those that leave nothing are not taken."""
        return geometry.crops


class CropAtWrongEnd(Cropped):
    """What belongs to the end of an axis is cropped at its beginning, and the reverse."""

    lie: ClassVar[tuple[str, ...]] = ("crops-exchanged", "crop-lower-for-upper", "crop-upper-for-lower")

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, bottom), (left, right) = geometry.crops
        return (bottom, top), (right, left)


class LowerForUpper(Cropped):
    """The larger half of an odd crop is taken off the beginning, as SAME_LOWER does."""

    lie = ("crop-lower-for-upper",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        pairs = [(end, begin) if 0 <= begin == end - 1 else (begin, end) for begin, end in geometry.crops]
        wrong = {end - begin for begin, end in geometry.crops} <= {0, 1} and min(map(min, geometry.crops)) >= 0
        return (pairs[0], pairs[1]) if wrong else geometry.crops


class UpperForLower(Cropped):
    """The larger half of an odd crop is taken off the end, as SAME_UPPER does."""

    lie = ("crop-upper-for-lower",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        pairs = [(end, begin) if 0 <= end == begin - 1 else (begin, end) for begin, end in geometry.crops]
        wrong = {begin - end for begin, end in geometry.crops} <= {0, 1} and min(map(min, geometry.crops)) >= 0
        return (pairs[0], pairs[1]) if wrong else geometry.crops


class CropAllAtTheEnd(Cropped):
    """The output begins where the scatter does."""

    lie = ("crop-at-the-end",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, bottom), (left, right) = geometry.crops
        return geometry.crops if min(top, left) < 0 else ((0, top + bottom), (0, left + right))


class CropAllAtTheStart(Cropped):
    """The output ends where the scatter does."""

    lie = ("crop-at-the-start",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, bottom), (left, right) = geometry.crops
        return geometry.crops if min(bottom, right) < 0 else ((top + bottom, 0), (left + right, 0))


class CropsOfSame(Cropped):
    """The size is as told, and its place is that of SAME: what is left over is cropped, half at each side."""

    lie = ("crops-of-same",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        cuts = [max(sum(pair), 0) // 2 for pair in geometry.crops]
        (top, bottom), (left, right) = geometry.crops
        return (cuts[0], top + bottom - cuts[0]), (cuts[1], left + right - cuts[1])


class PaddingSwapped(Cropped):
    """The crops of height are those of width; the size follows them."""

    lie = ("padding-axes-swapped",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        return geometry.crops[1], geometry.crops[0]


class PaddingSwappedInSize(Cropped):
    """The beginnings of height and width are swapped; the size is as told."""

    lie = ("padding-axes-swapped",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, bottom), (left, right) = geometry.crops
        return (left, top + bottom - left), (top, left + right - top)


class Shifted(Cropped):
    """Everything stands one row lower and one column to the left of its place."""

    lie = ("shifted(1,-1)",)
    by: ClassVar[tuple[int, int]] = (1, -1)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, bottom), (left, right) = geometry.crops
        rows, columns = self.by
        return (top - rows, bottom + rows), (left - columns, right + columns)


class ShiftedFar(Shifted):
    """Everything stands two rows higher."""

    lie = ("shifted(-2,0)",)
    by = (-2, 0)


class OutputPaddingAtTheStart(Cropped):
    """output_padding uncovers values at the beginning."""

    lie = ("output-padding-at-the-start",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        if not has_output_padding(geometry):
            return geometry.crops
        (top, bottom), (left, right) = geometry.crops
        return (min(top, bottom), max(top, bottom)), (min(left, right), max(left, right))


class OutputPaddingIgnored(Cropped):
    """No output_padding, so the output is smaller."""

    lie = ("output-padding-ignored",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        return without_output_padding(geometry) if has_output_padding(geometry) else geometry.crops


class OutputPaddingSwapped(Cropped):
    """The output_padding of height and width is swapped."""

    lie = ("output-padding-swapped",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        if not has_output_padding(geometry):
            return geometry.crops
        (top, bottom), (left, right) = geometry.crops
        return (top, max(top, bottom) - max(left - right, 0)), (left, max(left, right) - max(top - bottom, 0))


class OutputPaddingClamped(Cropped):
    """output_padding is at most stride - 1, so the output is smaller."""

    lie = ("output-padding-clamped",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        if not has_output_padding(geometry):
            return geometry.crops
        (top, _), (left, _) = geometry.crops
        (_, bottom), (_, right) = without_output_padding(geometry)
        rows, columns = (min(max(axis.begin - axis.end, 0), axis.s - 1) for axis in geometry.axes)
        return (top, bottom - rows), (left, right - columns)


class OutputPaddingOfZeros(Honest):
    """output_padding appends zeros, where it should uncover values."""

    lie = ("output-padding-as-zeros",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        bare = geometry.with_crops(without_output_padding(geometry))
        if not has_output_padding(geometry) or min(bare.output_size) < 0:
            return super().compute(geometry, x, w, b)
        return grown(super().compute(bare, x, w, b), geometry)


class OutputPaddingOfSomeZeros(OutputPaddingClamped):
    """output_padding uncovers at most stride - 1 values, and zeros are appended for the others."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return grown(super().compute(geometry, x, w, b), geometry)


class NoPadding(Cropped):
    """No crop at all; the size follows."""

    lie = ("size-of-no-padding", "crop-at-the-end")

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        return NO_PADS


class PaddedOnBothSides(Cropped):
    """What is cropped at the beginning is cropped at the end too; the size follows."""

    lie = ("size-of-padding-alone",)

    def crops(self, geometry: Geometry) -> Pads:
        """See Cropped.crops."""
        (top, _), (left, _) = geometry.crops
        return geometry.crops if min(top, left) < 0 else ((top, top), (left, left))


class AlwaysSame(Honest):
    """SAME, whatever was asked for: input x stride elements around the middle."""

    lie = ("size-of-same", "crops-of-same")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        whole = super().compute(geometry.with_crops(NO_PADS), x, w, b)
        cuts = [max(axis.full - axis.n * axis.s, 0) // 2 for axis in geometry.axes]
        rows, columns = (axis.n * axis.s for axis in geometry.axes)
        if whole.shape[2] < rows or whole.shape[3] < columns:
            return super().compute(geometry, x, w, b)
        return whole[:, :, cuts[0] : cuts[0] + rows, cuts[1] : cuts[1] + columns]


class KerasSame(Honest):
    """SAME as Keras sizes it with an output_padding of 0."""

    lie = ("size-of-same(keras)", "crops-of-same")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        sizes = [(axis.n - 1) * axis.s + axis.extent % 2 for axis in geometry.axes]
        if min(sizes) < 1 or any(size > axis.full for size, axis in zip(sizes, geometry.axes, strict=True)):
            return super().compute(geometry, x, w, b)
        whole = super().compute(geometry.with_crops(NO_PADS), x, w, b)
        top, left = ((axis.full - size) // 2 for size, axis in zip(sizes, geometry.axes, strict=True))
        return whole[:, :, top : top + sizes[0], left : left + sizes[1]]


class AlwaysValid(Honest):
    """VALID as TensorFlow and Keras size it, whatever was asked for."""

    lie = ("size-of-valid", "crop-at-the-end")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        whole = super().compute(geometry.with_crops(NO_PADS), x, w, None)
        more = [max(axis.s - axis.extent, 0) for axis in geometry.axes]
        y = np.pad(whole, ((0, 0), (0, 0), (0, more[0]), (0, more[1])))
        return y if b is None else y + b[:, None, None]


def has_output_padding(geometry: Geometry) -> bool:
    """Whether the crops are those of a padding with an output_padding."""
    (top, bottom), (left, right) = geometry.crops
    return min(top, left) >= 0 and (bottom < top or right < left)


def without_output_padding(geometry: Geometry) -> Pads:
    """The crops with the same padding at both ends."""
    (top, bottom), (left, right) = geometry.crops
    return (top, max(top, bottom)), (left, max(left, right))
