from __future__ import annotations

from harness.core.case import Expect
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.text_drawing import draw_axis, draw_case, draw_geometry, draw_overlap
from harness.tests.build import make_case, make_geometry


def test_same_at_stride_2_keeps_all_but_the_last():
    assert draw_axis("height", Axis(3, 3, 2, 1, 0, 1)) == [
        "height: input 3, kernel 3, stride 2, dilation 1; full 7, crop 0 and 1, output 6",
        "  full   0  1  2  3  4  5  6",
        "  hits   1  1  2  1  2  1  1",
        "  keep   ^  ^  ^  ^  ^  ^  .",
    ]


def test_zeros_beyond_the_full_output_are_shown_on_both_sides():
    assert draw_axis("width", Axis(2, 1, 3, 1, -1, -2))[1:] == [
        "  full      0  1  2  3",
        "  hits      1  0  0  1",
        "  keep   0  ^  ^  ^  ^  0  0",
    ]


def test_a_long_axis_is_said_in_words_alone():
    (line,) = draw_axis("width", Axis(100, 4, 2, 1))
    assert "full 202" in line


def test_the_overlap_of_a_kernel_that_the_stride_does_not_divide_is_uneven():
    assert draw_overlap(make_geometry((2, 3, 2, 1), (2, 2, 2, 1))) == [
        "overlap: products per channel pair that meet in each element of the output: 1 to 2",
        "   1 1 1 1",
        "   1 1 1 1",
        "   2 2 2 2",
        "   1 1 1 1",
        "   1 1 1 1",
    ]


def test_a_large_overlap_is_said_in_words_alone():
    (line,) = draw_overlap(make_geometry((100, 4, 2, 1)))
    assert line.endswith("1 to 4")


def test_an_empty_output_has_no_overlap():
    assert draw_overlap(make_geometry((0, 1, 1, 1))) == ["overlap: the output is empty"]


def test_the_unevenness_is_said_where_the_overlap_is_drawn():
    lines = list(draw_case(make_case(kernel_size=(3, 4), strides=2)))
    assert lines[-1].startswith("unevenness 1/2: in the interior of a large image 2 to 4 products")
    illegal = make_case(dialect="pytorch", output_padding=7, expect=Expect(error=True))
    assert not any("unevenness" in line for line in draw_case(illegal))


UNEVEN, SHORT, CROPPED = Axis(2, 3, 2, 1), Axis(2, 1, 1, 1), Axis(3, 3, 2, 1, 1, 1)


def test_one_axis_is_drawn_as_a_width():
    assert list(draw_geometry(Geometry((CROPPED,), 1, 1, 1, 1))) == [
        "width: input 3, kernel 3, stride 2, dilation 1; full 7, crop 1 and 1, output 5",
        "  full   0  1  2  3  4  5  6",
        "  hits   1  1  2  1  2  1  1",
        "  keep   .  ^  ^  ^  ^  ^  .",
        "overlap: products per channel pair that meet in each element of the output: 1 to 2",
        "   1 2 1 2 1",
        "unevenness 1/2: in the interior of a large image 1 to 2 products of one channel pair meet in an element",
    ]


def test_three_axes_are_drawn_with_a_plane_for_each_depth():
    lines = list(draw_geometry(Geometry((Axis(2, 2, 1, 1), SHORT, UNEVEN), 1, 1, 1, 1)))
    assert [line.partition(":")[0] for line in lines if line.startswith(("depth", "height", "width"))] == [
        *("depth", "height", "width")
    ]
    at = lines.index("overlap: products per channel pair that meet in each element of the output: 1 to 4")
    outer, inner = ["   1 1 2 1 1"] * 2, ["   2 2 4 2 2"] * 2
    assert lines[at + 1 : -1] == ["  depth 0", *outer, "  depth 1", *inner, "  depth 2", *outer]
    assert lines[-1].startswith("unevenness 1/2: in the interior of a large image 2 to 4 products")


def test_a_large_output_of_three_axes_is_described_without_being_made():
    (line,) = draw_overlap(Geometry((Axis(10**6, 3, 2, 1),) * 3, 1, 1, 1, 1))
    assert line.endswith("1 to 8")
