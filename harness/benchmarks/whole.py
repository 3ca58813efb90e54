"""Whole runs against each other: many swept cases against plain calls, and pytest against ``harness run``."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from harness.benchmarks.starting import ask, seconds
from harness.errors import BadInputError, Problem

PLAIN = ("tensorflow", "keras", "pytorch")
_MIB = 2**20
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto")


def bench_cases(counts: str, rounds: int, adapters: Sequence[str]) -> None:
    """For each count of swept cases, ``harness run`` against a plain script of the same calls; memory of the former."""
    click.echo(f"swept cases, {', '.join(adapters)}, forward only, median of {rounds}")
    for text in counts.split(","):
        count = _count(text)
        with tempfile.TemporaryDirectory() as folder:
            _bench_count(count, rounds, adapters, Path(folder))


def _count(text: str) -> int:
    from harness.benchmarks.cases import swept_suite

    try:
        swept_suite(int(text))
    except ValueError as error:
        raise BadInputError(Problem("--counts", 0, 0, text, str(error), "for example 100,10000")) from None
    return int(text)


def _bench_count(count: int, rounds: int, adapters: Sequence[str], folder: Path) -> None:
    from harness.adapters import choose
    from harness.benchmarks.calls import describe_calls
    from harness.benchmarks.cases import swept_suite
    from harness.selection import select

    suites, described = folder / "suites", folder / "calls.json"
    suites.mkdir()
    (suites / "many.yaml").write_text(swept_suite(count), encoding="utf-8")
    calls = describe_calls(select([str(suites)]).cases(), choose(adapters))
    described.write_text(json.dumps(calls), encoding="utf-8")
    plain, harness, parents, workers = [], [], [], []
    for _ in range(rounds):
        plain.append(seconds([sys.executable, "-m", "harness.benchmarks.plain", str(described)]))
        start = time.perf_counter()
        grown = ask("harness.benchmarks.cases", str(suites), *adapters)
        harness.append(time.perf_counter() - start)
        parents.append(grown["parent"])
        workers.append(grown["worker"])
    took, unchecked = statistics.median(harness), statistics.median(plain)
    click.echo(
        f"  {count:6} cases, {len(calls):6} calls: harness run {took:7.2f} s, plain {unchecked:7.2f} s, "
        f"{took / unchecked:5.2f} x, {took / count * 1e3:6.2f} ms a case; "
        f"parent +{max(parents) / _MIB:.0f} MiB, largest worker {max(workers) / _MIB:.0f} MiB"
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
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                times[name].append(seconds(program))
    click.echo(f"fronts, {', '.join(adapters) or 'all adapters'}, median of {rounds}")
    first = statistics.median(times["harness run"])
    for name, values in times.items():
        median = statistics.median(values)
        click.echo(f"  {name:28} {median:7.2f} s   {median / first:5.2f} x harness run")
