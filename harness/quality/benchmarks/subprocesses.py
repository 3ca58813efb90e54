"""Programs in processes of their own: how long they take and what they print."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


def seconds(program: list[str]) -> float:
    """Wall-clock seconds of a whole process, import included."""
    start = time.perf_counter()
    environment = {**os.environ, **QUIET}
    done = subprocess.run(program, check=False, capture_output=True, env=environment)  # noqa: S603 - our own programs
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - start


def medians(programs: Mapping[str, list[str]], rounds: int) -> dict[str, float]:
    """The median seconds of each program, all of them taking turns, lest one has the quiet hour."""
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            times[name].append(seconds(program))
    return {name: statistics.median(values) for name, values in times.items()}


def show(taken: Mapping[str, float], unit: str, first: str) -> Sequence[str]:
    """A line for each program, with its time in units of that called ``first``, which ``unit`` names."""
    return [f"  {name:28} {took:7.2f} s   {took / taken[first]:5.2f} x {unit}" for name, took in taken.items()]


def ask(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    """What a program of ours prints last, as JSON."""
    program = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, **QUIET, **(environment or {})}
    done = subprocess.run(program, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - ours
    if done.returncode:
        raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
