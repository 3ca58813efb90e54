from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import find, given, settings

from harness.case import DTypeName, Expect
from harness.dialects import lower
from harness.fuzzing.draws import cases, due_error, legal_cases, real_dtypes
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


@pytest.mark.parametrize("dialect", ["pytorch", "tensorflow", "keras"])
def test_legal_cases_are_legal_real_valued_and_of_every_kind(dialect):
    drawn = list(islice(legal_cases((dialect, "canonical"), ALL, 0), 600))
    for case in drawn:
        lower(case)
    assert {(case.data, case.expect.error) for case in drawn} == {("real", False)}
    assert len({case.name for case in drawn}) == len(drawn), "each has data of its own"
    assert [case.dialect for case in drawn[:4]] == [dialect, "canonical"] * 2
    for key in ("dtype", "layout", "bias", "batch", "strides"):
        assert len({getattr(case, key) for case in drawn}) > 1, key
    words = [case.words for case in drawn if case.dialect == dialect]
    assert any(said.output_padding is not None for said in words) is (dialect != "tensorflow")
    assert any(said.output_size is not None for said in words) is (dialect != "keras")


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    def drawn(seed):
        return list(islice(legal_cases(("keras", "canonical"), ALL, seed), 50))

    assert drawn(3) == drawn(3)
    assert {replace(case, id="") for case in drawn(3)} != {replace(case, id="") for case in drawn(4)}


def test_only_floating_point_holds_real_data():
    assert real_dtypes(("int64", "float16", "uint8", "bfloat16")) == ("float16", "bfloat16")


def test_cases_of_integers_are_not_given_real_data():
    kinds = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(cases("canonical", ("int64", "float32")))
    def check(case):
        kinds.add((case.dtype, case.data))

    check()
    assert kinds == {("int64", "integers"), ("float32", "integers"), ("float32", "real")}
