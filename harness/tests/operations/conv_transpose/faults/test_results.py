from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.operations.conv_transpose.diagnosis.samples import outputs_at
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.operations.conv_transpose.faults.results import MEETING, Meeting
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.tests.build import make_geometry

GEOMETRIES = {
    "plain": make_geometry((4, 3, 2, 1, 1, 0), (5, 3, 1, 2, 2, 1), batch=2, in_channels=2, out_channels=3),
    "groups": make_geometry((3, 4, 3, 1, -1, 2), (4, 2, 1, 1, 0, -1), batch=1, in_channels=4, out_channels=4, groups=2),
    "gaps": make_geometry((3, 2, 3, 1, 0, 0), (3, 3, 2, 2, 1, 0), batch=1, in_channels=1, out_channels=2),
}


def drawn(geometry):
    rng = np.random.default_rng(4)
    x, w = (rng.integers(-9, 10, shape).astype(float) for shape in (geometry.input_shape, geometry.kernel_shape))
    return ConvTransposeReference(geometry, x, w, rng.integers(-3, 4, geometry.out_channels).astype(float))


CHOSEN: dict[str, Callable[[list[float]], float]] = {
    "largest": max,
    "mean": lambda t: sum(t) / len(t),
    "last": lambda t: t[-1],
    "first": lambda t: t[0],
}


def literally(r, how):
    """One output element at a time, from its definition."""
    g = r.geometry
    each, outs = g.in_channels // g.groups, g.out_channels // g.groups
    y = np.zeros(g.output_shape)
    for n, c, row, column in np.ndindex(*g.output_shape):
        met = []
        for a in range(g.height.k):
            for b in range(g.width.k):
                i, more = divmod(row + g.height.begin - a * g.height.d, g.height.s)
                j, rest = divmod(column + g.width.begin - b * g.width.d, g.width.s)
                if more == rest == 0 and 0 <= i < g.height.n and 0 <= j < g.width.n:
                    channels = range(c // outs * each, c // outs * each + each)
                    met.append(sum(r.x[n, k, i, j] * r.w[k, c % outs, a, b] for k in channels))
        y[n, c, row, column] = (CHOSEN[how](met) if met else 0.0) + r.b[c]
    return y


@pytest.mark.parametrize("how", MEETING)
@pytest.mark.parametrize("where", GEOMETRIES)
def test_what_stands_for_a_sum_is_what_loops_give(where, how):
    r = drawn(GEOMETRIES[where])
    met = Meeting(r.geometry, r.x, r.w, r.b, how)
    np.testing.assert_array_almost_equal_nulp(met.output, literally(r, how), 4)
    n, c, h, w = (part.ravel() for part in np.indices(met.output.shape))
    few = outputs_at(met, (n, c, h, w))
    np.testing.assert_array_almost_equal_nulp(few.values, met.output.ravel(), 4)
    np.testing.assert_array_almost_equal_nulp(few.magnitude, met.magnitude.ravel(), 4)
    assert np.all(np.abs(met.output) <= np.nextafter(met.magnitude, np.inf))


def test_taps_that_never_meet_leave_nothing_to_choose():
    apart = make_geometry((4, 2, 2, 1, 0, 0), (4, 1, 3, 1, 0, 0), batch=1, in_channels=1, out_channels=1)
    r = drawn(apart)
    assert not [fault for fault in faults_for(r) if fault.name.endswith("taps-meet")]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("doubled", lambda y: y + y),
        ("halved", lambda y: y * 0.5),
        ("negated", lambda y: 0 - y),
        ("absolute", lambda y: np.sqrt(y * y)),
        ("relu", lambda y: (y + abs(y)) / 2),
    ],
)
def test_values_are_changed_one_by_one(name, change):
    r = drawn(GEOMETRIES["plain"])
    (fault,) = [one for one in faults_for(r) if one.name == name]
    np.testing.assert_array_equal(wrong_output([fault], r), change(r.output))


@pytest.mark.parametrize(("name", "floor"), [("float16", 2.0**-14), ("float32", 2.0**-126), ("float64", 2.0**-1022)])
def test_what_is_below_the_normal_numbers_of_a_type_is_zero(name, floor):
    r = drawn(GEOMETRIES["plain"])
    small = ConvTransposeReference(r.geometry, r.x * floor / 8, r.w, None)
    (fault,) = [one for one in faults_for(small) if one.name == f"flushed-to-zero({name})"]
    expected = [y if abs(y) >= floor else 0.0 for y in small.output.ravel()]
    assert 0 < np.count_nonzero(expected) < np.count_nonzero(small.output)
    np.testing.assert_array_equal(wrong_output([fault], small).ravel(), expected)
