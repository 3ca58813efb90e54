from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import find, given, settings

from harness.case import DTypeName, Expect
from harness.dialects import lower
from harness.fuzzing.draws import cases, due_error
from harness.geometry import IllegalCaseError

ALL: tuple[DTypeName, ...] = ("float64", "float32", "float16")


@pytest.mark.parametrize("dialect", ["pytorch", "tensorflow", "keras", "canonical"])
def test_a_case_that_is_drawn_is_legal_or_expects_an_error(dialect):
    kinds = set()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(cases(dialect, ALL))
    def check(case):
        try:
            lower(replace(case, expect=Expect()))
        except IllegalCaseError:
            assert case.expect.error
            kinds.add("illegal")
        else:
            assert not case.expect.error
            kinds.add("legal")

    check()
    assert kinds == {"illegal", "legal"}


def test_cases_shrink_to_ones():
    case = find(cases("canonical", ALL), lambda case: not case.expect.error, settings=settings(database=None))
    assert (case.batch, case.in_channels, case.input_size, case.kernel_size, case.groups) == (1, 1, (1, 1), (1, 1), 1)
    assert due_error(case) == case
