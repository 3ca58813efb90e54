"""Facts of the number formats, and the error bound: never too small for a right sum, never infinite without need."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound, gamma, ulps

NAMES = ["bfloat16", "float16", "float32", "float64"]
U32 = 2.0**-24


def test_gamma():
    terms = np.array([0, 1, 2, 1000])
    expected = [0.0, U32 / (1 - U32), 2 * U32 / (1 - 2 * U32), 1000 * U32 / (1 - 1000 * U32)]
    assert gamma(terms, U32).tolist() == expected


def test_gamma_is_infinite_where_no_digit_is_sure():
    assert gamma(np.array([2047, 2048, 5000]), 2.0**-11).tolist() == [2047.0, math.inf, math.inf]


def test_the_bound_is_the_published_formula():
    eta, u64 = 2.0**-149, 2.0**-53
    bound = error_bound(np.array([3.0]), np.array([5.0]), np.array([4]), DTYPES["float32"])
    relative = 4 * U32 / (1 - 4 * U32) + 4 * u64 / (1 - 4 * u64)
    assert bound.tolist() == [relative * 5 + 3 * U32 + 4 * eta]


def test_each_element_has_a_bound_of_its_own():
    expected, magnitude = np.array([[1.0, -4.0]]), np.array([[1.0, 8.0]])
    bound = error_bound(expected, magnitude, np.array([1, 2]), DTYPES["float16"])
    alone = [error_bound(expected[:, i], magnitude[:, i], np.array([i + 1]), DTYPES["float16"]) for i in (0, 1)]
    assert bound.tolist() == [[alone[0][0], alone[1][0]]]
    assert bound[0, 0] < bound[0, 1]


def test_an_element_that_nothing_reaches_may_differ_by_a_subnormal_alone():
    bound = error_bound(np.zeros(2), np.zeros(2), np.array([0, 5000]), DTYPES["float16"])
    assert bound.tolist() == [2.0**-24, 5000 * 2.0**-24]


def test_products_that_underflow_are_allowed_for():
    """Sixteen products of 0.75 subnormals each round to one: 16 instead of 12, and no operation was wrong."""
    eta = 2.0**-24
    x, w = np.full(16, 2.0**-13, np.float16), np.full(16, 1.5 * 2.0**-12, np.float16)
    products = x.astype(float) * w.astype(float)
    total = forward(x * w)
    assert total == 16 * eta
    assert products.sum() == 12 * eta
    bound = error_bound(products.sum(), products.sum(), np.array(16), DTYPES["float16"])
    assert abs(float(total) - products.sum()) <= bound


def forward(products):
    total = products.dtype.type(0)
    for product in products:
        total = total + product
    return total


def pairwise(products):
    while len(products) > 1:
        if len(products) % 2:
            products = np.append(products, products.dtype.type(0))
        products = products[::2] + products[1::2]
    return products[0]


ORDERS = {
    "forward": forward,
    "backward": lambda products: forward(products[::-1]),
    "pairwise": pairwise,
    "ascending": lambda products: forward(products[np.argsort(np.abs(products))]),
    "descending": lambda products: forward(products[np.argsort(-np.abs(products))]),
    "numpy": lambda products: products.sum(dtype=products.dtype),
}
RANGES: dict[str, tuple[Any, float]] = {
    "bfloat16": (32, 2.0**30),
    "float16": (16, 30.0),
    "float32": (32, 2.0**30),
    "float64": (64, 1e30),
}


@st.composite
def factors(draw, name):
    """Two vectors whose products and sums do not overflow."""
    width, most = RANGES[name]
    size = draw(st.integers(1, 40))
    numbers = st.floats(-most, most, width=width)
    return [np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype=DTYPES[name].numpy) for _ in range(2)]


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
@settings(deadline=None, max_examples=100)
def test_no_order_of_summation_leaves_the_bound(name, data):
    x, w = data.draw(factors(name))
    exact = x.astype(float) * w.astype(float)
    expected = exact.sum()
    bound = error_bound(expected, np.abs(exact).sum(), np.array(len(x)), DTYPES[name])
    for order, total in ORDERS.items():
        computed = total(x * w)
        assert computed.dtype.name == name
        assert abs(float(computed) - expected) <= bound, order
    wide = np.array(expected).astype(DTYPES[name].numpy)
    assert abs(float(wide) - expected) <= bound


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_a_fused_multiply_add_stays_within_the_bound(data):
    x, w = data.draw(factors("float32"))
    exact = x.astype(float) * w.astype(float)
    total = np.float32(0)
    for product in exact:
        total = np.float32(float(total) + product)
    bound = error_bound(exact.sum(), np.abs(exact).sum(), np.array(len(x)), DTYPES["float32"])
    assert abs(float(total) - exact.sum()) <= bound


def test_the_bound_is_tight_enough_to_catch_a_lost_product():
    """Of ten equal products one may not be missing, nor may the sum be in half the precision."""
    bound = error_bound(np.array(10.0), np.array(10.0), np.array(10), DTYPES["float32"])
    assert bound < 1.0
    assert bound < 10 * DTYPES["float16"].unit_roundoff


@pytest.mark.parametrize(
    ("error", "expected", "name", "units"),
    [
        (2.0**-23, 1.0, "float32", 1.0),
        (2.0**-23, -1.5, "float32", 1.0),
        (2.0**-23, 0.75, "float32", 2.0),
        (2.0**-149, 0.0, "float32", 1.0),
        (2.0**-10, 1.0, "float16", 1.0),
        (64.0, 1e6, "float16", 2.0),
        (2.0**-51, 1.0, "float64", 2.0),
        (1.0, 0.0, "float64", 2.0**52),
        (0.0, 3.0, "float64", 0.0),
    ],
)
def test_ulps(error, expected, name, units):
    assert ulps(np.array([error]), np.array([expected]), DTYPES[name]) == units


def test_ulps_are_those_of_the_worst_element():
    assert ulps(np.array([2.0**-23, 2.0**-22]), np.array([1.0, 4.0]), DTYPES["float32"]) == 1.0
    assert ulps(np.zeros((1, 0)), np.zeros((1, 0)), DTYPES["float32"]) == 0.0
