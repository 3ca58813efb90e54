"""What is handed over in place of the parameters: when it makes sense, how it is read and how it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.case import Expect, Overrides
from harness.core.errors import BadInputError, IllegalCaseError
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.overrides import (
    breaks_otherwise,
    check_overrides,
    describe_overrides,
    objection,
)
from harness.tests.asking import make_case
from harness.tests.build import load_cases

ERROR = Expect(error=True)
LEGAL = make_case(dialect="tensorflow", strides=(2, 2), words=Words("same"), bias=True)
"""Makes (2, 6, 8, 4) in NHWC."""
HEAD = """
suite: Overrides
about: what is handed over
defaults: {dialect: tensorflow, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - id: one
    about: text
    strides: 2
"""


def load(tmp_path, *lines):
    (case,) = load_cases(tmp_path, HEAD + "".join(f"    {line}\n" for line in lines))
    return case


def test_every_key_arrives_in_the_case(tmp_path):
    overrides = (
        "{input: [3, 4], kernel: [], bias: [4], input_dtype: float64, kernel_dtype: int32, output_shape: [-1, 8], "
    )
    case = load(
        tmp_path,
        "bias: true",
        "rule: kernel-rank",
        f"overrides: {overrides}output_shape_dtype: int64}}",
        "expect: {error: true}",
    )
    assert case.rule == "kernel-rank"
    assert case.overrides == Overrides((3, 4), (), (4,), "float64", "int32", (-1, 8), "int64")


@pytest.mark.parametrize(
    ("lines", "line", "message", "hint"),
    [
        (("rule: stride-zer",), 9, "expected the name of a rule", "did you mean stride-zero?"),
        (("rule: 7",), 9, "expected the name of a rule", "JSON Schema"),
        (("given: {kernel: [3]}",), 9, "unknown key given", "it is called overrides today"),
        (("tells: [KernelRotated]",), 9, "unknown key tells", "it is called kills today"),
        (("overrides: {kernl: [3]}",), 9, "unknown key kernl", "did you mean kernel?"),
        (("overrides: {kernel: 3}",), 9, "expected a list of integers", "for example"),
        (("overrides: {kernel: [3.5]}",), 9, "expected a list of integers", "for example"),
        (("overrides: {kernel_dtype: float8}",), 9, "expected 'float64', 'float32'", ""),
        (("overrides: {output_shape_dtype: int8}",), 9, "expected 'int32', 'int64'", ""),
        (("overrides: {}", "expect: {error: true}"), 9, "nothing is handed over", "for example"),
        (("overrides: {bias: [4]}", "expect: {error: true}"), 9, "no bias that could be replaced", "add `bias: true`"),
        (("overrides: {strides: 3}", "expect: {error: true}"), 9, "expected a list of integers", "for example"),
        (("overrides: {strides: [1, 2]}", "expect: {error: true}"), 9, "one number for each axis", "`strides: [1, 2]`"),
        (("overrides: {strides: [1, 2, 3]}",), 9, "no oracle decides about strides [1, 2, 3]", "add `expect: {error:"),
        (("overrides: {output_size: [6]}", "expect: {error: true}"), 9, "no list called output_size", "has dilations,"),
        (
            ("overrides: {strides: [2]}", "expect: {error: true}"),
            10,
            "strides: [2] is legal in dialect tensorflow",
            "b",
        ),
        (("overrides: {strides: [1, 2, 2, 1]}", "expect: {error: true}"), 10, "[1, 2, 2, 1] is legal", "hand over"),
        (("overrides: {kernel: [-3]}", "expect: {error: true}"), 9, "the shape of no tensor", ">= 0"),
        (("overrides: {kernel: [300, 300]}", "expect: {error: true}"), 9, "above 65536 elements", "small"),
        (("overrides: {input_dtype: float32}", "expect: {error: true}"), 9, "is the case's dtype", "another"),
        (("overrides: {kernel: [3, 3]}",), 9, "no oracle decides", "error: true"),
        (("overrides: {output_shape: [6, 7]}",), 9, "not the one that the parameters make", "agree"),
        (("overrides: {output_shape: [5, 8]}",), 9, "not the one that the parameters make", "agree"),
        (("expect: {error: true}", "overrides: {output_shape: [6, 8]}"), 9, "legal in dialect tensorflow", "expect"),
        (("expect: {error: true}", "overrides: {output_shape_dtype: int64}"), 9, "legal in dialect tensorflow", ""),
        (("overrides: {output_shape_dtype: float32}",), 9, "not the one that the parameters make", "agree"),
    ],
)
def test_nonsense_is_one_clear_message(lines, line, message, hint, tmp_path):
    with pytest.raises(BadInputError) as raised:
        load(tmp_path, *lines)
    (problem,) = raised.value.problems
    assert problem.line == line
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(output_shape=(6, 8)),
        Overrides(output_shape=(2, 6, 8, 4)),
        Overrides(output_shape_dtype="int64"),
        Overrides(output_shape=(6, 8), output_shape_dtype="int32"),
    ],
)
def test_an_output_shape_that_says_the_same_is_legal(overrides):
    case = replace(LEGAL, overrides=overrides)
    check_overrides(case, lower(case))
    assert not breaks_otherwise(case, lower(case))


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(output_shape=(6,)),
        Overrides(output_shape=(2, 6, 8, 4, 1)),
        Overrides(output_shape=(2, 4, 6, 8)),
        Overrides(output_shape=(3, 6, 8, 4)),
        Overrides(output_shape=(2, 6, 8, 3)),
        Overrides(output_shape=(-6, 8)),
        Overrides(output_shape=(-1, 6, 8, 4)),
        Overrides(output_shape=(7, 8)),
        Overrides(output_shape_dtype="float32"),
        Overrides(kernel=(3, 3)),
        Overrides(input_dtype="float64"),
    ],
)
def test_what_contradicts_the_parameters_breaks_a_rule_and_is_no_legal_case(overrides):
    case = replace(LEGAL, overrides=overrides)
    assert breaks_otherwise(case, lower(LEGAL))
    check_overrides(replace(case, expect=ERROR), None)
    with pytest.raises(IllegalCaseError):
        check_overrides(case, lower(LEGAL))


def test_an_output_shape_in_nchw_is_read_in_that_layout():
    case = replace(LEGAL, layout="NCHW", overrides=Overrides(output_shape=(2, 4, 6, 8)))
    check_overrides(case, lower(case))
    assert breaks_otherwise(replace(case, overrides=Overrides(output_shape=(2, 6, 8, 4))), lower(case))


def test_an_output_that_no_process_can_address_is_illegal_and_a_large_one_is_not(tmp_path):
    huge = ("dialect: pytorch", "dtype: float64", "expect: {error: true}", "rule: stride-huge")
    assert "strides" not in HEAD.partition("cases:")[0]
    text = HEAD.replace("    strides: 2\n", "")
    lines = "".join(f"    {line}\n" for line in (*huge, "strides: [1099511627776, 1]"))
    (case,) = load_cases(tmp_path, text + lines)
    assert case.strides == (1 << 40, 1)
    lines = "".join(f"    {line}\n" for line in (*huge, "strides: [1048576, 1]"))
    with pytest.raises(BadInputError, match="legal in dialect pytorch"):
        load_cases(tmp_path, text + lines)


def test_it_is_described_in_words():
    assert list(
        describe_overrides(Overrides(kernel=(), input_dtype="float64", output_shape=(6, 8), output_shape_dtype="int64"))
    ) == [
        "input: ones of float64",
        "kernel: ones of shape ()",
        "output_shape: [6, 8], a tensor of int64",
    ]
    assert list(describe_overrides(Overrides(bias=(4,), output_shape_dtype="int64"))) == [
        "bias: ones of shape (4,)",
        "output_shape: as the parameters make it, a tensor of int64",
    ]


PYTORCH = make_case(in_channels=4, groups=2, bias=True)
"""Takes (2, 4, 3, 4), a kernel of (4, 2, 3, 2) and four biases."""
KERAS = make_case(dialect="keras", bias=True)
"""Takes (2, 3, 4, 2), a kernel of (3, 2, 4, 2) and four biases."""


@pytest.mark.parametrize(
    ("case", "overrides", "words"),
    [
        (PYTORCH, Overrides(kernel=(4, 2, 3)), "a kernel has four axes, not 3"),
        (PYTORCH, Overrides(kernel=()), "a kernel has four axes, not 0"),
        (PYTORCH, Overrides(input=(3, 4)), "an input has four axes, not 2"),
        (PYTORCH, Overrides(input=(5, 3, 4)), "5 channels, the kernel takes 4"),
        (PYTORCH, Overrides(input=(2, 3, 3, 4)), "3 channels, the kernel takes 4"),
        (PYTORCH, Overrides(kernel=(4, 3, 3, 2)), "each of 6 channels"),
        (PYTORCH, Overrides(bias=(3,)), "each of 4 channels"),
        (PYTORCH, Overrides(bias=(1, 4)), "each of 4 channels"),
        (PYTORCH, Overrides(kernel=(4, 2, 0, 2)), "kernel_size"),
        (PYTORCH, Overrides(input=(2, 3, 3, 4), kernel=(3, 2, 3, 2)), "groups"),
        (PYTORCH, Overrides(kernel_dtype="float64"), "one dtype"),
        (PYTORCH, Overrides(input_dtype="float64", kernel_dtype="float64"), "one dtype"),
        (PYTORCH, Overrides(input=(4, 3, 4)), ""),
        (PYTORCH, Overrides(input=(1, 4, 9, 9)), ""),
        (PYTORCH, Overrides(kernel=(4, 2, 1, 1)), ""),
        (PYTORCH, Overrides(kernel=(4, 3, 3, 2), bias=(6,)), ""),
        (replace(PYTORCH, bias=False), Overrides(kernel=(4, 5, 3, 2)), ""),
        (replace(PYTORCH, bias=False), Overrides(input_dtype="float64", kernel_dtype="float64"), ""),
        (LEGAL, Overrides(input=(3, 4, 2)), "an input has four axes, not 3"),
        (LEGAL, Overrides(input=(3, 3, 4, 2)), "a batch of 3, output_shape one of 2"),
        (LEGAL, Overrides(input=(2, 5, 4, 2)), "output"),
        (LEGAL, Overrides(kernel=(3, 2, 3, 2)), "makes 3 channels, the call asks for 4"),
        (LEGAL, Overrides(kernel=(3, 2, 4, 3)), "2 channels, the kernel takes 3"),
        (LEGAL, Overrides(input=(2, 3, 4, 3), kernel=(3, 2, 4, 3)), ""),
        (LEGAL, Overrides(kernel=(5, 5, 4, 2)), ""),
        (replace(LEGAL, layout="NCHW"), Overrides(input=(2, 3, 4, 2)), "3 channels, the kernel takes 2"),
        (KERAS, Overrides(kernel=(5, 2, 4, 2)), "the size that the layer was made with"),
        (KERAS, Overrides(input=(3, 4, 2)), "an input has four axes, not 3"),
        (KERAS, Overrides(bias=(5,)), "each of 4 channels"),
        (KERAS, Overrides(input=(1, 9, 9, 2)), ""),
        (KERAS, Overrides(kernel_dtype="float64"), ""),
    ],
)
def test_tensors_are_illegal_by_a_rule_or_a_legal_call_of_other_sizes(case, overrides, words):
    found = objection(case, overrides, lower(case))
    assert words in found
    assert bool(found) is bool(words)
    assert breaks_otherwise(replace(case, overrides=overrides, expect=ERROR), lower(case)) is bool(words)


@pytest.mark.parametrize(
    ("case", "overrides"),
    [
        (PYTORCH, Overrides(kernel=(4, 2, 3, 2))),
        (PYTORCH, Overrides(input=(2, 4, 3, 4))),
        (PYTORCH, Overrides(bias=(4,), kernel=(4, 2, 3))),
        (replace(PYTORCH, strides=(0, 1)), Overrides(kernel=(4, 2, 3, 2))),
        (replace(PYTORCH, groups=0), Overrides(input=(2, 4, 3, 4))),
        (LEGAL, Overrides(kernel=(3, 2, 4, 2))),
        (replace(LEGAL, layout="NCHW"), Overrides(input=(2, 2, 3, 4))),
        (KERAS, Overrides(input=(2, 3, 4, 2))),
    ],
)
def test_what_is_due_is_not_handed_over_instead(case, overrides):
    with pytest.raises(IllegalCaseError, match="is what is expected"):
        check_overrides(replace(case, overrides=overrides, expect=ERROR), None)


def test_believed_errors_are_refused_with_reasons(tmp_path):
    head = """
suite: Overrides and believed
about: a
defaults: {dialect: pytorch, batch: 1, in_channels: 2, out_channels: 3, input_size: 4, kernel_size: 3}
cases:
"""
    lines = [
        "  - {id: kernel, about: x, overrides: {kernel: [2, 3, 3, 3]}, expect: {error: true}}",
        "  - {id: bias, about: x, bias: true, overrides: {bias: [3]}, expect: {error: true}}",
        "  - {id: image, about: x, overrides: {input: [2, 4, 4]}, expect: {error: true}}",
    ]
    found = []
    for line in lines:
        with pytest.raises(BadInputError) as raised:
            load_cases(tmp_path, f"{head}{line}\n")
        found += [(problem.message, problem.hint) for problem in raised.value.problems]
    assert [message for message, _ in found] == [
        "[2, 3, 3, 3] is what is expected: the kernel that the parameters make",
        "[3] is what is expected: the bias that the parameters make",
        "an error is expected, but input: ones of shape (2, 4, 4) is legal in dialect pytorch",
    ]
    assert "the result of one image without a batch is checked" in found[2][1]


ONE_IMAGE = replace(PYTORCH, batch=1, overrides=Overrides(input=(4, 3, 4)))


def test_one_image_without_a_batch_is_a_legal_case_of_pytorch_alone(tmp_path):
    check_overrides(ONE_IMAGE, lower(ONE_IMAGE))
    assert ONE_IMAGE.unbatched
    assert not PYTORCH.unbatched
    assert not replace(ONE_IMAGE, expect=ERROR).unbatched
    for other in (
        replace(ONE_IMAGE, batch=2),
        replace(ONE_IMAGE, overrides=Overrides(input=(4, 4, 3))),
        replace(ONE_IMAGE, overrides=Overrides(input=(4, 3, 4), input_dtype="float64")),
        replace(KERAS, batch=1, overrides=Overrides(input=(3, 4, 2))),
    ):
        with pytest.raises(IllegalCaseError, match="no oracle decides"):
            check_overrides(other, lower(other))
    assert list(describe_overrides(Overrides(input=(4, 3, 4)), unbatched=True)) == [
        "input: one image (4, 3, 4), without a batch"
    ]
