"""Small text pictures of a geometry: where the output lies in the full scatter, and how often each element is hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.geometry import Axis
from harness.oracle import count_hits

WIDEST = 40


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


def _line(name: str, cells: Sequence[str]) -> str:
    return f"  {name} " + "".join(cell.rjust(3) for cell in cells).rstrip()
