"""What is written down of the calls that unit tests make."""

from __future__ import annotations

import unittest
from types import SimpleNamespace

import numpy as np
import pytest

from harness.quality.peers.recorder import NoValuesError, Recorder
from harness.quality.peers.row import Row, UnstatedError


def as_array(value):
    if value is None:
        raise NoValuesError
    return np.array(value)


def describe(name, given, made):
    if given["factor"] == 0:
        raise UnstatedError("no factor")
    x, y = as_array(given["x"]), as_array(made)
    return Row(name, "times", {"factor": given["factor"]}, {"input": ("W", x)}, {"output": ("W", y)})


@pytest.fixture
def recorded():
    """Runs a method as a unit test; it gets the function that is watched."""
    maths = SimpleNamespace(times=lambda x, factor=2: None if x is None else [one * factor for one in x])

    def run(body):
        class Tests(unittest.TestCase):
            def assertAllClose(self, first, second):  # noqa: N802
                np.testing.assert_allclose(first, second)

            def test_one(self):
                body(self, maths.times)

        recorder = Recorder(as_array)
        recorder.watch(maths, "times", describe)
        recorder.watch_expectations(Tests)
        recorder.run_tests([SimpleNamespace(Tests=Tests)], lambda name: "test_one" in name)
        return recorder.rows

    return run


def test_a_call_is_written_down_once_for_its_words_and_sizes(recorded):
    def body(test, times):
        times([1, 2])
        times([3, 4])
        times([1, 2, 3])
        times([1, 2], factor=3)

    rows = recorded(body)
    assert [row.name for row in rows] == ["test_one 1", "test_one 2", "test_one 3"]
    assert [dict(row.words) for row in rows] == [{"factor": 2}, {"factor": 2}, {"factor": 3}]
    assert rows[0].results["output"][1].tolist() == [2, 4]
    assert not rows[0].expected


def test_what_a_result_is_held_against_is_expected(recorded):
    def body(test, times):
        made = times([1.0, 2.0])
        test.assertAllClose([9.0], [9.0])
        test.assertAllClose([2.00000001, 4.0], made)

    (row,) = recorded(body)
    assert row.expected
    assert row.results["output"][1].tolist() == [2.00000001, 4.0]


def test_of_calls_of_one_kind_the_one_with_an_expectation_is_kept(recorded):
    def body(test, times):
        times([5.0, 6.0])
        test.assertAllClose(times([1.0, 2.0]), [2.0, 4.0])
        times([7.0, 8.0])

    (row,) = recorded(body)
    assert (row.expected, row.inputs["input"][1].tolist()) == (True, [1.0, 2.0])


def test_symbols_are_no_rows_and_what_has_no_words_is_one(recorded):
    def body(test, times):
        times(None)
        times([1], 0)

    (row,) = recorded(body)
    assert (row.operation, row.absent) == ("", "no factor")


def test_draws_are_the_same_in_every_run(recorded):
    def body(test, times):
        times(np.random.random(3).tolist())  # noqa: NPY002

    first, second = recorded(body), recorded(body)
    assert first[0].inputs["input"][1].tolist() == second[0].inputs["input"][1].tolist()


def test_a_test_that_is_passed_over_is_no_error(recorded):
    def body(test, times):
        times([1])
        pytest.skip("not here")

    assert len(recorded(body)) == 1


def test_a_test_that_fails_is_an_error(recorded):
    with pytest.raises(RuntimeError, match=r"1 tests fail, the first is .*test_one: AssertionError: no"):
        recorded(lambda test, times: test.fail("no"))
