"""Whole runs: of the cases and of many swept ones against plain calls, and pytest against ``harness run``."""

from __future__ import annotations

import json
import pickle
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from harness.core.counting import counted
from harness.core.errors import BadInputError, Problem
from harness.quality.benchmarks.layers import KIB, MIB, resident
from harness.quality.benchmarks.plain_calls import describe_calls, drop_crashing, make_calls
from harness.quality.benchmarks.runner import Options, apart, medians, program_of, run_program, show

PLAIN = ("tensorflow", "keras", "pytorch")
COUNTS = "100,1000,10000"
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto")
SWEPT: dict[str, list[int]] = {
    "input_size": [2, 3, 4, 5, 6],
    "kernel_size": [2, 3, 4, 5],
    "strides": [1, 2, 3, 4, 5],
    "in_channels": [1, 2, 3, 4, 5],
    "padding": [0, 1],
    "out_channels": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
}
"""Small shapes, every combination of which has an output: 10 000."""
MOST_ENTRIES = 10
"""Entries of the same sweep, so that more cases are not larger ones; their names give them other data."""


def run_part(options: Options) -> Iterator[str]:
    """``harness run`` over the cases, on the plain adapters and on all, against a plain script."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "calls.pickle")
        calls = _describe(options.paths, PLAIN, described)
        crashed = drop_crashing(described)
        run = [*_run(options.paths), "--report-dir", folder]
        programs = {
            "plain script": program_of(make_calls, str(described)),
            "harness run, same adapters": [*run, *_named("-a", PLAIN)],
            "harness run, all adapters": run,
        }
        times = _medians(programs, options.rounds)
    yield f"whole run: {calls - len(crashed)} framework calls in the plain script, median of {options.rounds}"
    if crashed:
        yield f"  left out of it, as they end the process: {counted(len(crashed), 'call')}"
        yield from (f"    {name}" for name in crashed)
    yield from show(times, "plain", "plain script")


def fronts_part(options: Options) -> Iterator[str]:
    """Pytest in as many processes as processors against ``harness run``, on all adapters or on those named."""
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "harness run": [*_run(options.paths), *_named("-a", options.adapters), "--report-dir", folder],
            "pytest -n auto": [
                sys.executable,
                *_PYTEST,
                *options.paths,
                *_named("--harness-adapter", options.adapters),
            ],
        }
        times = _medians(programs, options.rounds)
    yield f"fronts, {', '.join(options.adapters) or 'all adapters'}, median of {options.rounds}"
    yield from show(times, "harness run", "harness run")


def cases_part(options: Options) -> Iterator[str]:
    """For each count of swept cases, a session against a plain script of the same calls; memory of the former."""
    adapters = options.adapters or PLAIN
    texts = {count: _swept(count) for count in (options.counts or COUNTS).split(",")}
    yield f"swept cases, {', '.join(adapters)}, forward only, median of {options.rounds}"
    calls: dict[str, int] = {}
    grown: dict[str, list[tuple[int, int]]] = {count: [] for count in texts}
    programs: dict[str, Callable[[], object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count, text in texts.items():
            suites, described = Path(folder, count), Path(folder, f"{count}.pickle")
            suites.mkdir()
            (suites / "many.yaml").write_text(text, encoding="utf-8")
            calls[count] = _describe([str(suites)], adapters, described)
            programs[f"plain {count}"] = partial(run_program, program_of(make_calls, str(described)))
            programs[f"harness {count}"] = partial(_measure, grown[count], str(suites), adapters)
        times = medians(programs, options.rounds, warm_up=False)
    for count in texts:
        took, plain = times[f"harness {count}"], times[f"plain {count}"]
        parent, worker = (max(sizes) / MIB for sizes in zip(*grown[count], strict=True))
        yield (
            f"  {count:>6} cases, {calls[count]:6} calls: harness run {took:7.2f} s, plain {plain:7.2f} s, "
            f"{took / plain:5.2f} x, {took / int(count) * 1e3:6.2f} ms a case; "
            f"parent +{parent:.0f} MiB, largest worker {worker:.0f} MiB"
        )


def swept_suite(count: int) -> str:
    """The text of a suite of ``count`` cases, forward only; raises ValueError where no sweeps make so many."""
    sweep, left = {}, count
    for name, values in SWEPT.items():
        size = next(number for number in range(len(values), 0, -1) if left % number == 0)
        sweep[name], left = values[:size], left // size
    if left > MOST_ENTRIES:
        message = f"no sweep makes {count} cases: use 100, 1000, 10000 or 100000"
        raise ValueError(message)
    entry = {"about": "One of many.", "bias": True, "outputs": ["output"], "sweep": sweep}
    entries = [{"id": f"swept-{number}", **entry} for number in range(left)]
    # JSON is YAML
    return json.dumps({"suite": "Many", "about": "Many small cases.", "cases": entries})


def _swept(count: str) -> str:
    try:
        return swept_suite(int(count))
    except ValueError as error:
        raise BadInputError(Problem("--counts", 0, 0, count, str(error), "for example 100,10000")) from None


def run_swept(folder: str, adapters: Sequence[str]) -> tuple[int, int]:
    """Run the suites in ``folder`` in a session: bytes by which this process grows, at most, and the largest worker's.

    Imports are counted. Raises RuntimeError unless all conform. Linux.
    """
    before = resident("VmRSS")
    from harness.engine.lane import Settings
    from harness.engine.session import Ticker, run_session
    from harness.suites.selection import select

    session = run_session(select([folder]), adapters, Settings(), None, Ticker())
    if session.idle or session.report.failures:
        message = f"{folder}: the cases do not all conform"
        raise RuntimeError(message)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIB
    return resident("VmHWM") - before, worker


def _measure(grown: list[tuple[int, int]], folder: str, adapters: Sequence[str]) -> None:
    grown.append(apart(run_swept, folder, adapters))


def _describe(paths: Sequence[str], adapters: Sequence[str], file: Path) -> int:
    """Write down the calls behind the cases in ``paths``, and return how many there are."""
    from harness.adapters import choose
    from harness.operations.conv_transpose.case import transposed_convolutions
    from harness.suites.selection import select

    calls = describe_calls(transposed_convolutions(select(paths).cases()), choose(adapters))
    file.write_bytes(pickle.dumps(calls))
    return len(calls)


def _run(paths: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "harness", "run", *paths]


def _named(option: str, adapters: Sequence[str]) -> list[str]:
    return [argument for name in adapters for argument in (option, name)]


def _medians(programs: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Of programs that may find failing checks."""
    calls = {name: partial(run_program, program, codes=(0, 1)) for name, program in programs.items()}
    return medians(calls, rounds, warm_up=False)
