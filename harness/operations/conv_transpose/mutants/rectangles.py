"""Mutants whose fault shows only for some pairs of axes."""

from __future__ import annotations

import math

from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.base import Sometimes


class StridesUnequal(Sometimes):
    """Wrong where the strides differ."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.s != geometry.width.s


class StrideInHeightOnly(Sometimes):
    """Wrong where the height alone has a stride."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.s > 1 == geometry.width.s


class StrideInWidthOnly(Sometimes):
    """Wrong where the width alone has a stride."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.width.s > 1 == geometry.height.s


class StridesBoth(Sometimes):
    """Wrong where both strides are above 1 and differ."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return min(geometry.height.s, geometry.width.s) > 1 and geometry.height.s != geometry.width.s


class DilationsUnequal(Sometimes):
    """Wrong where the dilations differ."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.d != geometry.width.d


class DilationInHeightOnly(Sometimes):
    """Wrong where the height alone is dilated."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.d > 1 == geometry.width.d


class DilationInWidthOnly(Sometimes):
    """Wrong where the width alone is dilated."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.width.d > 1 == geometry.height.d


class StrideAcrossDilation(Sometimes):
    """Wrong where one axis has the stride and the other the dilation."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return (geometry.height.s > 1 and geometry.width.d > 1) and geometry.height.d == geometry.width.s == 1


class KernelTall(Sometimes):
    """Wrong where the kernel is taller than wide."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.k > geometry.width.k


class KernelWide(Sometimes):
    """Wrong where the kernel is wider than tall."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.k < geometry.width.k


class InputTall(Sometimes):
    """Wrong where the input is taller than wide."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.n > geometry.width.n


class InputWide(Sometimes):
    """Wrong where the input is wider than tall."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.n < geometry.width.n


class InputOddRectangle(Sometimes):
    """Wrong for rectangles of two odd sides."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.n != geometry.width.n and geometry.height.n % 2 == geometry.width.n % 2 == 1


class OutputOddRectangle(Sometimes):
    """Wrong where the output is a rectangle of two odd sides."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return math.prod(geometry.output_size) % 2 == 1 and geometry.height.out != geometry.width.out


class OutputSquare(Sometimes):
    """Wrong where the output is a square."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.out == geometry.width.out > 1


class PointwiseKernel(Sometimes):
    """Wrong for a kernel of one tap."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.height.k == geometry.width.k == 1


class CropsDifferByAxis(Sometimes):
    """Wrong where the axes are cropped differently."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.crops[0] != geometry.crops[1]
