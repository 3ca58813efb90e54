"""How unevenly the copies of a kernel overlap, which makes the checkerboard of a transposed convolution.

Far from the edges tap ``a`` reaches element ``p`` of the full scatter where ``p - a d`` is a multiple of the stride
``s``, so the hits of an element depend on ``p mod s`` alone: they are the taps with ``a d = p (mod s)``. With
``g = gcd(d, s)`` these are the multiples of ``g``, ``s / g`` of them, each in turn; all other elements get none. Hence

    most  = ceil(k / (s / g))
    least = floor(k / s) where g is 1, and 0 where it is not

and they are equal exactly where the stride divides the kernel size and has no factor in common with the dilation; with
a dilation of 1, exactly where the stride divides the kernel size.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, prod

from harness.operations.conv_transpose.geometry import Axis, Geometry


@dataclass(frozen=True, slots=True)
class Overlap:
    """The least and the most products of one channel pair that meet in an element of the interior.

    The interior is where all taps that could reach an element come from inside the image, which is taken to be large
    enough to have one.
    """

    least: int
    most: int

    @property
    def unevenness(self) -> Fraction:
        """``(most - least) / most``: 0 where every element gets as many products, 1 where some get none."""
        return 1 - Fraction(self.least, self.most)

    @property
    def words(self) -> str:
        """``3/4: in the interior of a large image 1 to 4 products of one channel pair meet in an element``."""
        meet = f"{self.least} to {self.most}" if self.least < self.most else str(self.most)
        where = "in the interior of a large image"
        return f"{self.unevenness}: {where} {meet} products of one channel pair meet in an element"


def axis_overlap(axis: Axis) -> Overlap:
    """That of one axis; sizes and crops do not matter."""
    common = gcd(axis.d, axis.s)
    return Overlap(axis.k // axis.s if common == 1 else 0, -(-axis.k * common // axis.s))


def overlap(geometry: Geometry) -> Overlap:
    """That of all axes: the hits of each, multiplied. They are even exactly where each of them is."""
    axes = [axis_overlap(axis) for axis in geometry.axes]
    return Overlap(prod(axis.least for axis in axes), prod(axis.most for axis in axes))
