"""Small text pictures of a geometry: where the output lies in the full scatter, and how often each element is hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.core.errors import IllegalCaseError
from harness.core.numerics import IntArray
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Axis, Geometry, named_axes
from harness.operations.conv_transpose.oracle import count_hits
from harness.operations.conv_transpose.overlap import overlap
from harness.operations.conv_transpose.overrides import describe_overrides
from harness.operations.conv_transpose.rules import RULES

WIDEST = 40
HIGHEST = 24


def draw_case(case: Case) -> Iterator[str]:
    """A case in lines: its sizes, its axes, the overlap, the rule it is about and what it hands over instead."""
    try:
        geometry = lower(case)
    except IllegalCaseError as error:
        yield f"not legal in {case.dialect}: {error}"
    else:
        yield f"batch {case.batch}, channels {case.in_channels} to {case.out_channels}, groups {case.groups}"
        for name, axis in named_axes(geometry):
            yield from draw_axis(name, axis)
        if not case.expect.error:  # the output of an illegal case may be larger than any memory
            yield from draw_overlap(geometry)
            yield f"unevenness {overlap(geometry).words}"
    if case.rule in RULES:
        yield f"rule {case.rule}: {RULES[case.rule].sentence}"
    if case.overrides is not None:
        yield from (
            f"handed over instead: {text}" for text in describe_overrides(case.overrides, unbatched=case.unbatched)
        )


def draw_axis(name: str, axis: Axis) -> list[str]:
    """The sizes of one axis in words, and a drawing where the axis is short enough for a line.

    In the drawing ``hits`` counts the products of one channel pair that meet in each element of the full scatter,
    ``keep`` marks what the crops leave, and ``0`` under ``keep`` stands for appended zeros.
    """
    words = (
        f"{name}: input {axis.n}, kernel {axis.k}, stride {axis.s}, dilation {axis.d}; "
        f"full {axis.full}, crop {axis.begin} and {axis.end}, output {axis.out}"
    )
    first, last = min(0, axis.begin), max(axis.full, axis.begin + axis.out)
    if last - first > WIDEST:
        return [words]
    hits = dict(enumerate(int(count) for count in count_hits(replace(axis, begin=0, end=0))))
    places = range(first, last)
    kept = range(axis.begin, axis.begin + axis.out)
    return [
        words,
        _line("full", [str(place) if place in hits else "" for place in places]),
        _line("hits", [str(hits.get(place, "")) for place in places]),
        _line("keep", [("^" if place in hits else "0") if place in kept else "." for place in places]),
    ]


def draw_overlap(geometry: Geometry) -> list[str]:
    """How many products of one channel pair meet in each element of the output, row by row.

    Where neighbours differ, a constant input gives a checkerboard. Larger outputs are described in words alone.
    """
    hits = np.outer(*(count_hits(axis) for axis in geometry.axes))
    if not hits.size:
        return ["overlap: the output is empty"]
    words = f"overlap: products per channel pair that meet in each element of the output: {_range(hits)}"
    rows, columns = hits.shape
    if rows > HIGHEST or columns > WIDEST:
        return [words]
    width = len(str(hits.max())) + 1
    return [words, *("  " + "".join(str(count).rjust(width) for count in row) for row in hits)]


def _range(hits: IntArray) -> str:
    least, most = int(hits.min()), int(hits.max())
    return f"{least} to {most}" if least < most else str(most)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"  {name} " + "".join(cell.rjust(3) for cell in cells).rstrip()
