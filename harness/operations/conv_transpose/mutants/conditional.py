"""Mutants whose fault shows only for some sizes along an axis."""

from __future__ import annotations

import math

from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import Sometimes, SometimesInHeight, SometimesInWidth


class KernelSmallerThanStrideInHeight(SometimesInHeight):
    """Wrong where the kernel is smaller than the stride, in height."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k < axis.s


class KernelSmallerThanStrideInWidth(SometimesInWidth):
    """Wrong where the kernel is smaller than the stride, in width."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k < axis.s


class ExtentSmallerThanStrideOnly(Sometimes):
    """Wrong where even the dilated kernel is smaller than the stride."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.d > 1 and axis.extent < axis.s


class KernelEqualToStride(Sometimes):
    """Wrong where kernel and stride are equal and above 1."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k == axis.s > 1


class KernelLargerThanStride(Sometimes):
    """Wrong where the kernel is larger than a stride above 1."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k > axis.s > 1


class KernelIsNoMultipleOfStride(Sometimes):
    """Wrong where the stride does not divide a larger kernel."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k > axis.s and axis.k % axis.s > 0


class KernelEvenInHeight(SometimesInHeight):
    """Wrong where the kernel has an even height."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k % 2 == 0


class KernelEvenInWidth(SometimesInWidth):
    """Wrong where the kernel has an even width."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k % 2 == 0


class KernelOddInHeight(SometimesInHeight):
    """Wrong where the kernel has an odd height above 1."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k > 1 and axis.k % 2 == 1


class KernelOddInWidth(SometimesInWidth):
    """Wrong where the kernel has an odd width above 1."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k > 1 and axis.k % 2 == 1


class KernelOfFourOrMore(Sometimes):
    """Wrong where the kernel has 4 taps or more along an axis."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k >= 4


class KernelOfEightOrMore(Sometimes):
    """Wrong where the kernel has 8 taps or more along an axis."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k >= 8


class KernelLargerThanInput(Sometimes):
    """Wrong where the kernel is larger than the input."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.k > axis.n


class InputOfOne(Sometimes):
    """Wrong where the input has one element along an axis."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.n == 1


class OutputOfOne(Sometimes):
    """Wrong where the output has one element along an axis."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.out == 1


class OutputWiderThan16(SometimesInWidth):
    """Wrong where the output is wider than 16."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.out > 16


class OutputWiderThan64(SometimesInWidth):
    """Wrong where the output is wider than 64."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.out > 64


class OutputTallerThan16(SometimesInHeight):
    """Wrong where the output is taller than 16."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.out > 16


class OutputTallerThan64(SometimesInHeight):
    """Wrong where the output is taller than 64."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.out > 64


class StrideOfThreeOrMore(Sometimes):
    """Wrong where the stride is 3 or more."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.s >= 3


class StrideOfFiveOrMore(Sometimes):
    """Wrong where the stride is 5 or more."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.s >= 5


class DilationOfThreeOrMore(Sometimes):
    """Wrong where the dilation is 3 or more."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.d >= 3


class StrideWithDilation(Sometimes):
    """Wrong where stride and dilation are both above 1 along an axis."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.s > 1 and axis.d > 1


class DilationAboveStride(Sometimes):
    """Wrong where the dilation is larger than a stride above 1."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.d > axis.s > 1


class DilationSharesAFactorWithStride(Sometimes):
    """Wrong where stride and dilation have a common factor, so that taps meet in a lattice."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return math.gcd(axis.s, axis.d) > 1


class DilationOfEvenKernel(Sometimes):
    """Wrong where a dilated kernel has an even number of taps."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.d > 1 and axis.k % 2 == 0


class CropsUnequalInHeight(SometimesInHeight):
    """Wrong where the crops at top and bottom differ."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin != axis.end


class CropsUnequalInWidth(SometimesInWidth):
    """Wrong where the crops at left and right differ."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin != axis.end


class CropLargerAtTheBeginning(Sometimes):
    """Wrong where more is cropped at the beginning than at the end."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin > axis.end


class OutputPaddingAbovePaddingInHeight(SometimesInHeight):
    """Wrong where output_padding exceeds the padding, in height."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin > 0 > axis.end


class OutputPaddingAbovePaddingInWidth(SometimesInWidth):
    """Wrong where output_padding exceeds the padding, in width."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin > 0 > axis.end


class OutputPaddingAtStride(Sometimes):
    """Wrong where output_padding is the stride or more, which a dilation allows."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin >= 0 and axis.begin - axis.end >= axis.s


class ZerosAppendedInHeight(SometimesInHeight):
    """Wrong where zeros are appended at the bottom."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.end < 0


class ZerosAppendedInWidth(SometimesInWidth):
    """Wrong where zeros are appended at the right."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.end < 0


class ZerosPrepended(Sometimes):
    """Wrong where zeros stand before the first value."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin < 0


class CropBeyondTheKernel(Sometimes):
    """Wrong where more than the kernel's overhang is cropped."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin > axis.extent - 1 or axis.end > axis.extent - 1


class CropBeyondTheStride(Sometimes):
    """Wrong where a crop exceeds the stride."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.begin > axis.s or axis.end > axis.s


class HolesBetweenCopies(Sometimes):
    """Wrong where elements between two copies of the kernel get nothing."""

    def hits(self, axis: Axis) -> bool:
        """See Sometimes.hits."""
        return axis.n > 1 and axis.extent < axis.s
