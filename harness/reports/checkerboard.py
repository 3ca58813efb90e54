"""A constant image through transposed convolutions, and through resizing and an ordinary convolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.oracle import conv_transpose
from harness.operations.conv_transpose.overlap import overlap
from harness.operations.resize2d.axis import Method
from harness.operations.resize2d.oracle import resize
from harness.operations.resize_conv2d.oracle import convolve

SIDE = 12
"""Rows and columns of a picture: a whole number of periods of every stride that is shown."""
EXAMPLES: tuple[tuple[tuple[int, ...], int], ...] = (
    ((1, 1, 1), 2),
    ((1, 1, 1, 1), 2),
    ((1, 1, 1, 1, 1), 2),
    ((1, 1, 1, 1, 1), 3),
    ((1, 2, 1), 2),
    ((1, 2, 3, 4), 2),
)
"""Taps and stride; a kernel is the product of the taps along the height and along the width."""
METHODS: tuple[Method, ...] = ("nearest", "bilinear")
TRANSPOSED = "transposed"
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What becomes of an image of ones: ``values`` are (SIDE, SIDE) of the interior, whole numbers."""

    way: str
    """``transposed``, or how the image is resized."""
    values: Values

    @property
    def deviation(self) -> Fraction:
        """The largest distance of a value from their mean, as a part of the mean."""
        values = [Fraction(value) for value in self.values.ravel().tolist()]
        mean = sum(values, Fraction(0)) / len(values)
        return max(abs(value - mean) for value in values) / mean

    @property
    def svg(self) -> Markup:
        """A drawing whose squares are the darker, or in a dark page the lighter, the larger the value is."""
        levels = sorted(set(self.values.ravel().tolist()))
        title = f"{self.way}: values {', '.join(f'{level:g}' for level in levels)}"
        paths = [
            Markup('<path fill-opacity="{}" d="{}"/>').format(
                f"{0.1 + 0.7 * level / levels[-1]:.2f}", self._runs(level)
            )
            for level in levels
        ]
        drawing = Markup('<svg class="board" viewBox="0 0 {0} {0}" role="img"><title>{1}</title>{2}</svg>')
        return drawing.format(SIDE, title, Markup("").join(paths))

    def _runs(self, level: float) -> str:
        """The places of ``level`` as a path of runs along each row."""
        return "".join(
            f"M{first} {row}h{length}v1h-{length}z"
            for row, line in enumerate(self.values)
            for first, length in _runs(line == level)
        )


@dataclass(frozen=True, slots=True)
class Board:
    """One kernel at one stride, and the pictures of every way."""

    taps: tuple[int, ...]
    stride: int
    unevenness: Fraction
    pictures: tuple[Picture, ...]

    @property
    def kernel(self) -> str:
        """``3 × 3 of the taps 1 2 1``."""
        return f"{len(self.taps)} × {len(self.taps)} of the taps {' '.join(map(str, self.taps))}"


@cache
def boards() -> tuple[Board, ...]:
    """All examples, from the oracles."""
    return tuple(_board(taps, stride) for taps, stride in EXAMPLES)


def _board(taps: tuple[int, ...], stride: int) -> Board:
    kernel = np.outer(taps, taps).astype(np.float64)[None, None]
    geometry = interior(len(taps), stride)
    image = np.ones(geometry.input_shape)
    height = geometry.height.n * stride
    shown = slice(len(taps), len(taps) + SIDE)
    pictures = [Picture(TRANSPOSED, conv_transpose(geometry, image, kernel, None)[0, 0])]
    for method in METHODS:
        resized = resize(image, (height, height), method)
        pictures.append(Picture(method, convolve(resized, kernel)[0, 0, shown, shown]))
    return Board(taps, stride, overlap(geometry).unevenness, tuple(pictures))


def interior(k: int, s: int) -> Geometry:
    """One that crops to SIDE elements that no edge of the image reaches, whichever of the ways is taken."""
    begin = -(-(k - 1) // s) * s
    n = -(-(SIDE + 2 * k) // s) + 1
    axis = Axis(n, k, s, 1, begin)
    axis = Axis(n, k, s, 1, begin, axis.out - SIDE)
    return Geometry((axis, axis), 1, 1, 1, 1)


def _runs(line: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and length of each run of what holds."""
    first = 0
    for holds, group in groupby(line.tolist()):
        length = len(list(group))
        if holds:
            yield first, length
        first += length
