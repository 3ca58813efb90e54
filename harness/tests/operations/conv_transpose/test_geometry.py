"""Sizes of the canonical operation, and the rules that hold in every dialect."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.case import Expect, Reading
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.geometry import Axis, full_geometry, remaining_crops
from harness.tests.build import make_case, make_geometry


@pytest.mark.parametrize(
    ("axis", "extent", "full", "out"),
    [
        (Axis(3, 3, 2, 1), 3, 7, 7),
        (Axis(3, 3, 2, 1, 1, 0), 3, 7, 6),
        (Axis(3, 3, 2, 2, 1, 1), 5, 9, 7),
        (Axis(10, 1, 3, 1), 1, 28, 28),
        (Axis(10, 1, 3, 1, 0, -2), 1, 28, 30),
        (Axis(1, 4, 5, 3, -1, -2), 10, 10, 13),
        (Axis(0, 3, 2, 1), 3, 1, 1),
    ],
)
def test_sizes_of_an_axis(axis, extent, full, out):
    assert (axis.extent, axis.full, axis.out) == (extent, full, out)


def test_shapes_keep_axes_and_channels_apart():
    geometry = make_geometry((3, 2, 2, 1, 1, 0), (4, 5, 1, 2, -1, 3), batch=7, in_channels=6, out_channels=4, groups=2)
    assert geometry.input_shape == (7, 6, 3, 4)
    assert geometry.kernel_shape == (6, 2, 2, 5)
    assert geometry.output_shape == (7, 4, 5, 10)
    assert geometry.output_size == (5, 10)
    assert geometry.crops == ((1, 0), (-1, 3))
    assert [axis.n for axis in geometry.axes] == [3, 4]


def test_with_crops_changes_crops_alone():
    geometry = make_geometry((3, 2, 2, 1, 1, 0), (4, 5, 1, 2), batch=7, in_channels=6, out_channels=4, groups=2)
    other = geometry.with_crops(((0, 2), (-1, 4)))
    assert other.crops == ((0, 2), (-1, 4))
    assert other.with_crops(geometry.crops) == geometry


crops = st.tuples(*[st.tuples(st.integers(-3, 3), st.integers(-3, 3))] * 2)


@given(crops, crops)
@settings(deadline=None)
def test_remaining_crops_lead_from_one_geometry_to_the_other(had, wanted):
    full = make_geometry((3, 4, 2, 1), (4, 3, 3, 2))
    have, want = full.with_crops(had), full.with_crops(wanted)
    for before, left, after in zip(have.crops, remaining_crops(have, want), want.crops, strict=True):
        assert (before[0] + left[0], before[1] + left[1]) == after


def test_full_geometry_takes_every_size_from_the_case():
    case = make_case(
        batch=2,
        in_channels=4,
        out_channels=6,
        groups=2,
        input_size=(3, 5),
        kernel_size=(2, 4),
        strides=(3, 1),
        dilations=(1, 2),
        padding=1,
    )
    expected = make_geometry((3, 2, 3, 1), (5, 4, 1, 2), batch=2, in_channels=4, out_channels=6, groups=2)
    assert full_geometry(case) == expected


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"batch": 0}, "batch"),
        ({"in_channels": 0}, "in_channels"),
        ({"out_channels": -1}, "out_channels"),
        ({"groups": 0}, "groups"),
        ({"input_size": (3, 0)}, "input_size"),
        ({"kernel_size": (0, 3)}, "kernel_size"),
        ({"strides": (1, 0)}, "strides"),
        ({"dilations": (0, 1)}, "dilations"),
        ({"groups": 2, "in_channels": 3, "out_channels": 2}, "groups"),
        ({"groups": 2, "in_channels": 2, "out_channels": 3}, "groups"),
    ],
)
def test_sizes_that_no_dialect_allows(keys, key):
    with pytest.raises(IllegalCaseError) as caught:
        full_geometry(make_case(**keys))
    assert caught.value.key == key
    assert str(caught.value)


def test_an_input_of_no_rows_is_only_a_question_of_readings():
    readings = (Reading("zeros", "the bias alone", ((0, 0), (0, 0))), Reading("error", "nothing to do", refused=True))
    geometry = full_geometry(make_case(input_size=(0, 3), expect=Expect(readings=readings)))
    assert geometry.input_shape == (1, 1, 0, 3)
    with pytest.raises(IllegalCaseError, match="below 1"):
        full_geometry(make_case(input_size=(0, 3)))


@pytest.mark.parametrize("key", ["batch", "in_channels", "out_channels"])
def test_an_empty_axis_has_a_geometry_only_where_readings_are_listed(key):
    readings = Expect(
        readings=(Reading("empty", "It may be.", ((0, 0), (0, 0))), Reading("refused", "It is silent.", refused=True))
    )
    assert getattr(full_geometry(make_case(**{key: 0}, expect=readings)), key) == 0
    with pytest.raises(IllegalCaseError, match=f"{key} is 0"):
        full_geometry(make_case(**{key: 0}))
