"""Index spaces against the formulas of each framework's documentation, both ways, and as program text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.operations.index_spaces import LETTERS, NATIVE, ORDERS, Space, dividing, spoken, translating, translation

FORMULAS = {
    "plane": lambda n, c, y, x, images, channels, height, width: y * width + x,
    "hwc": lambda n, c, y, x, images, channels, height, width: (y * width + x) * channels + c,
    "nhwc": lambda n, c, y, x, images, channels, height, width: ((n * height + y) * width + x) * channels + c,
    "nchw": lambda n, c, y, x, images, channels, height, width: ((n * channels + c) * height + y) * width + x,
    "ncwh": lambda n, c, y, x, images, channels, height, width: ((n * channels + c) * width + x) * height + y,
}
shapes = st.tuples(*[st.integers(1, 4)] * 4)
names = st.sampled_from(sorted(ORDERS))


def elements(shape):
    """The coordinates of every element, each of the tensor's shape."""
    return dict(zip(LETTERS, np.indices(shape), strict=True))


def run(lines, indices):
    scope = {"np": np, "indices": indices}
    exec("\n".join(lines), scope)
    return scope


def test_every_space_has_a_formula_and_every_dialect_a_space():
    assert set(FORMULAS) == set(ORDERS)
    assert set(NATIVE.values()) <= set(ORDERS)


@settings(deadline=None, max_examples=60)
@given(names, shapes)
def test_flattening_is_the_documented_formula(name, shape):
    indices = Space(name, shape).flatten(elements(shape))
    for place in np.ndindex(shape):
        assert indices[place] == FORMULAS[name](*place, *shape)


@settings(deadline=None, max_examples=60)
@given(names, shapes)
def test_coordinates_undo_flattening(name, shape):
    space, where = Space(name, shape), elements(shape)
    found = space.coordinates(np.broadcast_to(space.flatten(where), shape))
    assert all(np.array_equal(found[letter], where[letter]) for letter in LETTERS)


@settings(deadline=None, max_examples=60)
@given(names, shapes)
def test_there_are_as_many_indices_as_a_space_says(name, shape):
    space = Space(name, shape)
    assert set(np.ravel(space.flatten(elements(shape))).tolist()) == set(range(space.size))


@settings(deadline=None, max_examples=60)
@given(names, shapes, st.integers(1, 5), st.booleans())
def test_the_slowest_coordinate_of_an_index_outside_is_outside(name, shape, beyond, below):
    space = Space(name, shape)
    index = -beyond if below else space.size - 1 + beyond
    slowest = space.order[0]
    found = space.coordinates(np.full(shape, index))[slowest]
    assert np.all(found < 0) if below else np.all(found >= space.sizes[slowest])


@settings(deadline=None, max_examples=60)
@given(names, names, shapes, st.tuples(st.integers(0, 2), st.integers(0, 2)), st.tuples(*[st.integers(0, 2)] * 2))
def test_the_text_translates_indices_of_a_padded_image(source, target, shape, before, after):
    padded = (*shape[:2], shape[2] + before[0] + after[0], shape[3] + before[1] + after[1])
    where = elements(shape)
    moved = {**where, "H": where["H"] + before[0], "W": where["W"] + before[1]}
    start, end = Space(source, padded), Space(target, shape)
    found = run(translating(start, end, before), start.flatten(moved))["indices"]
    assert np.array_equal(np.broadcast_to(found, shape), np.broadcast_to(end.flatten(where), shape))


@settings(deadline=None, max_examples=60)
@given(names, shapes)
def test_nothing_is_written_where_spaces_are_the_same(name, shape):
    assert translating(Space(name, shape), Space(name, shape)) == []
    assert translating(Space(name, shape), Space(name, shape), (0, 1)) != []


@settings(deadline=None, max_examples=60)
@given(names, shapes)
def test_the_text_divides_indices_into_coordinates(name, shape):
    space, where = Space(name, shape), elements(shape)
    found = run(dividing(space, "NHWC", shape[:2]), space.flatten(where))
    for letter, variable in zip("NCHW", ("image", "channel", "row", "column"), strict=True):
        assert np.array_equal(np.broadcast_to(found[variable], shape), where[letter])


@pytest.mark.parametrize(
    ("name", "index"), [("plane", 9), ("hwc", 9 * 2 + 1), ("nhwc", 33 * 2 + 1), ("nchw", 3 * 24 + 9), ("ncwh", 85)]
)
def test_one_element_in_every_space(name, index):
    """Row 1, column 3 of channel 1 of the second image of (2, 2, 4, 6)."""
    space = Space(name, (2, 2, 4, 6))
    place = {letter: np.array([[[[at]]]]) for letter, at in zip(LETTERS, (1, 1, 1, 3), strict=True)}
    assert space.flatten(place).item() == index


def test_a_translation_is_said_in_words():
    plane, hwc = Space("plane", (1, 2, 3, 4)), Space("hwc", (1, 2, 3, 4))
    assert translation(hwc, plane) == "the indices are translated from h·w·c to one plane"
    assert translation(plane, Space("plane", (1, 2, 2, 4))).startswith("the indices of the padded image")
    assert spoken("ncwh") == "n·c·w·h"
