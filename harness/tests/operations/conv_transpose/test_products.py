"""Every cut of the axes, in tiles of every size, gives the output and the gradients of their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings

from harness.operations.conv_transpose import products
from harness.operations.conv_transpose.blocks import phases, single, whole
from harness.operations.conv_transpose.products import multiply, multiply_back, multiply_out, quickest
from harness.tests.build import make_geometry
from harness.tests.operations.conv_transpose.test_gradients import drawn, operations, plain
from harness.tests.second_gradients import by_definition
from harness.tests.second_oracle import by_recipe


def all_three(reference, g):
    geometry = reference.geometry
    return (
        multiply(geometry, reference.x, reference.w),
        multiply_back(geometry, reference.w, g),
        multiply_out(geometry, reference.x, g),
    )


def scatter(reference):
    """The output by its definition; there may be no input."""
    geometry = reference.geometry
    if not reference.x.size:
        return np.zeros(geometry.output_shape)
    height, width, groups = plain(reference)
    return by_recipe(reference.x, reference.w, None, height, width, groups)


@pytest.mark.parametrize("tile", [1, 400, 4 << 20])
@pytest.mark.parametrize("cut", [whole, phases, single])
def test_every_cut_in_every_tile_is_the_operation(cut, tile):
    @given(operations(fewest=1))
    @settings(deadline=None, max_examples=40)
    def check(operation):
        reference, g = operation
        expected = [
            by_definition(name, reference.x, reference.w, g, *plain(reference))
            for name in ("input_grad", "kernel_grad")
        ]
        output, *gradients = all_three(reference, g)
        assert np.array_equal(output, scatter(reference))
        for made, right in zip(gradients, expected, strict=True):
            assert np.array_equal(made, right)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "quickest", lambda _: cut)
        patch.setattr(products, "TILE_BYTES", tile)
        patch.setattr(products, "TINY", 0)
        check()


@given(operations(fewest=1))
@settings(deadline=None, max_examples=200)
def test_tiny_products_are_summed_by_number_to_the_same_bits(operation):
    reference, _ = operation
    geometry, x, w = reference.geometry, reference.x, reference.w
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "quickest", lambda _: whole)
        patch.setattr(products, "TINY", 0)
        expected = multiply(geometry, x, w)
        if x.size:
            patch.setattr(products, "TINY", 1 << 60)
            patch.setattr(products, "blocks", None)
            assert np.array_equal(multiply(geometry, x, w), expected)


LARGE = {
    "few pixels and a large kernel": (make_geometry((4, 4, 2, 1, 1, 1), in_channels=64, out_channels=64), whole),
    "many pixels and a small kernel": (make_geometry((64, 4, 2, 1, 1, 1), in_channels=8, out_channels=8), phases),
    "few output channels": (make_geometry((64, 7, 1, 1, 3, 3), in_channels=64, out_channels=2), whole),
    "tiny": (make_geometry((3, 3, 2, 1)), whole),
}


@pytest.mark.parametrize("what", LARGE)
def test_the_quickest_cut_moves_least_and_gives_what_any_gives(what, monkeypatch):
    geometry, cut = LARGE[what]
    assert quickest(geometry) is cut
    reference, g = drawn(geometry)
    made = all_three(reference, g)
    monkeypatch.setattr(products, "quickest", lambda _: single)
    for one, other in zip(made, all_three(reference, g), strict=True):
        assert np.array_equal(one, other)


def scatter_one_by_one(geometry, x, w):
    """The output by its definition, where infinity and NaN meet only what they meet."""
    y = np.zeros(geometry.output_shape)
    height, width = geometry.axes
    share = geometry.in_channels // geometry.groups
    for n, c, i, j in np.ndindex(x.shape):
        for o, a, e in np.ndindex(w.shape[1:]):
            row, column = i * height.s + a * height.d - height.begin, j * width.s + e * width.d - width.begin
            if 0 <= row < height.out and 0 <= column < width.out:
                y[n, c // share * w.shape[1] + o, row, column] += x[n, c, i, j] * w[c, o, a, e]
    return y


@pytest.mark.parametrize("cut", [whole, phases])
@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("where", ["x", "w"])
@pytest.mark.parametrize("tiny", [0, 1 << 60])
def test_infinity_and_nan_meet_no_zero_that_was_put_on(tiny, where, value, cut, monkeypatch):
    monkeypatch.setattr(products, "TINY", tiny)
    monkeypatch.setattr(products, "quickest", lambda _: cut)
    geometry = make_geometry((3, 4, 2, 1, 1, -2), (3, 3, 2, 2, 2, 1), batch=2, in_channels=2, out_channels=4, groups=2)
    reference, _ = drawn(geometry)
    getattr(reference, where).reshape(-1)[::11] = value
    with np.errstate(invalid="ignore"):
        made = multiply(geometry, reference.x, reference.w)
        expected = scatter_one_by_one(geometry, reference.x, reference.w)
    assert np.array_equal(made, expected, equal_nan=True)
