from __future__ import annotations

import itertools
import sys
from types import SimpleNamespace

import pytest

from harness.quality.benchmarks import runner
from harness.quality.benchmarks.layers import resident
from harness.quality.benchmarks.runner import CrashedError, apart, medians, run_program, show


def test_calls_take_turns_and_the_first_does_not_count():
    made = []
    calls = {"one": lambda: made.append(1), "other": lambda: made.append(2)}
    assert set(medians(calls, 3)) == {"one", "other"}
    assert made == [1, 2] * 4


@pytest.mark.parametrize(("warm_up", "median"), [(True, 3.0), (False, 2.0)])
def test_the_median_is_of_the_turns_that_count(monkeypatch, warm_up, median):
    ends = itertools.accumulate([1, 2, 3, 9])
    clock = SimpleNamespace(now=0)
    monkeypatch.setattr(runner, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    assert medians({"one": lambda: setattr(clock, "now", next(ends))}, 3, warm_up=warm_up) == {"one": median}


def test_a_function_is_called_in_a_process_of_its_own():
    assert apart(resident, "VmRSS") > 0


def test_a_program_that_fails_is_not_taken_for_an_answer():
    with pytest.raises(RuntimeError, match=r"(?s)resident.*exit 1.*ValueError"):
        apart(resident, "no such field")


def test_a_run_with_failing_checks_is_timed_and_one_that_cannot_run_is_not():
    assert run_program([sys.executable, "-c", "print(1); raise SystemExit(1)"], codes=(0, 1)) == "1\n"
    with pytest.raises(RuntimeError, match="exit 2"):
        run_program([sys.executable, "-c", "raise SystemExit(2)"], codes=(0, 1))


def test_a_program_that_a_signal_ends_has_crashed():
    with pytest.raises(CrashedError, match="exit -6"):
        run_program([sys.executable, "-c", "import os; os.abort()"])


def test_times_are_shown_in_units_of_one_of_them():
    *_, last = show({"harness run": 1.0, "pytest -n auto": 3.0}, "harness run", "harness run")
    assert last == "  pytest -n auto                  3.00 s    3.00 x harness run"
