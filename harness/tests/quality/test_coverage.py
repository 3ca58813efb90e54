from __future__ import annotations

from itertools import combinations
from math import prod

import pytest

from harness.operations.conv_transpose.case import transposed_convolutions
from harness.quality.coverage import FACTORS, NAMES, describe, fill, measure, points, regions_of
from harness.suites.selection import select
from harness.tests.build import make_case

PLAIN = ("equal", "odd", "smaller", "at most", "below", "none", "one", "square", "one", "usual", "without", "float32")


def levels(**changes):
    """Factor -> level, for the height."""
    return dict(zip(NAMES, next(points(make_case(**changes))), strict=True))


def test_a_plain_case_stands_where_its_numbers_say():
    assert next(points(make_case(strides=3))) == PLAIN


@pytest.mark.parametrize(
    ("changes", "factor", "level"),
    [
        ({"kernel_size": 2, "strides": 3}, "kernel against stride", "smaller"),
        ({"kernel_size": 4, "strides": 3}, "kernel against stride", "larger"),
        ({"kernel_size": 4}, "kernel size", "even"),
        ({"padding": ((2, 0), (0, 0))}, "padding against d(k - 1)", "equal"),
        ({"padding": ((3, 0), (0, 0))}, "padding against d(k - 1)", "larger"),
        ({"padding": ((3, 0), (0, 0)), "dilations": 2}, "padding against d(k - 1)", "smaller"),
        ({"padding": ((1, 0), (0, 0))}, "output_padding against padding", "at most"),
        ({"padding": ((1, -1), (0, 0))}, "output_padding against padding", "above"),
        ({"padding": ((1, 0), (0, 0)), "strides": 2}, "output_padding against stride", "below"),
        ({"padding": ((1, 0), (0, 0))}, "output_padding against stride", "at least"),
        ({"dilations": 2}, "dilation", "dilated"),
        ({"in_channels": 4, "out_channels": 4, "groups": 2}, "groups", "several"),
        ({"in_channels": 4, "out_channels": 4, "groups": 4}, "groups", "depthwise"),
        ({"input_size": (3, 4)}, "rectangular", "rectangular"),
        ({"batch": 3}, "batch", "several"),
        ({"layout": "NCHW"}, "layout", "NCHW"),
        ({"bias": True}, "bias", "with"),
        ({"dtype": "float16"}, "dtype", "float16"),
    ],
)
def test_each_choice_moves_its_own_level(changes, factor, level):
    assert levels(**changes)[factor] == level


def test_both_axes_of_a_case_count():
    one, other = points(make_case(kernel_size=(2, 3)))
    assert (one[1], other[1]) == ("even", "odd")


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_is_touched_and_what_is_missing_is_everything(depth):
    coverage = measure([PLAIN], depth)
    assert coverage.touched == set(regions_of(PLAIN, depth))
    assert coverage.touched.isdisjoint(coverage.missing)
    every = combinations(FACTORS.values(), depth)
    assert coverage.possible == sum(prod(map(len, chosen)) for chosen in every)


def test_the_shipped_cases_touch_every_triple():
    found = {
        point for case in transposed_convolutions(select([]).cases()) if not case.nominal for point in points(case)
    }
    assert [describe(region) for region in measure(found, 3).missing] == []


def test_filling_touches_all_that_is_possible_and_the_same_way_every_time():
    missing = measure([PLAIN], 2).missing
    filled = fill(missing, lambda point: point[0] != "smaller")
    touched = {region for point, _ in filled for region in regions_of(point, 2)}
    left = [region for region in missing if region not in touched]
    assert left
    assert all((0, "smaller") in region for region in left)
    assert filled == fill(missing, lambda point: point[0] != "smaller")
    assert len(filled) < len(missing) / 4


def test_a_region_reads_as_its_levels():
    assert describe(((1, "even"), (5, "none"))) == "kernel size even, dilation none"
    assert all(level for levels in FACTORS.values() for level in levels)
