"""Sums beyond an integer dtype: refused by lint, or read as one of those that a case lists."""

import numpy as np
import pytest

from harness.core.comparator import judge
from harness.core.errors import BadInputError
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.vacuity import vacuous
from harness.quality.lint import twin_readings
from harness.tests.build import load_cases

SUITE = """
suite: Overflow
about: a
cases:
  - id: one
    about: a
    dialect: pytorch
    dtype: {dtype}
    input: {{layout: W, values: {x}}}
    kernel: {{layout: W, values: [1, {w}]}}
    {expect}
"""
BOTH = "expect: {readings: [{name: around, because: b, overflow: wraps}, {name: cut, because: c, overflow: saturates}]}"


def case_of(folder, x, w=2, dtype="int8", expect=""):
    (case,) = load_cases(folder, SUITE.format(x=x, w=w, dtype=dtype, expect=expect))
    return case


@pytest.mark.parametrize(
    ("dtype", "x", "w", "said"),
    [
        ("int8", [63, 1], 2, ""),
        ("int8", [64, 1], 2, "sums reach up to 129, outside the -128 to 127 of int8"),
        ("int8", [-64, -1], 2, "sums reach down to -129, outside the -128 to 127 of int8"),
        # the sum is 0, but summed in this type it would have left it in between
        ("int8", [100, -100], 1, ""),
        ("int8", [127, -100], 2, "sums reach up to 254"),
        ("uint8", [255, 0], 1, ""),
        ("uint8", [255, 1], 1, "sums reach up to 256"),
        ("int64", [2**63 - 1, 0], 1, ""),
        ("int64", [2**62, 0], 2, "sums reach up to 9.22337204e+18"),
        ("int64", [-(2**62), 0], 2, ""),
        ("int64", [-(2**62), -1], 2, "sums reach down to -9.22337204e+18"),
    ],
)
def test_lint_refuses_a_sum_that_leaves_the_type(tmp_path, dtype, x, w, said):
    problem = vacuous(case_of(tmp_path, x, w, dtype))
    found = "" if problem is None or "sums reach" not in problem.message else problem.message
    assert bool(found) == bool(said)
    assert said in found


@pytest.mark.parametrize(
    ("dtype", "x", "w", "wraps", "saturates"),
    [
        ("int8", [100, -100], 3, [100, -56, -44], [100, 127, -128]),
        ("uint8", [200, 255], 2, [200, 143, 254], [200, 255, 255]),
        ("int32", [2**30, -(2**31)], 2, [2**30, 0, 0], [2**30, 0, -(2**31)]),
        ("int64", [2**62, -(2**63)], 2, [2**62, 0, 0], [2**62, 0, -(2**63)]),
        ("int64", [2**62 + 1, 5], 2, [2**62 + 1, -(2**63) + 7, 10], [2**62 + 1, 2**63 - 1, 10]),
    ],
)
def test_each_reading_has_its_numbers_and_others_are_wrong(tmp_path, dtype, x, w, wraps, saturates):
    case = case_of(tmp_path, x, w, dtype, BOTH)
    tensors = make_tensors(case, None)

    def judged(values):
        return judge(case, tensors, None, Value(np.array(values, dtype).reshape(1, 1, 1, -1)))

    assert vacuous(case) is None
    assert "around" in judged(wraps).message
    assert "cut" in judged(saturates).message
    assert judged(wraps).verdict is judged(saturates).verdict is Verdict.AMBIGUOUS
    assert judged([0, 0, 0]).verdict is Verdict.DIVERGES
    mixed = [*wraps[:2], saturates[2]] if wraps[2] != saturates[2] else [wraps[0] - 1, *wraps[1:]]
    assert judged(mixed).verdict is Verdict.DIVERGES or mixed in (wraps, saturates)


def test_where_no_sum_leaves_the_type_the_readings_are_one(tmp_path):
    assert twin_readings(case_of(tmp_path, [1, 2], expect=BOTH)) is not None
    assert twin_readings(case_of(tmp_path, [100, 100], expect=BOTH)) is None


@pytest.mark.parametrize(
    ("text", "dtype", "said"),
    [
        (BOTH, "float32", "a sum in float32 neither wraps nor saturates"),
        (BOTH.replace("overflow: wraps", "overflow: rises"), "int8", "'wraps' or 'saturates'"),
        (BOTH.replace("overflow: wraps", "overflow: wraps, refused: true"), "int8", "is refused, and what it gives"),
        (BOTH.replace("overflow: wraps", "overflow: wraps, crops: 1"), "int8", "has crops and an overflow"),
    ],
)
def test_what_no_overflow_can_be_is_refused(tmp_path, text, dtype, said):
    with pytest.raises(BadInputError) as caught:
        case_of(tmp_path, [100, 100], dtype=dtype, expect=text)
    assert any(said in problem.message for problem in caught.value.problems)
