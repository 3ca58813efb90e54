"""Where each output of one axis comes from, in exact fractions. Importing this needs no NumPy.

An axis of ``n`` elements becomes one of ``o``. Output ``j`` lies at the source coordinate ``s``, and the ratio ``r`` is
``n / o``, or ``1 / scale`` where a scale is given:

    half_pixel      s = (j + 1/2) r - 1/2          the outer edges of the images coincide
    align_corners   s = j (n - 1) / (o - 1)        the centres of the corner pixels coincide; 0 where o is 1
    asymmetric      s = j r                        the corners of the first pixels coincide

``nearest`` picks one element, ``bilinear`` weighs the two around ``s``; beyond the image the nearest edge counts. The
words are those of ONNX's Resize.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Literal

Method = Literal["nearest", "bilinear"]
Coordinates = Literal["half_pixel", "align_corners", "asymmetric"]
Rounding = Literal["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
HALF = Fraction(1, 2)
FLOAT32 = 1 << 24
"""The largest integer up to which float32 holds every one."""


@dataclass(frozen=True)
class Axis:
    """One axis: ``n`` elements become ``o``; ``scale`` is None where the sizes say the ratio."""

    n: int
    o: int
    method: Method = "bilinear"
    coordinates: Coordinates = "half_pixel"
    rounding: Rounding = "round_prefer_ceil"
    scale: Fraction | None = None

    @property
    def ratio(self) -> Fraction:
        """Source elements for each output."""
        if self.coordinates == "align_corners":
            return Fraction(self.n - 1, self.o - 1) if self.o > 1 else Fraction(0)
        return Fraction(self.n, self.o) if self.scale is None else 1 / self.scale

    @cached_property
    def sources(self) -> tuple[Fraction, ...]:
        """The source coordinate of each output, which may lie beyond the image."""
        if self.coordinates == "half_pixel":
            return tuple((j + HALF) * self.ratio - HALF for j in range(self.o))
        return tuple(j * self.ratio for j in range(self.o))

    @cached_property
    def rows(self) -> tuple[tuple[tuple[int, Fraction], ...], ...]:
        """For each output the elements that it is made of, each with its weight; the weights sum to 1."""
        if self.method == "nearest":
            return tuple(((self.inside(pick(s, self.rounding)), Fraction(1)),) for s in self.sources)
        return tuple(tuple(between(self.clamped(s))) for s in self.sources)

    def inside(self, index: int) -> int:
        """``index``, or that of the edge that it is beyond."""
        return min(max(index, 0), self.n - 1)

    def clamped(self, s: Fraction) -> Fraction:
        """``s``, or the edge that it is beyond."""
        return min(max(s, Fraction(0)), Fraction(self.n - 1))

    @property
    def is_exact(self) -> bool:
        """Whether float32 holds every coordinate and weight as it is, or none is needed as they are only picked."""
        bits = 4 * self.n * self.ratio.denominator
        return self.method == "nearest" or (is_power_of_two(self.ratio.denominator) and bits <= FLOAT32)

    @cached_property
    def denominator(self) -> int:
        """What every weight is a multiple of the inverse of.

        So are those that a formula has before it takes the edge for what is beyond, and both weights fall on it.
        """
        return 1 if self.method == "nearest" else math.lcm(*(s.denominator for s in self.sources))

    @cached_property
    def most_weight(self) -> int:
        """The largest sum of the weights that one element has in all outputs, rounded up."""
        sums = [Fraction(0)] * self.n
        for row in self.rows:
            for k, weight in row:
                sums[k] += weight
        return math.ceil(max(sums))

    def touched(self, delta: Fraction) -> tuple[range, ...]:
        """For each output the elements whose weight may change where its coordinate is off by up to ``delta``."""
        found = []
        for s in self.sources:
            low, high = self.clamped(s - delta), self.clamped(s + delta)
            found.append(range(0) if low == high else range(math.floor(low), math.ceil(high) + 1))
        return tuple(found)


axis_of = lru_cache(maxsize=32)(Axis)
"""An Axis that the latest ones are shared of, so that their fractions are made once."""


def pick(s: Fraction, rounding: Rounding) -> int:
    """The integer that ``s`` is rounded to."""
    if rounding == "floor":
        return math.floor(s)
    if rounding == "ceil":
        return math.ceil(s)
    return math.floor(s + HALF) if rounding == "round_prefer_ceil" else math.ceil(s - HALF)


def between(s: Fraction) -> list[tuple[int, Fraction]]:
    """The elements around ``s``, which is inside the image, and their weights; one alone where ``s`` is on it."""
    below = math.floor(s)
    t = s - below
    return [(below, 1 - t), (below + 1, t)] if t else [(below, Fraction(1))]


def is_power_of_two(number: int) -> bool:
    """Whether ``number``, which is positive, is one."""
    return number & (number - 1) == 0
