"""Whole runs against each other: many swept cases against plain calls, and pytest against ``harness run``."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from harness.core.errors import BadInputError, Problem
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.quality.benchmarks.subprocesses import ask, medians, seconds, show

PLAIN = ("tensorflow", "keras", "pytorch")
_MIB = 2**20
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto")


def bench_cases(counts: str, rounds: int, adapters: Sequence[str]) -> None:
    """For each count of swept cases, ``harness run`` against a plain script of the same calls; memory of the former.

    The counts take turns, lest one has the quiet hour.
    """
    click.echo(f"swept cases, {', '.join(adapters)}, forward only, median of {rounds}")
    numbers = [_count(text) for text in counts.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        sweeps = [_Sweep.write(number, adapters, Path(folder) / str(number)) for number in numbers]
        for _ in range(rounds):
            for sweep in sweeps:
                sweep.measure(adapters)
    for sweep in sweeps:
        click.echo(sweep.line())


def _count(text: str) -> int:
    from harness.quality.benchmarks.swept_cases import swept_suite

    try:
        swept_suite(int(text))
    except ValueError as error:
        raise BadInputError(Problem("--counts", 0, 0, text, str(error), "for example 100,10000")) from None
    return int(text)


@dataclass
class _Sweep:
    """A suite of ``count`` cases, its calls written out, and what each round took: seconds and bytes."""

    count: int
    calls: int
    folder: Path
    plain: list[float] = field(default_factory=list)
    harness: list[float] = field(default_factory=list)
    memory: list[dict[str, int]] = field(default_factory=list)

    @classmethod
    def write(cls, count: int, adapters: Sequence[str], folder: Path) -> _Sweep:
        from harness.adapters import choose
        from harness.quality.benchmarks.plain_calls import describe_calls
        from harness.quality.benchmarks.swept_cases import swept_suite
        from harness.suites.selection import select

        suites = folder / "suites"
        suites.mkdir(parents=True)
        (suites / "many.yaml").write_text(swept_suite(count), encoding="utf-8")
        calls = describe_calls(transposed_convolutions(select([str(suites)]).cases()), choose(adapters))
        (folder / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
        return cls(count, len(calls), folder)

    def measure(self, adapters: Sequence[str]) -> None:
        self.plain.append(
            seconds([sys.executable, "-m", "harness.quality.benchmarks.plain_script", str(self.folder / "calls.json")])
        )
        start = time.perf_counter()
        self.memory.append(ask("harness.quality.benchmarks.swept_cases", str(self.folder / "suites"), *adapters))
        self.harness.append(time.perf_counter() - start)

    def line(self) -> str:
        took, unchecked = statistics.median(self.harness), statistics.median(self.plain)
        parent, worker = (max(one[name] for one in self.memory) / _MIB for name in ("parent", "worker"))
        return (
            f"  {self.count:6} cases, {self.calls:6} calls: harness run {took:7.2f} s, plain {unchecked:7.2f} s, "
            f"{took / unchecked:5.2f} x, {took / self.count * 1e3:6.2f} ms a case; "
            f"parent +{parent:.0f} MiB, largest worker {worker:.0f} MiB"
        )


def bench_fronts(paths: Sequence[str], rounds: int, adapters: Sequence[str]) -> None:
    """Time pytest in as many processes as processors against ``harness run``, on all adapters or on those named."""
    run = [argument for name in adapters for argument in ("-a", name)]
    same = [argument for name in adapters for argument in ("--adapter", name)]
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "harness run": [sys.executable, "-m", "harness", "run", *paths, *run, "--report-dir", folder],
            "pytest -n auto": [sys.executable, *_PYTEST, *paths, *same],
        }
        taken = medians(programs, rounds)
    click.echo(f"fronts, {', '.join(adapters) or 'all adapters'}, median of {rounds}")
    click.echo("\n".join(show(taken, "harness run", "harness run")))
