"""The oracle against a second formulation, its adjoint, a brute count, and wrong functions that must be told apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.operations.conv_transpose import products
from harness.operations.conv_transpose.oracle import ConvTransposeReference, conv_transpose, count_terms
from harness.tests.build import make_geometry
from harness.tests.second_oracle import by_recipe, convolve

NO_AXIS = (1, 1, 1, 1, 0, 0)


@st.composite
def axes(draw):
    """(n, k, s, d, begin, end) with at least one output element."""
    n, k, s, d = (draw(st.integers(1, most)) for most in (4, 4, 4, 3))
    full = (n - 1) * s + (k - 1) * d + 1
    begin = draw(st.integers(-2, min(4, full + 1)))
    end = draw(st.integers(-2, min(4, full - begin - 1)))
    return n, k, s, d, begin, end


@st.composite
def operations(draw):
    """A geometry, and x, w, b of small integers for it."""
    height, width, groups = draw(axes()), draw(axes()), draw(st.integers(1, 3))
    geometry = make_geometry(
        height,
        width,
        batch=draw(st.integers(1, 2)),
        in_channels=groups * draw(st.integers(1, 2)),
        out_channels=groups * draw(st.integers(1, 2)),
        groups=groups,
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.integers(-9, 10, geometry.input_shape).astype(float)
    w = rng.integers(-9, 10, geometry.kernel_shape).astype(float)
    b = rng.integers(-9, 10, geometry.out_channels).astype(float) if draw(st.booleans()) else None
    return geometry, x, w, b


def plain(axis):
    return axis.n, axis.k, axis.s, axis.d, axis.begin, axis.end


def second(geometry, x, w, b):
    return by_recipe(x, w, b, plain(geometry.height), plain(geometry.width), geometry.groups)


def integers(rng, shape):
    return rng.integers(-9, 10, shape).astype(float)


@given(operations())
@settings(deadline=None, max_examples=150)
def test_two_formulations_agree_bit_for_bit(operation):
    geometry = operation[0]
    y = conv_transpose(*operation)
    assert y.dtype == np.float64
    assert y.shape == geometry.output_shape
    assert np.array_equal(y, second(*operation))


@given(operations())
@settings(deadline=None, max_examples=60)
def test_it_is_the_adjoint_of_the_ordinary_convolution(operation):
    geometry, x, w, _ = operation
    u = integers(np.random.default_rng(5), geometry.output_shape)
    convolved = convolve(u, w, plain(geometry.height), plain(geometry.width), geometry.groups)
    assert np.sum(convolved * x) == np.sum(u * conv_transpose(geometry, x, w, None))


@given(operations())
@settings(deadline=None, max_examples=60)
def test_terms_are_those_that_meet_and_magnitude_is_their_absolute_sum(operation):
    geometry, x, w, b = operation
    reference = ConvTransposeReference(geometry, x, w, b)
    ones = second(geometry, np.ones_like(x), np.ones_like(w), None)
    assert np.array_equal(count_terms(geometry), ones[0, 0])
    assert np.array_equal(np.broadcast_to(reference.terms, ones.shape), ones + (b is not None))
    expected = second(geometry, np.abs(x), np.abs(w), None if b is None else np.abs(b))
    assert np.array_equal(reference.magnitude, expected)
    assert np.array_equal(reference.output, conv_transpose(*operation))


def test_a_sum_worked_out_by_hand():
    """x = [1 2], w = [1 10 100], stride 2: 1, 10, 100 + 2, 20, 200; then one cropped off and a zero put on."""
    x, w = np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 10.0, 100.0]]]])
    y = conv_transpose(make_geometry(NO_AXIS, (2, 3, 2, 1)), x, w, None)
    assert y.tolist() == [[[[1, 10, 102, 20, 200]]]]
    cropped = conv_transpose(make_geometry(NO_AXIS, (2, 3, 2, 1, 1, -1)), x, w, np.array([7.0]))
    assert cropped.tolist() == [[[[17, 109, 27, 207, 7]]]]
    dilated = conv_transpose(make_geometry(NO_AXIS, (2, 3, 2, 2)), x, w, None)
    assert dilated.tolist() == [[[[1, 0, 12, 0, 120, 0, 200]]]]


@pytest.mark.parametrize("tile", [1, 2000])
def test_tiles_of_channels_are_no_matter(monkeypatch, tile):
    geometry = make_geometry((3, 2, 2, 1), (2, 3, 1, 1, 1, 0), batch=2, in_channels=6, out_channels=14, groups=2)
    rng = np.random.default_rng(2)
    x, w = integers(rng, geometry.input_shape), integers(rng, geometry.kernel_shape)
    whole = conv_transpose(geometry, x, w, None)
    monkeypatch.setattr(products, "TILE_BYTES", tile)
    assert np.array_equal(conv_transpose(geometry, x, w, None), whole)
    assert np.array_equal(whole, second(geometry, x, w, None))


def test_groups_keep_to_themselves():
    geometry = make_geometry(NO_AXIS, NO_AXIS, in_channels=4, out_channels=2, groups=2)
    x = np.array([1.0, 10, 100, 1000]).reshape(geometry.input_shape)
    w = np.array([1.0, 2, 3, 4]).reshape(geometry.kernel_shape)
    assert conv_transpose(geometry, x, w, None).ravel().tolist() == [21, 4300]


@pytest.mark.parametrize(
    ("x", "w"),
    [
        ((1, 2, 3, 3), (1, 1, 3, 3)),
        ((1, 1, 3, 4), (1, 1, 3, 3)),
        ((2, 1, 3, 3), (1, 1, 3, 3)),
        ((1, 1, 3, 3), (1, 2, 3, 3)),
        ((1, 1, 3, 3), (1, 1, 3, 2)),
        ((3, 3), (3, 3)),
    ],
)
def test_shapes_that_contradict_the_geometry_are_refused(x, w):
    with pytest.raises(ValueError, match="expected"):
        conv_transpose(make_geometry((3, 3, 1, 1)), np.ones(x), np.ones(w), None)


def test_infinity_and_nan_stand_exactly_where_they_fall():
    x = np.array([[[[1.0, np.inf, 1.0, np.nan, 1.0]]]])
    y = conv_transpose(make_geometry(NO_AXIS, (5, 1, 2, 1)), x, np.array([[[[-1.0]]]]), None)
    assert np.array_equal(y[0, 0, 0], [-1, 0, -np.inf, 0, -1, 0, np.nan, 0, -1], equal_nan=True)
    meeting = conv_transpose(
        make_geometry(NO_AXIS, (2, 2, 1, 1)), np.array([[[[np.inf, np.inf]]]]), np.array([[[[1.0, -1.0]]]]), None
    )
    assert np.array_equal(meeting[0, 0, 0], [np.inf, np.nan, -np.inf], equal_nan=True)
    zero = conv_transpose(make_geometry(NO_AXIS, NO_AXIS), np.array([[[[np.inf]]]]), np.array([[[[0.0]]]]), None)
    assert np.isnan(zero).all()


def test_an_infinity_that_is_cropped_away_is_gone():
    x = np.array([[[[np.nan, 2.0]]]])
    y = conv_transpose(make_geometry(NO_AXIS, (2, 1, 2, 1, 1, 0)), x, np.array([[[[1.0]]]]), None)
    assert y.ravel().tolist() == [0, 2]


def test_an_input_without_rows_gives_zeros_and_bias():
    geometry = make_geometry((0, 3, 2, 1), (2, 3, 2, 1))
    y = conv_transpose(geometry, np.ones((1, 1, 0, 2)), np.ones((1, 1, 3, 3)), np.array([4.0]))
    assert np.array_equal(y, np.full((1, 1, 1, 5), 4.0))
    assert not count_terms(geometry).any()
    assert count_terms(geometry).shape == (1, 5)


@pytest.mark.parametrize("crops", [(9, -6), (5, -1), (-9, 12), (-2, 5)])
def test_a_window_beyond_the_full_output_is_zero(crops):
    geometry = make_geometry(NO_AXIS, (2, 3, 2, 1, *crops))
    y = conv_transpose(geometry, np.ones((1, 1, 1, 2)), np.ones((1, 1, 1, 3)), None)
    assert y.shape == geometry.output_shape
    assert np.array_equal(y, second(geometry, np.ones((1, 1, 1, 2)), np.ones((1, 1, 1, 3)), None))


# Miniatures: each is what its name says, and nearly right.


def rotates_the_kernel(geometry, x, w, b):
    """The kernel is held as it is."""
    return conv_transpose(geometry, x, w[:, :, ::-1, ::-1], b)


def swaps_begin_and_end(geometry, x, w, b):
    """The crop at the beginning comes first."""
    return conv_transpose(geometry.with_crops(tuple((end, begin) for begin, end in geometry.crops)), x, w, b)


def leaves_extension_without_bias(geometry, x, w, b):
    """Every element gets the bias."""
    y = second(geometry, x, w, b)
    plain_sum = second(geometry, x, w, None)
    return np.where(np.broadcast_to(count_terms(geometry), y.shape) > 0, y, plain_sum)


def swaps_the_axes_of_the_kernel(geometry, x, w, b):
    """Height comes before width."""
    return conv_transpose(geometry, x, w.swapaxes(2, 3), b)


def mixes_the_groups(geometry, x, w, b):
    """Group g of the input meets group g of the kernel."""
    return conv_transpose(geometry, x, np.roll(w, geometry.in_channels // geometry.groups, axis=0), b)


def forgets_the_dilation(geometry, x, w, b):
    """The taps are d apart."""
    height, width = ((a.n, a.k, a.s, 1, a.begin, a.end - (a.d - 1) * (a.k - 1)) for a in geometry.axes)
    return by_recipe(x, w, b, height, width, geometry.groups)


def adds_every_bias_twice(geometry, x, w, b):
    """The bias is added once."""
    return conv_transpose(geometry, x, w, 2 * b)


MINIATURES = [
    rotates_the_kernel,
    swaps_begin_and_end,
    leaves_extension_without_bias,
    swaps_the_axes_of_the_kernel,
    mixes_the_groups,
    forgets_the_dilation,
    adds_every_bias_twice,
]


@pytest.mark.parametrize("wrong", MINIATURES)
def test_a_wrong_oracle_differs_from_the_second_formulation(wrong):
    axis = (3, 3, 2, 2, 1, -2)
    geometry = make_geometry(axis, axis, batch=2, in_channels=4, out_channels=4, groups=2)
    rng = np.random.default_rng(1)
    x, w, b = integers(rng, geometry.input_shape), integers(rng, geometry.kernel_shape), np.array([1.0, 2, 3, 4])
    right = second(geometry, x, w, b)
    y = wrong(geometry, x, w, b)
    assert y.shape == right.shape
    assert not np.array_equal(y, right)
    assert np.array_equal(conv_transpose(geometry, x, w, b), right)


@pytest.mark.parametrize(("inputs", "outputs", "batch"), [(0, 3, 2), (2, 0, 2), (2, 3, 0)])
def test_sums_over_an_empty_axis_are_the_bias_alone(inputs, outputs, batch):
    geometry = make_geometry((3, 2, 2, 1), batch=batch, in_channels=inputs, out_channels=outputs)
    b = np.arange(1.0, outputs + 1)
    y = conv_transpose(geometry, np.ones(geometry.input_shape), np.ones(geometry.kernel_shape), b)
    assert y.shape == geometry.output_shape == (batch, outputs, 6, 6)
    if not inputs:
        assert np.array_equal(y, np.broadcast_to(b[:, None, None], y.shape))
