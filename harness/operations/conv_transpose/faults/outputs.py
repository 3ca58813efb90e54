"""Outputs that are finished wrongly: another layout, only part of the batch, zeros at the end, rolled around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.operations.conv_transpose.faults.crops import SHIFTS, offset_words
from harness.operations.conv_transpose.faults.fault import Fault, Index, Mask, Source
from harness.operations.conv_transpose.geometry import Geometry

MOST_ZERO = 4


def output_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of an output that was computed rightly."""
    batch, channels, height, width = shape = geometry.output_shape
    yield Fault("all-zero", "every value is zero", zero=lambda index: index[0] >= 0)
    if height == width > 1:
        text = "height and width of the output are swapped"
        yield Fault("output-axes-swapped", text, source=lambda index: (*index[:2], index[3], index[2]))
    if channels > 1 and height * width > 1:
        text = "the output is laid out channels {} in memory that is read as channels {}"
        last, first = text.format("last", "first"), text.format("first", "last")
        yield Fault("output-in-the-other-layout", last, source=_reread((0, 2, 3, 1), (0, 1, 2, 3), shape))
        yield Fault("output-in-the-other-layout(NHWC)", first, source=_reread((0, 1, 2, 3), (0, 2, 3, 1), shape))
    if batch > 1:
        text = "only the first element of the batch is computed"
        yield Fault("batch-of-one", text, zero=lambda index: index[0] > 0, common=True)
        repeated = f"{text}, the others repeat it"
        yield Fault("batch-repeated", repeated, source=lambda index: (0 * index[0], *index[1:]))
    for axis, what in ((2, "row"), (3, "column")):
        for count in range(1, min(MOST_ZERO, shape[axis] - 1) + 1):
            text = f"the last {what} is zero" if count == 1 else f"the last {count} {what}s are zero"
            yield Fault(f"last-{what}s-zero({count})", text, zero=_beyond(axis, shape[axis] - count))
    yield from _rolled(height, width)


def _rolled(height: int, width: int) -> Iterator[Fault]:
    seen = {(0, 0)}
    for i, j in SHIFTS:
        if (i % height, j % width) not in seen:
            seen.add((i % height, j % width))
            text = f"everything is rolled {offset_words(i, j)}"
            yield Fault(f"rolled({i},{j})", text, source=_roll(i, j, height, width))


def _roll(i: int, j: int, height: int, width: int) -> Source:
    return lambda index: (*index[:2], (index[2] - i) % height, (index[3] - j) % width)


def _beyond(axis: int, first: int) -> Mask:
    return lambda index: index[axis] >= first


def _reread(written: tuple[int, ...], read: tuple[int, ...], shape: tuple[int, ...]) -> Source:
    """The output's axes laid out in the order ``written``, and that memory read in the order ``read``."""

    def source(index: Index) -> Index:
        flat: Any = 0
        for axis in read:
            flat = flat * shape[axis] + index[axis]
        places = dict(zip(written, np.unravel_index(flat, [shape[axis] for axis in written]), strict=True))
        return places[0], places[1], places[2], places[3]

    return source
