"""Cases, as the text of a suite, for regions of the parameter space that no case touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import yaml

from harness.operations.conv_transpose.geometry import Axis
from harness.quality.coverage import NAMES, Point, Region, axis_levels, describe, fill

AXIS_FACTORS = 6
"""The first factors are those of an axis."""
GROUPS = {"one": (2, 3, 1), "several": (4, 6, 2), "depthwise": (3, 6, 3)}
"""Input channels, output channels and groups."""
HEAD = {
    "suite": "Regions that meet nowhere else",
    "about": "Three choices that are each right alone may be wrong together; every three meet in some case.",
    "defaults": {"dialect": "canonical"},
}


def covering_suite(missing: Sequence[Region]) -> str:
    """A suite in YAML whose cases touch every region of ``missing`` that some geometry has."""
    filled = fill(missing, lambda point: point[:AXIS_FACTORS] in _axes())
    suite = {**HEAD, "cases": [_entry(point, region) for point, region in filled]}
    body = yaml.safe_dump(suite, sort_keys=False, allow_unicode=True, default_flow_style=None, width=118)
    return f"# yaml-language-server: $schema=suite.schema.json\n{body}"


def _entry(point: Point, region: Region) -> dict[str, Any]:
    levels = dict(zip(NAMES, point, strict=True))
    first, *others = _axes()[point[:AXIS_FACTORS]]
    square = levels["rectangular"] == "square"
    height, width = first, first if square else next(iter(others), Axis(first.n + 1, *_rest(first)))
    in_channels, out_channels, groups = GROUPS[levels["groups"]]
    entry = {
        "id": _slug(region),
        "about": f"Right apart, and perhaps wrong together - {describe(region)}.",
        "batch": 1 if levels["batch"] == "one" else 2,
        "in_channels": in_channels,
        "out_channels": out_channels,
        "groups": groups,
        "input_size": [height.n, width.n],
        "kernel_size": [height.k, width.k],
        "strides": [height.s, width.s],
        "dilations": [height.d, width.d],
        "padding": [[height.begin, height.end], [width.begin, width.end]],
        "bias": levels["bias"] == "with",
        "dtype": levels["dtype"],
    }
    return entry if levels["layout"] == "usual" else {**entry, "layout": levels["layout"]}


def _rest(axis: Axis) -> tuple[int, int, int, int, int]:
    return axis.k, axis.s, axis.d, axis.begin, axis.end


def _slug(region: Region) -> str:
    """An identifier: ``kernel-size-even-groups-several``."""
    words = describe(region).replace("d(k - 1)", "reach").replace(",", "").replace("_", "-")
    return "-".join(words.lower().split())


@cache
def _axes() -> Mapping[Point, list[Axis]]:
    """Small axes for each combination of an axis' levels, the smallest first, with an output of two or more."""
    found: defaultdict[Point, list[Axis]] = defaultdict(list)
    for axis in sorted(_small(), key=lambda one: (one.n + sum(map(abs, _rest(one))), str(one))):
        found[axis_levels(axis)].append(axis)
    return found


def _small() -> Iterator[Axis]:
    """A kernel of one tap has no reach and shows no dilation, so it starts at two."""
    sizes = product((3, 4, 5), (2, 3, 4, 5), (1, 2, 3, 4, 6), (1, 2, 3), range(-1, 9), range(-1, 8))
    for n, k, s, d, begin, q in sizes:
        axis = Axis(n, k, s, d, begin, begin - q)
        if 2 <= axis.out <= 16 and begin < axis.full and axis.end < axis.full:
            yield axis
