"""A cotangent and gradients that a suite writes out: right, wrong and without sense."""

import numpy as np
import pytest

from harness.core.errors import BadInputError
from harness.core.reference import has_independent_elements, may_hold_subnormals
from harness.operations import operation_of
from harness.suites.expected_values import check_expected
from harness.tests.build import load_cases

CASE = """suite: Gradients
about: text
cases:
  - id: one
    about: text
    strides: [1, 2]
    bias: [1]
    input: {layout: W, values: [1, 2]}
    kernel: {layout: W, values: [3, 4]}
"""
COTANGENT = "    cotangent: {layout: W, values: [1, 10, 100, 1000]}\n"
INPUT, KERNEL, BIAS = (
    "input_grad: {layout: W, values: [43, 4300]}",
    "kernel_grad: {layout: W, values: [201, 2010]}",
    "bias_grad: {layout: C, values: [1111]}",
)
"""Of y = (3, 4, 6, 8) + 1: x gets 3 g0 + 4 g1 and 3 g2 + 4 g3, the kernel g0 + 2 g2 and g1 + 2 g3."""


def expecting(*parts, rest=COTANGENT):
    return CASE + rest + f"    expect: {{{', '.join(parts)}}}\n"


def problem(folder, text):
    with pytest.raises(BadInputError) as caught:
        check_expected(load_cases(folder, text))
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize("values", [(), ("layout: W, values: [4, 5, 7, 9]",)])
def test_right_gradients_pass_beside_the_output_or_alone(tmp_path, values):
    (case,) = load_cases(tmp_path, expecting(INPUT, KERNEL, BIAS, *values))
    check_expected([case])
    assert case.outputs == ("output", "input_grad", "kernel_grad", "bias_grad")
    shown = dict(operation_of(case).description(case)["parameters"])
    assert (shown["cotangent"], shown["expected"]) == ("literal", "literal values, checked against the oracle")
    tensors = operation_of(case).oracle.prepare(case).tensors.named
    np.testing.assert_array_equal(tensors["cotangent"], [[[[1, 10, 100, 1000]]]])
    assert tensors["cotangent"].dtype == np.float32


@pytest.mark.parametrize(
    ("part", "right", "wrong", "key", "message"),
    [
        (INPUT, "43,", "44,", "expect.input_grad", "the oracle gives 43 at [0, 0, 0, 0] (NCHW), the values say 44"),
        (
            KERNEL,
            "2010",
            "201",
            "expect.kernel_grad",
            "the oracle gives 2010 at [0, 0, 0, 1] (IOHW), the values say 201",
        ),
        (BIAS, "1111", "0", "expect.bias_grad", "the oracle gives 1111 at [0] (C), the values say 0"),
    ],
)
def test_each_wrong_gradient_is_found(tmp_path, part, right, wrong, key, message):
    found = problem(tmp_path, expecting("layout: W, values: [4, 5, 7, 9]", part.replace(right, wrong)))
    assert (found.case, found.key, found.message, found.line) == ("one", key, message, 4)


def test_a_wrong_output_is_found_before_them(tmp_path):
    assert problem(tmp_path, expecting("layout: W, values: [4, 5, 7, 8]", INPUT)).key == "expect"


def test_axes_stand_in_the_layout_that_is_written(tmp_path):
    """Two channels in, three out, and no two sizes alike."""
    generator = np.random.default_rng(0)
    x, w = generator.integers(1, 9, (2, 4, 5)), generator.integers(1, 9, (2, 3, 2, 1))
    g = generator.integers(1, 9, (3, 5, 5))
    input_grad = sum(np.einsum("io,ohw->ihw", w[:, :, a, 0], g[:, a : a + 4]) for a in range(2))
    kernel_grad = np.stack([np.einsum("ihw,ohw->io", x, g[:, a : a + 4]) for a in range(2)], axis=-1)[..., None]
    text = CASE.partition("    strides")[0] + (
        f"    input: {{layout: CHW, values: {x.tolist()}}}\n"
        f"    kernel: {{layout: HWOI, values: {w.transpose(2, 3, 1, 0).tolist()}}}\n"
        f"    cotangent: {{layout: HWC, values: {g.transpose(1, 2, 0).tolist()}}}\n"
        f"    expect:\n      input_grad: {{layout: HWC, values: {np.moveaxis(input_grad, 0, -1).tolist()}}}\n"
        f"      kernel_grad: {{layout: OIHW, rotated: true,"
        f" values: {kernel_grad.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1].tolist()}}}\n"
    )
    check_expected(load_cases(tmp_path, text))
    assert problem(tmp_path, text.replace(" rotated: true,", "")).key == "expect.kernel_grad"


def test_what_is_written_out_is_not_taken_for_drawn(tmp_path):
    drawn = "    input_size: [1, 4]\n    kernel_size: 1\n    bias: true\n"
    head = CASE.partition("    strides")[0]
    (plain,) = load_cases(tmp_path, head + drawn)
    (case,) = load_cases(tmp_path, head + drawn + COTANGENT)
    for name in ("input_grad", "kernel_grad", "bias_grad"):
        assert has_independent_elements(plain, name)
        assert not has_independent_elements(case, name)
    assert has_independent_elements(case, "output")
    assert (may_hold_subnormals(plain), may_hold_subnormals(case)) == (False, True)


READINGS = "    expect: {readings: [{name: a, because: b, crops: 0}, {name: c, because: d, refused: true}]}\n"


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        (expecting(INPUT, rest=""), 10, "cases.expect.input_grad", "a gradient is expected, but no cotangent is given"),
        (
            expecting(INPUT, KERNEL) + "    outputs: [output, input_grad]\n",
            11,
            "cases.expect.kernel_grad",
            "kernel_grad is not requested",
        ),
        (
            expecting(INPUT).replace("[43, 4300]", "[43]"),
            11,
            "cases.expect.input_grad",
            "1 along W, but the case has 2",
        ),
        (
            expecting(KERNEL).replace("[201,", "[201, 1,"),
            11,
            "cases.expect.kernel_grad",
            "3 along W, but the case has 2",
        ),
        (expecting(BIAS).replace("[1111]", "[1, 1]"), 11, "cases.expect.bias_grad", "2 along C, but the case has 1"),
        (expecting(BIAS).replace("layout: C", "layout: W"), 11, "cases.expect.bias_grad", "letters C"),
        (expecting(INPUT, "shape: [4], layout: W"), 11, "cases.expect", "expected layout and values together"),
        (expecting(INPUT, "error: true"), 11, "cases.expect", "expected layout and values together"),
        (expecting(INPUT, "layout: W"), 11, "cases.expect", "expected layout and values together"),
        (CASE + COTANGENT.replace(", 1000", ""), 10, "cases.cotangent", "3 along W, but the case has 4"),
        (
            CASE + COTANGENT + "    outputs: [output]\n",
            10,
            "cases.cotangent",
            "no gradients that a cotangent would be for",
        ),
        (CASE + COTANGENT + "    dtype: int32\n", 10, "cases.cotangent", "no gradients that a cotangent would be for"),
        (CASE + COTANGENT + READINGS, 10, "cases.cotangent", "no gradients that a cotangent would be for"),
    ],
)
def test_problems_say_where_in_the_suite(tmp_path, text, line, key, message):
    found = problem(tmp_path, text)
    assert (found.line, found.key, found.case) == (line, key, "one")
    assert message in found.message
    assert found.hint
