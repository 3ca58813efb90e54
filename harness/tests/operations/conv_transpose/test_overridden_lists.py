"""Lists of a wrong length that are handed over: what rule they break, and that the call gets them as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters import choose
from harness.adapters.program import Program
from harness.core.case import Expect, Overrides
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose import description
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.diagnosis import broken_rule
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.overrides import (
    breaks_otherwise,
    check_overrides,
    describe_overrides,
    objection_to_lists,
)
from harness.tests.asking import make_case

ERROR = Expect(error=True)


@pytest.mark.parametrize(
    ("dialect", "given", "text"),
    [
        ("pytorch", {"strides": (1, 2, 3)}, "strides is a list of 2 numbers, not of 3"),
        ("pytorch", {"padding": (1,)}, "padding is a list of 2 numbers, not of 1"),
        ("pytorch", {"output_padding": ()}, "output_padding is a list of 2 numbers, not of 0"),
        ("pytorch", {"output_size": (7, 8, 9)}, "output_size is a list of 2 or 4 numbers, not of 3"),
        ("pytorch", {"output_size": (2, 4, 8, 9)}, ""),
        ("tensorflow", {"strides": (1, 2, 3)}, "strides is a list of 1 or 2 or 4 numbers, not of 3"),
        ("tensorflow", {"dilations": (1,)}, ""),
        ("tensorflow", {"padding": (1, 1, 1, 1)}, "padding is no list of numbers"),
        ("keras", {"dilations": (1,)}, "dilations is a list of 2 numbers, not of 1"),
        ("keras", {"padding": (1,)}, "padding is no list of numbers"),
        ("onnx", {"padding": (1,)}, "padding is a list of 4 numbers, not of 1"),
        ("onnx", {"padding": (1, 1, 1, 1)}, ""),
        ("jax", {"strides": (1,)}, "strides is a list of 2 numbers, not of 1"),
    ],
)
def test_a_list_breaks_a_rule_by_a_length_that_its_dialect_does_not_document(dialect, given, text):
    words = Words("same") if dialect in {"tensorflow", "keras", "jax"} else Words()
    case = make_case(dialect=dialect, words=words, overrides=Overrides(**given), expect=ERROR)
    check_overrides(case, None)
    assert objection_to_lists(case) == text
    assert breaks_otherwise(case, lower(replace(case, expect=Expect()))) is bool(text)
    if text:
        assert broken_rule(case) == f"the rules of {dialect} exclude it: {text}"
        assert description.objection(case) == f"not legal in {dialect}: {text}"


def test_a_list_is_described_as_it_is_given():
    assert list(describe_overrides(Overrides(strides=(1, 2, 3), padding=()))) == ["strides: [1, 2, 3]", "padding: []"]


def test_a_dialect_of_no_framework_takes_no_lists():
    with pytest.raises(IllegalCaseError, match="canonical has no list called strides"):
        check_overrides(make_case(dialect="canonical", overrides=Overrides(strides=(1,)), expect=ERROR), None)


@pytest.mark.parametrize(
    ("adapter", "given", "found"),
    [
        ("pytorch", {"strides": (1, 2, 3), "dilations": (1,)}, {"stride": [1, 2, 3], "dilation": [1]}),
        ("pytorch", {"padding": (1,), "output_padding": ()}, {"padding": [1], "output_padding": []}),
        ("pytorch:functional", {"strides": (1, 2, 3)}, {"stride": [1, 2, 3]}),
        ("tensorflow", {"strides": (1, 2, 3), "padding": (1,)}, {"strides": [1, 2, 3], "padding": [1]}),
        ("keras", {"dilations": (1,), "output_padding": (0,)}, {"dilation_rate": [1], "output_padding": [0]}),
        ("keras:ops", {"strides": (1, 2, 3)}, {"strides": [1, 2, 3]}),
    ],
)
def test_a_list_reaches_the_call_as_it_is(adapter, given, found):
    (one,) = choose([adapter])
    words = Words() if one.adapter.dialect == "pytorch" else Words("same")
    case = make_case(dialect=one.adapter.dialect, words=words, overrides=Overrides(**given), expect=ERROR)
    program = one.adapter.program(case)
    assert isinstance(program, Program)
    call = program.call.get("module", program.call)
    assert {name: call[name] for name in found} == found


def test_pytorch_gets_an_output_size_of_a_wrong_length():
    (one,) = choose(["pytorch"])
    program = one.adapter.program(make_case(overrides=Overrides(output_size=(7, 8, 9)), expect=ERROR))
    assert isinstance(program, Program)
    assert program.call["forward"] == {"output_size": [7, 8, 9]}
