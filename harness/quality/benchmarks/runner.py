"""What benchmarks and others share: calls and programs that take turns, and functions in a process of their own.

``python -m harness.quality.benchmarks.runner MODULE FUNCTION ARGUMENTS`` calls a function with a JSON list of arguments
and prints what it returns as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a part of the benchmarks is given; without ``adapters`` each takes its own."""

    paths: tuple[str, ...]
    rounds: int = 3
    counts: str = ""
    adapters: tuple[str, ...] = ()


def medians(calls: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: bool = True) -> dict[str, float]:
    """Median seconds of each call; the calls take turns, so that a slow moment of the machine meets all.

    The first turn does not count with ``warm_up``.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + warm_up):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn >= warm_up:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


class CrashedError(RuntimeError):
    """A program was ended by a signal."""


def run_program(
    program: Sequence[str],
    environment: Mapping[str, str] | None = None,
    codes: Sequence[int] = (0,),
    limit: float | None = None,
) -> str:
    """What a program prints.

    Raises CrashedError where a signal ends it, RuntimeError for another exit code than ``codes``, and TimeoutExpired
    after ``limit`` seconds.
    """
    environment = {**os.environ, **QUIET, **(environment or {})}
    done = subprocess.run(program, check=False, capture_output=True, text=True, env=environment, timeout=limit)  # noqa: S603 - ours
    if done.returncode not in codes:
        kind = CrashedError if done.returncode < 0 else RuntimeError
        raise kind(f"{program}: exit {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def program_of(function: Callable[..., object], *arguments: object) -> list[str]:
    """The program that calls ``function``, which stands in a module, with ``arguments``, which are plain data."""
    names = [function.__module__, function.__name__]
    return [sys.executable, "-m", "harness.quality.benchmarks.runner", *names, json.dumps(arguments)]


def apart(
    function: Callable[..., T],
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> T:
    """What ``function`` returns in a process of its own, as plain data."""
    printed = run_program(program_of(function, *arguments), environment, limit=limit)
    found: T = json.loads(printed.strip().splitlines()[-1])
    return found


def show(times: Mapping[str, float], unit: str, first: str) -> Iterator[str]:
    """A line for each program, with its time in units of that called ``first``, which ``unit`` names."""
    for name, took in times.items():
        yield f"  {name:28} {took:7.2f} s   {took / times[first]:5.2f} x {unit}"


def main(module: str, function: str, arguments: str) -> None:
    """Call and print."""
    found: Any = getattr(import_module(module), function)(*json.loads(arguments))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
