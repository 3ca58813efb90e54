from __future__ import annotations

from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.oracle import count_hits
from harness.operations.conv_transpose.overlap import axis_overlap, overlap
from harness.tests.build import make_geometry

kernels, strides, dilations = (st.integers(1, most) for most in (12, 8, 6))


def interior_hits(k, s, d):
    """Hits of one period of the full scatter, of elements that every tap reaches from inside the image."""
    reach = (k - 1) * d
    n = reach // s + 3
    hits = count_hits(Axis(n, k, s, d)).tolist()
    first = -(-reach // s) * s
    assert first + s - 1 <= (n - 1) * s
    return hits[first : first + s]


@given(kernels, strides, dilations)
def test_least_and_most_are_those_of_the_oracle(k, s, d):
    hits = interior_hits(k, s, d)
    found = axis_overlap(Axis(5, k, s, d))
    assert (found.least, found.most) == (min(hits), max(hits))


@given(kernels, strides)
def test_without_dilation_the_overlap_is_even_exactly_where_the_stride_divides_the_kernel_size(k, s):
    assert (axis_overlap(Axis(5, k, s, 1)).unevenness == 0) == (k % s == 0)


@given(kernels, strides, dilations)
def test_with_dilation_it_must_have_no_factor_in_common_with_the_stride_either(k, s, d):
    even = axis_overlap(Axis(5, k, s, d)).unevenness == 0
    assert even == (k % s == 0 and gcd(d, s) == 1)


@given(kernels, strides, dilations)
def test_the_taps_reach_the_multiples_of_the_common_factor_and_no_other_element(k, s, d):
    common = gcd(d, s)
    hits = interior_hits(k, s, d)
    assert all(count == 0 for place, count in enumerate(hits) if place % common)
    reached = hits[::common]
    assert max(reached) - min(reached) <= 1
    assert (axis_overlap(Axis(5, k, s, d)).unevenness == 1) == (common > 1 or k < s)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        ((5, 3, 2, 1), None, Fraction(3, 4)),
        ((5, 4, 2, 1), None, Fraction(0)),
        ((5, 4, 2, 1), (5, 5, 2, 1), Fraction(1, 3)),
        ((5, 5, 2, 1), None, Fraction(5, 9)),
        ((5, 2, 3, 1), (5, 3, 1, 1), Fraction(1)),
        ((5, 4, 2, 2), None, Fraction(1)),
        ((5, 4, 2, 3), None, Fraction(0)),
    ],
)
def test_both_axes_together(height, width, expected):
    assert overlap(make_geometry(height, width)).unevenness == expected


@given(kernels, strides, kernels, strides)
def test_both_axes_are_even_exactly_where_each_is(k, s, other_k, other_s):
    axes = (5, k, s, 1), (5, other_k, other_s, 1)
    assert (overlap(make_geometry(*axes)).unevenness == 0) == (k % s == 0 and other_k % other_s == 0)


def test_in_words():
    assert overlap(make_geometry((5, 3, 2, 1))).words.startswith(
        "3/4: in the interior of a large image 1 to 4 products"
    )
    assert overlap(make_geometry((5, 4, 2, 1))).words.startswith("0: in the interior of a large image 4 products")


def test_a_stride_beyond_every_memory_takes_no_time_to_count():
    assert overlap(make_geometry((2, 3, 1 << 40, 1))).unevenness == 1
