from __future__ import annotations

from pathlib import Path

import pytest

from harness.quality.benchmarks.subprocesses import ask
from harness.quality.benchmarks.swept_cases import swept_suite
from harness.suites.registry import load_suites

MIB = 1 << 20


@pytest.mark.parametrize("count", [100, 1000])
def test_a_sweep_makes_as_many_cases_as_were_asked_for_and_no_gradients(tmp_path, count):
    (tmp_path / "many.yaml").write_text(swept_suite(count))
    (suite,) = load_suites([Path(tmp_path)])
    cases = list(suite.cases())
    assert len({case.name for case in cases}) == len(cases) == count
    assert {case.outputs for case in cases} == {("output",)}


def test_a_count_that_no_sweep_makes_is_refused():
    with pytest.raises(ValueError, match="no sweep makes 11 cases"):
        swept_suite(11)


def test_the_run_says_what_parent_and_worker_took(tmp_path):
    (tmp_path / "many.yaml").write_text(swept_suite(4))
    taken = ask(
        "harness.quality.benchmarks.swept_cases", str(tmp_path), "harness.operations.conv_transpose.mutants:Honest"
    )
    assert MIB < taken["parent"] < 1024 * MIB
    assert 10 * MIB < taken["worker"] < 1024 * MIB


def test_a_run_that_fails_is_not_measured(tmp_path):
    (tmp_path / "many.yaml").write_text(swept_suite(4))
    with pytest.raises(RuntimeError, match="the cases do not all conform"):
        ask(
            "harness.quality.benchmarks.swept_cases",
            str(tmp_path),
            "harness.operations.conv_transpose.mutants:KernelRotated",
        )
