from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from typing import get_args

import pytest
from hypothesis import find, given, settings

from harness.core.case import Dialect, DTypeName, Expect
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry
from harness.quality.fuzzing.sizes import MOST_WORK, mixed
from harness.quality.fuzzing.strategies import cases, due_error, legal_cases, real_dtypes
from harness.tests.asking import make_case

ALL: tuple[DTypeName, ...] = ("float64", "float32", "float16")


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_a_case_that_is_drawn_is_legal_or_expects_an_error_or_lists_the_readings(dialect):
    kinds = set()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(cases(dialect, ALL))
    def check(case):
        try:
            lower(replace(case, expect=Expect()))
        except IllegalCaseError as error:
            assert case.nominal
            kinds.add(error.key if case.expect.readings else "illegal")
            assert case.outputs == ("output",)
        else:
            assert not case.nominal
            kinds.add("legal")
            assert case.outputs == ("output", "input_grad", "kernel_grad", "bias_grad")[: 4 if case.bias else 3]
        for reading in case.expect.readings:
            assert reading.crops is None or min(full_geometry(case).with_crops(reading.crops).output_size) > 0

    check()
    empty = {"batch", "in_channels", "out_channels"}
    assert kinds >= {"illegal", "legal"}
    assert kinds & empty or dialect != "pytorch"
    assert kinds - {"illegal", "legal", *empty} == ({"output_size"} if dialect == "onnx" else set())


@pytest.mark.parametrize(
    ("height", "crops"),
    [
        (
            8,
            {
                "less at the beginning": ((-3, -2), (0, 0)),
                "more at the beginning": ((-2, -3), (0, 0)),
                "all at the end": ((0, -5), (0, 0)),
                "refused": None,
            },
        ),
        (9, {"less at the beginning": ((-3, -3), (0, 0)), "all at the end": ((0, -6), (0, 0)), "refused": None}),
    ],
)
def test_an_onnx_output_beyond_what_the_input_reaches_has_every_result_of_its_size_once(height, crops):
    words = Words("same", output_size=(height, 4))
    case = due_error(make_case(dialect="onnx", input_size=(2, 2), kernel_size=(2, 3), strides=(1, 1), words=words))
    assert {reading.name: reading.crops for reading in case.expect.readings} == crops
    assert [reading.name for reading in case.expect.readings if reading.refused] == ["refused"]
    for one in filter(None, crops.values()):
        assert full_geometry(case).with_crops(one).output_size == (height, 4)


def test_cases_of_all_sizes_are_drawn_and_their_work_is_bounded():
    choose = random.Random(0).randint
    drawn = [mixed(choose) for _ in range(6000)]
    assert max(sizes.work for sizes in drawn) <= MOST_WORK
    assert max(max(sizes.in_channels, sizes.out_channels) for sizes in drawn) > 400
    assert max(sizes.axes[0].k for sizes in drawn) == 16
    assert max(sizes.axes[0].s for sizes in drawn) == 8
    assert max(sizes.batch for sizes in drawn) > 4
    few = [sizes for sizes in drawn if max(sizes.in_channels, sizes.out_channels, *map(longest, sizes.axes)) <= 12]
    assert 0.6 < len(few) / len(drawn) < 0.9


def longest(axis):
    return max(axis.n, axis.k, axis.s, axis.d)


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
