"""Drawn integers use the bits that sums leave free, so that operands in narrower types show, and stay exact."""

from dataclasses import replace

import numpy as np
import pytest

from harness.case import GRADIENTS
from harness.data import make_tensors
from harness.dialects import lower
from harness.dtypes import DTYPES
from harness.gradients import Gradient
from harness.integers import Channels, Limits, Products, Recipe, plan
from harness.tests.build import make_case
from harness.tests.narrow import in_bits

OUTPUTS = ("output", *GRADIENTS)
SIZES = {
    "one-channel": {},
    "several-channels": {"in_channels": 3, "out_channels": 4, "bias": True},
    "one-input-channel": {"out_channels": 4},
    "one-output-channel": {"in_channels": 4},
    "grouped": {"in_channels": 6, "out_channels": 9, "groups": 3},
    "depthwise": {"in_channels": 5, "out_channels": 5, "groups": 5},
    "one-tap": {"in_channels": 2, "out_channels": 2, "kernel_size": 1, "strides": 2},
    "wide": {"in_channels": 200, "out_channels": 3, "kernel_size": 3, "batch": 2},
}


def found_by(case, bits):
    """The outputs that change where every operand is rounded to ``bits`` significant bits."""
    geometry = lower(case)
    tensors = make_tensors(case, geometry)
    assert tensors.g is not None
    x, w, g = (in_bits(t.astype(np.float64), bits) for t in (tensors.x, tensors.w, tensors.g))
    right = tensors.reference(geometry)
    wrong = replace(right, x=x, w=w)
    changed = {"output": not np.array_equal(right.output, wrong.output)}
    for name in GRADIENTS[:2]:
        one = Gradient(name, right, tensors.g.astype(np.float64)).output
        changed[name] = not np.array_equal(one, Gradient(name, wrong, g).output)
    return changed


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("sizes", sorted(SIZES))
@pytest.mark.parametrize("bits", [11, 8])
def test_operands_of_fewer_bits_show_in_the_output(bits, sizes, number):
    case = make_case(id=f"{sizes}-{number}", outputs=OUTPUTS, **SIZES[sizes])
    assert found_by(case, bits)["output"]


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("sizes", ["several-channels", "one-output-channel", "grouped", "depthwise", "one-tap"])
def test_where_channels_are_several_they_show_in_both_gradients_too(sizes, number):
    assert all(found_by(make_case(id=f"{sizes}-{number}", outputs=OUTPUTS, **SIZES[sizes]), 11).values())


@pytest.mark.parametrize(
    ("dtype", "bits"), [("float64", 24), ("float16", 8), ("bfloat16", 4), ("int64", 24), ("int32", 24)]
)
def test_every_dtype_is_told_from_the_next_narrower_one(dtype, bits):
    case = make_case(id="narrower", dtype=dtype, in_channels=2, out_channels=2, kernel_size=1)
    tensors = make_tensors(case, lower(case))
    exact = [[int(value) for value in t.ravel().tolist()] for t in (tensors.x, tensors.w)]
    assert any(in_bits(value, bits) != value for value in exact[0] + exact[1])


def test_each_operand_carries_bits_in_some_cases():
    carried = set()
    for number in range(40):
        case = make_case(id=f"carried-{number}", in_channels=2, out_channels=2, outputs=OUTPUTS)
        tensors = make_tensors(case, lower(case))
        carried |= {name for name in "xwg" if np.abs(getattr(tensors, name)).max() >= 2**11}
    assert carried == set("xwg")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int8", "uint8", "complex64"])
@pytest.mark.parametrize("sizes", sorted(SIZES))
def test_no_element_is_zero_where_ones_are_exact(dtype, sizes):
    case = make_case(id=sizes, dtype=dtype, input_size=2, **{"kernel_size": 2} | SIZES[sizes])
    if sizes != "wide" or DTYPES[dtype].exact_limit > 4000:
        tensors = make_tensors(case, lower(case))
        assert all(np.all(t) for t in (tensors.x, tensors.w))


def test_a_long_sum_leaves_one_operand_of_ones_before_the_other_loses_bits():
    two = Products(output=1024, kernel=1, input=1, total=1).limits(DTYPES["float32"], 0)
    found = plan(two, DTYPES["float32"], 0, Channels(1, 1), {}).recipes
    assert {recipe.many for recipe in found.values()} == {0, 2**24 // 1024 // 4}
    assert found["w"].few == 4
    four = Products(output=4096, kernel=1, input=1, total=1).limits(DTYPES["float32"], 0)
    found = plan(four, DTYPES["float32"], 0, Channels(1, 1), {}).recipes
    assert found["w"].few == 1
    assert found["x"].many == 4096


def test_beside_a_literal_operand_the_other_carries_what_it_leaves():
    limits = Limits(xw=2**20, xg=2**24, wg=2**24, g=2**24)
    found = plan(limits, DTYPES["float32"], 0, Channels(2, 2), {"x": 100})
    assert set(found.recipes) == {"w", "g"}
    assert max(recipe.many for recipe in found.recipes.values()) >= 2**12
    assert found.recipes["w"].many in {0, 2**20 // 100}
    both = plan(limits, DTYPES["float32"], 0, Channels(2, 2), {"x": 100, "w": 1000})
    assert both.recipes["g"].many == 2**24 // 1000
    assert not both.sparse


def test_the_elements_that_carry_are_odd_and_of_the_upper_half():
    generator = np.random.default_rng(0)
    recipe = Recipe(few=3, many=5000, axis=1, start=1, block=3)
    sizes = recipe.draw(generator, (50, 6, 4))
    carries = np.zeros(6, bool)
    carries[[1, 4]] = True
    assert np.all(sizes[:, carries] % 2 == 1)
    assert sizes[:, carries].min() >= 2500
    assert sizes[:, carries].max() <= 5000
    assert set(np.unique(sizes[:, ~carries])) == {1, 2, 3}
