"""A shape that a suite states must be the one that the parameters make."""

import pytest

from harness.core.errors import BadInputError
from harness.operations import OPERATIONS
from harness.suites.registry import load_suites
from harness.tests.operations.small import SHAPES, SIZES, SMALL


def load(tmp_path, op, expect, parameters=None):
    path = tmp_path / "shapes.yaml"
    text = f"op: {op}\nsuite: Shapes\nabout: text\ncases:\n  - id: one\n    about: text\n"
    lines = [*SIZES.split("; "), f"expect: {expect}", *(parameters or SMALL[op]).split("; ")]
    path.write_text(text + "".join(f"    {one}\n" for one in lines))
    return [case for suite in load_suites([path]) for case in suite.cases()]


def problem(tmp_path, op, expect, parameters=None):
    with pytest.raises(BadInputError) as caught:
        load(tmp_path, op, expect, parameters)
    (found,) = caught.value.problems
    return found


def test_every_operation_is_here():
    assert set(SMALL) == set(SHAPES) == set(OPERATIONS)


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_shape_that_the_parameters_make_is_right_in_any_layout(tmp_path, op):
    n, h, w, c = SHAPES[op]
    for layout, shape in (("NHWC", [n, h, w, c]), ("NCHW", [n, c, h, w])):
        (case,) = load(tmp_path, op, f"{{shape: {shape}, layout: {layout}}}")
        assert case.expect.shape == (n, c, h, w)
        assert not case.nominal


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("axis", range(4))
def test_another_one_is_bad_input_at_its_place(tmp_path, op, axis):
    shape = list(SHAPES[op])
    shape[axis] += 1
    found = problem(tmp_path, op, f"{{shape: {shape}, layout: NHWC}}")
    assert (found.line, found.key, found.case) == (9, "cases.expect.shape", "one")
    n, h, w, c = SHAPES[op]
    assert found.message.endswith(f"but the parameters make {[n, c, h, w]}")
    assert found.hint == "check layout, shape and the parameters"


def test_axes_that_the_layout_leaves_out_have_size_1(tmp_path):
    parameters = "kernel_size: 3; out_channels: 1"
    found = problem(tmp_path, "conv_transpose2d", "{shape: [4, 5], layout: HW}", parameters)
    assert found.message == "the shape is [1, 1, 4, 5] (NCHW), but the parameters make [2, 1, 4, 5]"
    (case,) = load(tmp_path, "conv_transpose2d", "{shape: [2, 4, 5], layout: NHW}", parameters)
    assert case.expect.shape == (2, 1, 4, 5)


@pytest.mark.parametrize("op", ["conv_transpose2d", "resize2d"])
@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{shape: [2, 5, 7, 4]}", "layout and shape"),
        ("{layout: NHWC}", "layout and shape"),
        ("{shape: [2, 5, 7, 4], layout: NHWC, error: true}", "layout and shape"),
        ("{shape: [2, 5, 7], layout: NHWC}", "layout NHWC has 4 axes but values have 3"),
        ("{shape: [2, 5, 7, 4], layout: NHWD}", "letters NCHW"),
        ("{shape: [2, 5, 7, -4], layout: NHWC}", "greater than or equal to 0"),
        ("{shape: 5, layout: H}", "valid list"),
    ],
)
def test_a_shape_stands_with_its_layout_and_alone(tmp_path, op, expect, words):
    found = problem(tmp_path, op, expect)
    assert found.line == 9
    assert words in found.message
