"""Drawn sizes: small ones, which shrink to ones, and some that are large in one respect, with bounded work."""

from __future__ import annotations

from dataclasses import dataclass

from harness.operations.conv_transpose.geometry import Axis
from harness.quality.fuzzing.words import Choose, pick

MOST_WORK = 1 << 20
"""Products of a drawn call at most: its output and gradients take the oracle milliseconds."""
MOST_CHANNELS, MOST_TAPS, MOST_STRIDE, MOST_INPUT, MOST_IMAGES = 512, 16, 8, 64, 8
SMALL_OF = 4
"""Of so many cases one is large in some respect."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of one case; ``axes`` are height and width without crops."""

    batch: int
    in_channels: int
    out_channels: int
    groups: int
    axes: tuple[Axis, Axis]

    @property
    def work(self) -> int:
        """Products of the call."""
        rows, columns = self.axes
        kernel = self.in_channels * (self.out_channels // self.groups) * rows.k * columns.k
        return self.batch * rows.n * columns.n * kernel


def small(choose: Choose) -> Sizes:
    """No size above 12."""
    axes = (_axis(choose), _axis(choose))
    groups = pick(choose, 1, 1, 1, 2, 3)
    return Sizes(choose(1, 3), groups * choose(1, 3), groups * choose(1, 4), groups, axes)


def mixed(choose: Choose) -> Sizes:
    """Small ones mostly; others are large in channels, taps and strides, or the image, with at most MOST_WORK."""
    if choose(1, SMALL_OF) < SMALL_OF:
        return small(choose)
    draw = pick(choose, _deep, _deep, _broad, _long)
    sizes = draw(choose)
    while sizes.work > MOST_WORK:
        sizes = draw(choose)
    return sizes


def _deep(choose: Choose) -> Sizes:
    axes = (_axis(choose, 3, 4, 2), _axis(choose, 3, 4, 2))
    few = choose(1, 4)
    inputs, outputs = pick(choose, (_many(choose), few), (few, _many(choose)), (_many(choose), _many(choose)))
    return Sizes(choose(1, 2), inputs, outputs, 1, axes)


def _broad(choose: Choose) -> Sizes:
    axes = (
        _axis(choose, 4, MOST_TAPS, MOST_STRIDE),
        _axis(choose, 4, pick(choose, 3, MOST_TAPS), pick(choose, 2, MOST_STRIDE)),
    )
    groups = pick(choose, 1, 1, 2)
    return Sizes(choose(1, 2), groups * choose(1, 3), groups * choose(1, 3), groups, axes)


def _long(choose: Choose) -> Sizes:
    axes = (_axis(choose, pick(choose, 4, MOST_INPUT), 4, 3), _axis(choose, MOST_INPUT, 4, 3))
    return Sizes(choose(1, MOST_IMAGES), choose(1, 4), choose(1, 4), 1, axes)


def _many(choose: Choose) -> int:
    """Channels up to MOST_CHANNELS, each doubling as often as the others."""
    least = 1 << choose(2, MOST_CHANNELS.bit_length() - 2)
    return choose(least, 2 * least)


def _axis(choose: Choose, inputs: int = 5, taps: int = 5, strides: int = 4) -> Axis:
    return Axis(choose(1, inputs), choose(1, taps), choose(1, strides), pick(choose, 1, 1, 1, 2, 3))
