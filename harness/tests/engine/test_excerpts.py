from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.outcome import Failed, Raised, Value
from harness.core.reference import ReferenceValues
from harness.core.results import Row, Verdict
from harness.engine.excerpts import ALL_ELEMENTS, MOST_ELEMENTS, MOST_EXPECTED, Excerpts, cut, worst
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.tests.build import make_case

CASE = make_case(batch=2, in_channels=2, out_channels=3, input_size=(3, 4), strides=2)


def row(verdict, case=CASE):
    return Row(case.name, "a", "eager", "output", "native", verdict, verdict, None, None, "", "", "")


def reference_of(case):
    geometry = lower(case)
    return make_tensors(case, geometry).reference(geometry)


def shown(got, verdict=Verdict.DIVERGES, case=CASE, *, checks=0, legal=True):
    showcase = Excerpts(checks)
    showcase.add(row(verdict, case), case.dtype, reference_of(case) if legal else None, Value(got))
    return showcase


def test_a_right_answer_is_kept_as_expected_only():
    reference = reference_of(CASE)
    showcase = shown(reference.output.astype("float32"), Verdict.EXACT)
    assert showcase.rows == {}
    window = showcase.expected[CASE.name]
    assert (window.shape, window.origin, window.values.dtype) == ((2, 3, 7, 9), (0, 0, 0), np.dtype("float32"))
    assert np.array_equal(window.values, reference.output.reshape(6, 7, 9)[: MOST_EXPECTED // 63])


def test_a_wrong_answer_is_kept_beside_the_same_window_of_the_right_one():
    got = reference_of(CASE).output.astype("float32")
    got[1, 0, 5, 2] += 3
    got[0, 2, 1, 1] += 2
    excerpt = shown(got).rows[row(Verdict.DIVERGES).key]
    assert excerpt.actual.origin == excerpt.expected.origin == (0, 0, 0)
    assert np.array_equal(excerpt.actual.values, got.reshape(6, 7, 9))
    assert np.argwhere(excerpt.actual.values != excerpt.expected.values).tolist() == [[2, 1, 1], [3, 5, 2]]


@pytest.mark.parametrize("size", [(70, 90), (3000, 1), (1, 3000), (20, 20)])
def test_a_large_output_is_cut_around_its_worst_element(size):
    case = make_case(batch=2, out_channels=7, input_size=size, kernel_size=1)
    got = reference_of(case).output.astype("float32")
    place = (1, 4, size[0] - 1, size[1] // 3)
    got[place] += 5
    excerpt = shown(got, case=case).rows[row(Verdict.DIVERGES, case).key]
    assert excerpt.actual.values.size <= MOST_ELEMENTS
    assert 2 * excerpt.actual.values.size > MOST_ELEMENTS * 0.7
    (at,) = np.argwhere(excerpt.actual.values != excerpt.expected.values).tolist()
    plane, i, j = (origin + index for origin, index in zip(excerpt.actual.origin, at, strict=True))
    assert (plane // 7, plane % 7, i, j) == place
    expected = shown(got, case=case).expected[case.name]
    assert expected.values.size <= MOST_EXPECTED


@pytest.mark.parametrize(
    "shape", [(), (5,), (4, 5), (3, 4, 5), (2, 3, 4, 5), (2, 0, 4, 5), (2, 3, 0, 5), (1, 2, 3, 4, 5)]
)
def test_an_array_of_any_shape_is_cut(shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    window = cut(array, (0, 0, 0), 10_000)
    assert window.shape == shape
    assert window.values.shape[1:] == ((1, 1, *shape)[-2:])
    assert window.values.ravel().tolist() == array.ravel().tolist()


def test_a_wrong_shape_has_no_window_to_compare_with():
    got = np.zeros((3, 7, 9), "float32")
    excerpt = shown(got, Verdict.WRONG_SHAPE).rows[row(Verdict.WRONG_SHAPE).key]
    assert (excerpt.actual.shape, excerpt.expected) == ((3, 7, 9), None)


def test_without_a_single_right_answer_only_what_came_is_kept():
    showcase = shown(np.ones((1, 1, 2, 2), "float32"), Verdict.ACCEPTS, legal=False)
    assert showcase.expected == {}
    assert showcase.rows[row(Verdict.ACCEPTS).key].expected is None


def test_errors_and_failures_keep_no_array():
    showcase = Excerpts()
    showcase.add(row(Verdict.CRASHES), "float32", reference_of(CASE), Failed(Verdict.CRASHES, "died"))
    assert showcase.expected == {}
    showcase.add(row(Verdict.REJECTS), "float32", reference_of(CASE), Raised("ValueError", "no"))
    assert list(showcase.expected) == [CASE.name]
    assert showcase.rows == {}


@pytest.mark.parametrize("dtype", [np.complex64, np.bool_, np.dtype("S4")])
def test_values_that_no_page_can_show_are_left_out(dtype):
    assert shown(np.zeros((2, 3, 7, 9), dtype), Verdict.WRONG_DTYPE).rows == {}


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_the_worst_place_is_one_that_is_not_finite(special):
    output = np.ones((2, 3, 4, 5))
    got = output.astype("float32")
    got[0, 0, 0, 0] = 1e30
    got[1, 2, 3, 1] = special
    assert worst(got, output, "float32") == (5, 3, 1)
    both = output.copy()
    both[1, 2, 3, 1] = special
    assert worst(got, both, "float32") == (0, 0, 0)


def test_an_overflow_of_the_dtype_is_no_difference():
    output = np.array([[[[1e9, 3.0]]]])
    assert worst(np.array([[[[np.inf, 4.0]]]], "float16"), output, "float16") == (0, 0, 1)


def test_many_checks_share_the_elements_there_are():
    got = reference_of(CASE).output.astype("float32") + 1
    checks = ALL_ELEMENTS // 100
    excerpt = shown(got, checks=checks).rows[row(Verdict.DIVERGES).key]
    assert 0 < excerpt.actual.values.size <= 100
    assert excerpt.actual.values.size == excerpt.expected.values.size
    one = shown(got, checks=10 * ALL_ELEMENTS).rows[row(Verdict.DIVERGES).key]
    assert one.actual.values.size == 1


def test_a_window_is_a_copy():
    got = reference_of(CASE).output.astype("float32") + 1
    excerpt = shown(got).rows[row(Verdict.DIVERGES).key]
    before = excerpt.actual.values.copy()
    got[...] = 0
    assert np.array_equal(excerpt.actual.values, before)


def test_other_cases_do_not_share_what_is_expected():
    other = replace(CASE, id="other", in_channels=1)
    showcase = Excerpts()
    for case in (CASE, other):
        reference = reference_of(case)
        showcase.add(row(Verdict.EXACT, case), case.dtype, reference, Value(reference.output.astype("float32")))
    assert set(showcase.expected) == {CASE.name, other.name}


def test_of_a_right_answer_that_was_rounded_no_more_is_kept_than_of_an_exact_one():
    got = reference_of(CASE).output.astype("float32") + 1
    sizes = [
        shown(got, verdict).rows[row(verdict).key].actual.values.size
        for verdict in (Verdict.WITHIN_BOUND, Verdict.DIVERGES)
    ]
    assert sizes[0] <= MOST_EXPECTED < sizes[1] == got.size


def test_expected_indices_are_shown_in_their_own_dtype():
    due = np.array([[[[2**24 + 1, 2**24 + 3]]]])
    showcase = Excerpts()
    key = replace(row(Verdict.DIVERGES), output="indices")
    showcase.add(key, "float16", ReferenceValues(due.astype(np.float64), dtype="int64"), Value(due + 1))
    (found,) = showcase.rows.values()
    assert found.expected is not None
    assert found.expected.values.dtype == found.actual.values.dtype == np.int64
    assert found.expected.values.ravel().tolist() == [2**24 + 1, 2**24 + 3]
