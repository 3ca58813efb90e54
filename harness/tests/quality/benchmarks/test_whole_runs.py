from __future__ import annotations

import itertools
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.core.errors import BadInputError
from harness.quality.benchmarks import subprocesses as starting
from harness.quality.benchmarks import whole_runs as whole
from harness.quality.benchmarks.whole_runs import bench_cases, bench_fronts

MIB = 1 << 20


@pytest.fixture
def started(monkeypatch):
    """The programs that were started: a plain script takes 2, 4, 6 s, pytest 3 s, all else 1 s."""
    programs, plain = [], itertools.count(2, 2)

    def seconds(program):
        programs.append(program)
        if "harness.quality.benchmarks.plain_script" in program:
            return next(plain)
        return 3 if "pytest" in program else 1

    for module in (whole, starting):
        monkeypatch.setattr(module, "seconds", seconds)
    return programs


def test_many_cases_are_compared_with_the_same_calls_unchecked(started, monkeypatch, capsys):
    asked, grown = [], iter([(3, 9), (5, 8), (4, 7)])
    ticks = itertools.accumulate(itertools.cycle([0, 1]))

    def ask(*arguments):
        asked.append(arguments)
        return {key: size * MIB for key, size in zip(("parent", "worker"), next(grown), strict=True)}

    monkeypatch.setattr(whole, "ask", ask)
    monkeypatch.setattr(whole, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    bench_cases("100", 3, ["pytorch", "tensorflow"])
    assert [(module, *names) for module, _, *names in asked] == [
        ("harness.quality.benchmarks.swept_cases", "pytorch", "tensorflow")
    ] * 3
    assert len(started) == 3
    assert capsys.readouterr().out == (
        "swept cases, pytorch, tensorflow, forward only, median of 3\n"
        "     100 cases,    200 calls: harness run    1.00 s, plain    4.00 s,  0.25 x,  10.00 ms a case; "
        "parent +5 MiB, largest worker 9 MiB\n"
    )


def test_the_numbers_of_cases_take_turns(started, monkeypatch, capsys):
    monkeypatch.setattr(whole, "ask", lambda *_: {"parent": MIB, "worker": MIB})
    bench_cases("10,100", 2, ["pytorch"])
    assert [Path(program[-1]).parent.name for program in started] == ["10", "100"] * 2
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["10", "100"]


@pytest.mark.parametrize("counts", ["11", "many", "100,"])
def test_a_count_that_cannot_be_swept_is_bad_input(started, monkeypatch, counts):
    with pytest.raises(BadInputError, match="--counts"):
        bench_cases(counts, 1, ["pytorch"])
    assert not started


def test_the_fronts_are_asked_the_same(started, capsys):
    bench_fronts(["cases"], 1, ["keras"])
    run, front = (program[1:] for program in started)
    assert run[:6] == ["-m", "harness", "run", "cases", "-a", "keras"]
    assert front[:2] == ["-m", "pytest"]
    assert front[-5:] == ["-n", "auto", "cases", "--adapter", "keras"]
    assert {program[0] for program in started} == {sys.executable}
    out = capsys.readouterr().out
    assert out.startswith("fronts, keras, median of 1\n")
    assert out.endswith("pytest -n auto                  3.00 s    3.00 x harness run\n")


def test_the_fronts_are_asked_of_all_adapters_unless_some_are_named(started, capsys):
    bench_fronts(["cases"], 1, [])
    assert not any("-a" in program or "--adapter" in program for program in started)
    assert capsys.readouterr().out.startswith("fronts, all adapters, ")
