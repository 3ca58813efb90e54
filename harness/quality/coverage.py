"""Which regions of the parameter space a set of cases touches, and which further cases would touch the rest.

A region is a combination of levels of up to three factors. The factors of one axis (kernel against stride, padding
against the kernel's reach, …) are those of the canonical geometry, so that cases of all dialects count alike; each
case counts twice, once for each axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Axis

Point = tuple[str, ...]
"""One level of each factor, in the order of ``FACTORS``."""
Region = tuple[tuple[int, str], ...]
"""Some factors, by position, each with a level."""

FACTORS: Mapping[str, tuple[str, ...]] = {
    "kernel against stride": ("smaller", "equal", "larger"),
    "kernel size": ("even", "odd"),
    "padding against d(k - 1)": ("smaller", "equal", "larger"),
    "output_padding against padding": ("at most", "above"),
    "output_padding against stride": ("below", "at least"),
    "dilation": ("none", "dilated"),
    "groups": ("one", "several", "depthwise"),
    "rectangular": ("square", "rectangular"),
    "batch": ("one", "several"),
    "layout": ("usual", "NHWC", "NCHW"),
    "bias": ("without", "with"),
    "dtype": ("float64", "float32", "float16"),
}
NAMES = tuple(FACTORS)
_ORDER = ("smaller", "equal", "larger")


def points(case: Case) -> Iterator[Point]:
    """Where a legal case stands, for its height and for its width.

    ``padding`` is the crop at the beginning, ``output_padding`` by how much the crop at the end is smaller.
    """
    geometry = lower(case)
    groups = "one" if case.groups == 1 else "depthwise" if case.groups == case.in_channels else "several"
    square = len({(axis.n, axis.k, axis.s, axis.d, axis.begin, axis.end) for axis in geometry.axes}) == 1
    shared = (
        groups,
        "square" if square else "rectangular",
        "one" if case.batch == 1 else "several",
        case.layout or "usual",
        "with" if case.bias else "without",
        case.dtype,
    )
    for axis in geometry.axes:
        yield (*axis_levels(axis), *shared)


def axis_levels(axis: Axis) -> Point:
    """The levels of the factors that belong to one axis, in their order."""
    q = axis.begin - axis.end
    return (
        _compare(axis.k, axis.s),
        "odd" if axis.k % 2 else "even",
        _compare(axis.begin, axis.extent - 1),
        "at most" if q <= axis.begin else "above",
        "below" if q < axis.s else "at least",
        "dilated" if axis.d > 1 else "none",
    )


def _compare(one: int, other: int) -> str:
    return _ORDER[int(np.sign(one - other)) + 1]


@dataclass(frozen=True)
class Coverage:
    """The regions of up to ``depth`` factors that were touched, and those that are possible and were not."""

    depth: int
    touched: frozenset[Region]
    missing: tuple[Region, ...]

    @property
    def possible(self) -> int:
        """How many regions there are."""
        return len(self.touched) + len(self.missing)


def measure(found: Iterable[Point], depth: int) -> Coverage:
    """The coverage of exactly ``depth`` factors at once. Impossible regions do not count."""
    touched = {region for point in set(found) for region in regions_of(point, depth)}
    every = (
        region
        for chosen in combinations(range(len(NAMES)), depth)
        for region in product(*([(index, level) for level in FACTORS[NAMES[index]]] for index in chosen))
    )
    return Coverage(depth, frozenset(touched), tuple(region for region in every if region not in touched))


def regions_of(point: Point, depth: int) -> Iterator[Region]:
    """The regions of ``depth`` factors that hold ``point``."""
    return (tuple((index, point[index]) for index in chosen) for chosen in combinations(range(len(point)), depth))


def describe(region: Region) -> str:
    """For example "kernel size even, dilation none"."""
    return ", ".join(f"{NAMES[index]} {level}" for index, level in region)


def fill(missing: Sequence[Region], possible: Callable[[Point], bool], tries: int = 40) -> list[tuple[Point, Region]]:
    """Points that touch every missing region, each with the first region it touches; greedy and deterministic.

    Each step takes the first missing region and, of ``tries`` seeded completions of it that are ``possible``, the one
    that touches most missing regions. Regions without any possible completion are left out.
    """
    left = dict.fromkeys(missing)
    generator = np.random.default_rng(0)
    chosen: list[tuple[Point, Region]] = []
    while left:
        first = next(iter(left))
        drawn = [point for point in (_complete(first, generator) for _ in range(tries)) if possible(point)]
        if not drawn:
            del left[first]
            continue
        best = max(drawn, key=lambda point: sum(region in left for region in regions_of(point, len(first))))
        chosen.append((best, first))
        for region in regions_of(best, len(first)):
            left.pop(region, None)
    return chosen


def _complete(region: Region, generator: np.random.Generator) -> Point:
    fixed = dict(region)
    return tuple(
        fixed.get(index, levels[int(generator.integers(len(levels)))]) for index, levels in enumerate(FACTORS.values())
    )
