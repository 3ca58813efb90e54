"""A case of resizing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from harness.core.case import Pair, pair
from harness.operations.image_case import ImageCase
from harness.operations.resize2d.axis import Axis, Coordinates, Method, Rounding, axis_of

Scale = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ResizeCase(ImageCase):
    """Either ``output_size`` or ``scale`` says how large the result is.

    With a ``scale`` the size is ``floor(n * scale)``, and the ratio of coordinates is that of the scale. ``rounding``
    is of nearest alone: left out, it is ``floor`` where the coordinates are asymmetric and ``round_prefer_ceil``
    where they are not.
    """

    op: ClassVar[str] = "resize2d"

    output_size: Pair | None = None
    scale: Scale | None = None
    method: Method = "bilinear"
    coordinates: Coordinates = "half_pixel"
    rounding: Rounding | None = None

    @property
    def size(self) -> Pair:
        if self.output_size is not None:
            return self.output_size
        return pair(tuple(math.floor(n * Fraction(s)) for n, s in zip(self.input_size, self.scales, strict=True)))

    @property
    def scales(self) -> Scale:
        """The scale, 1 where there is none."""
        return self.scale or (1.0, 1.0)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Height and width."""
        rounding = self.rounding or default_rounding(self.coordinates)
        height, width = (
            axis_of(n, o, self.method, self.coordinates, rounding, Fraction(s) if self.scale else None)
            for n, o, s in zip(self.input_size, self.size, self.scales, strict=True)
        )
        return height, width

    def is_same_in(self, coordinates: Coordinates, rounding: Rounding | None = None, *, by_size: bool = False) -> bool:
        """Whether these words give the same; ``by_size`` leaves the scale out."""
        words = replace(self, coordinates=coordinates, rounding=rounding)
        if by_size:
            words = replace(words, output_size=self.size, scale=None)
        return all(one.rows == other.rows for one, other in zip(self.axes, words.axes, strict=True))


def default_rounding(coordinates: Coordinates) -> Rounding:
    """What nearest does unless a rounding is given."""
    return "floor" if coordinates == "asymmetric" else "round_prefer_ceil"
