"""Small text pictures of a geometry: where the output lies in the full scatter, and how often each element is hit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.core.errors import IllegalCaseError
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
        yield from draw_geometry(geometry, overlapping=not case.expect.error)
    if case.rule in RULES:
        yield f"rule {case.rule}: {RULES[case.rule].sentence}"
    if case.overrides is not None:
        yield from (
            f"handed over instead: {text}" for text in describe_overrides(case.overrides, unbatched=case.unbatched)
        )


def draw_geometry(geometry: Geometry, *, overlapping: bool = True) -> Iterator[str]:
    """One, two or three axes in lines, and unless the call is illegal how the copies of the kernel overlap."""
    for name, axis in named_axes(geometry):
        yield from draw_axis(name, axis)
    if overlapping:
        yield from draw_overlap(geometry)
        yield f"unevenness {overlap(geometry).words}"


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
    """How many products of one channel pair meet in each element of the output, row by row; of three axes in planes.

    Where neighbours differ, a constant input gives a checkerboard. Larger outputs are described in words alone.
    """
    counts = [count_hits(axis) for axis in geometry.axes]
    if not all(count.size for count in counts):
        return ["overlap: the output is empty"]
    least, most = (math.prod(int(end(count)) for count in counts) for end in (np.min, np.max))
    found = f"{least} to {most}" if least < most else str(most)
    words = f"overlap: products per channel pair that meet in each element of the output: {found}"
    *above, columns = (count.size for count in counts)
    if math.prod(above) > HIGHEST or columns > WIDEST:
        return [words]
    lines = [words]
    for place in np.ndindex(*above[:-1]):
        lines += [f"  {named_axes(geometry)[0][0]} {place[0]}"] if place else []
        factor = math.prod(int(count[at]) for count, at in zip(counts, place, strict=False))
        for row in np.outer(counts[-2], counts[-1]) if above else [counts[-1]]:
            lines.append("  " + "".join(str(factor * count).rjust(len(str(most)) + 1) for count in row))
    return lines


def _line(name: str, cells: Sequence[str]) -> str:
    return f"  {name} " + "".join(cell.rjust(3) for cell in cells).rstrip()
