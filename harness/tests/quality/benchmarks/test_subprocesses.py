from __future__ import annotations

import sys

import pytest

from harness.quality.benchmarks.subprocesses import ask, seconds


def test_a_program_that_fails_is_not_taken_for_an_answer():
    with pytest.raises(RuntimeError, match=r"harness.quality.benchmarks.memory.*exit 1.*KeyError|IndexError"):
        ask("harness.quality.benchmarks.memory")


def test_a_run_with_failing_checks_is_timed_and_one_that_cannot_run_is_not():
    assert seconds([sys.executable, "-c", "raise SystemExit(1)"]) > 0
    with pytest.raises(RuntimeError, match="exit 2"):
        seconds([sys.executable, "-c", "raise SystemExit(2)"])
