from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from harness.core.errors import BadInputError
from harness.quality.benchmarks import whole_runs
from harness.quality.benchmarks.runner import Options, apart
from harness.quality.benchmarks.whole_runs import cases_part, fronts_part, run_part, run_swept, swept_suite
from harness.suites.registry import load_suites

MIB = 1 << 20


@pytest.fixture
def started(monkeypatch):
    """The programs that were started, sessions included; none of them runs."""
    programs = []
    grown = iter([(3, 9), (5, 8), (4, 7)] * 2)

    def session(*arguments):
        programs.append(arguments)
        return [size * MIB for size in next(grown)]

    monkeypatch.setattr(whole_runs, "run_program", lambda program, **_: programs.append(program))
    monkeypatch.setattr(whole_runs, "apart", session)
    return programs


def test_many_cases_are_compared_with_the_same_calls_unchecked(started):
    head, line = cases_part(Options((), 3, "100", ("pytorch", "tensorflow")))
    assert [program[2] for program in started[1::2]] == [("pytorch", "tensorflow")] * 3
    assert ["make_calls" in program for program in started] == [True, False] * 3
    assert head == "swept cases, pytorch, tensorflow, forward only, median of 3"
    form = r"     100 cases,    200 calls: harness run .* s, plain .* s, .* x, .* ms a case; "
    assert re.fullmatch(form + r"parent \+5 MiB, largest worker 9 MiB", line)


def test_the_numbers_of_cases_take_turns(started):
    lines = list(cases_part(Options((), 2, "10,100", ("pytorch",))))
    assert [Path(program[1]).name for program in started[1::2]] == ["10", "100"] * 2
    assert [line.split()[0] for line in lines[1:]] == ["10", "100"]


@pytest.mark.parametrize("counts", ["11", "many", "100,"])
def test_a_count_that_cannot_be_swept_is_bad_input(started, counts):
    with pytest.raises(BadInputError, match="--counts"):
        list(cases_part(Options((), 1, counts, ("pytorch",))))
    assert not started


def test_the_fronts_run_the_same(started):
    lines = list(fronts_part(Options(("cases",), 1, "", ("keras",))))
    run, front = (program[1:] for program in started)
    assert run[:6] == ["-m", "harness", "run", "cases", "-a", "keras"]
    assert front[:2] == ["-m", "pytest"]
    assert front[-5:] == ["-n", "auto", "cases", "--harness-adapter", "keras"]
    assert {program[0] for program in started} == {sys.executable}
    assert lines[0] == "fronts, keras, median of 1"


def test_the_fronts_run_all_adapters_unless_some_are_named(started):
    first, *_ = fronts_part(Options(("cases",), 1))
    assert not any("-a" in program or "--harness-adapter" in program for program in started)
    assert first == "fronts, all adapters, median of 1"


def test_a_whole_run_is_compared_with_the_calls_that_do_not_end_the_process(started, monkeypatch, tmp_path):
    (tmp_path / "many.yaml").write_text(swept_suite(4))
    monkeypatch.setattr(whole_runs, "drop_crashing", lambda _: ["many/one on keras"])
    lines = list(run_part(Options((str(tmp_path),), 1)))
    assert lines[:3] == [
        "whole run: 11 framework calls in the plain script, median of 1",
        "  left out of it, as they end the process: 1 call",
        "    many/one on keras",
    ]
    assert [line.split("  ")[1] for line in lines[3:]] == [
        "plain script",
        "harness run, same adapters",
        "harness run, all adapters",
    ]
    assert ["-a" in program for program in started] == [False, True, False]


@pytest.mark.parametrize("count", [100, 1000])
def test_a_sweep_makes_as_many_cases_as_were_requested_and_no_gradients(tmp_path, count):
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
    parent, worker = apart(run_swept, str(tmp_path), ["mutant:Honest"])
    assert MIB < parent < 1024 * MIB
    assert 10 * MIB < worker < 1024 * MIB


def test_a_run_that_fails_is_not_measured(tmp_path):
    (tmp_path / "many.yaml").write_text(swept_suite(4))
    with pytest.raises(RuntimeError, match="the cases do not all conform"):
        apart(run_swept, str(tmp_path), ["mutant:KernelRotated"])
