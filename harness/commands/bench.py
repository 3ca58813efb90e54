"""``harness bench``: ratios measured in one run, never absolute promises."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from harness.adapters.base import ONE_THREAD

PLAIN = ("tensorflow", "keras", "pytorch")


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Turns of each comparison.")
@click.option("--part", type=click.Choice(["all", "run", "oracle", "diagnosis"]), default="all", show_default=True)
def command(paths: tuple[str, ...], rounds: int, part: str) -> int:
    """Compare `harness run` over PATHS with a plain script and the oracle with others; time the diagnosis."""
    if part in {"all", "run"}:
        _bench_run(paths or ("cases",), rounds)
    if part in {"all", "oracle"}:
        _bench_oracle(rounds)
    if part in {"all", "diagnosis"}:
        _bench_diagnosis(paths or ("cases",), rounds)
    return 0


def _bench_run(paths: tuple[str, ...], rounds: int) -> None:
    from harness.adapters import choose
    from harness.benchmarks.calls import describe_calls
    from harness.selection import select

    with tempfile.TemporaryDirectory() as folder:
        calls = describe_calls(select(paths).cases(), choose(PLAIN))
        described = Path(folder, "calls.json")
        described.write_text(json.dumps(calls), encoding="utf-8")
        run = [sys.executable, "-m", "harness", "run", *paths, "--report-dir", folder]
        same = [argument for name in PLAIN for argument in ("-a", name)]
        programs = {
            "plain script": [sys.executable, "-m", "harness.benchmarks.plain", str(described)],
            "harness run, same adapters": [*run, *same],
            "harness run, all adapters": run,
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                times[name].append(_seconds(program))
    click.echo(f"whole run: {len(calls)} framework calls in the plain script, median of {rounds}")
    plain = statistics.median(times["plain script"])
    for name, values in times.items():
        median = statistics.median(values)
        click.echo(f"  {name:28} {median:7.2f} s   {median / plain:5.2f} x plain")


def _bench_oracle(rounds: int) -> None:
    result = _ask("harness.benchmarks.oracle", str(3 * rounds))
    click.echo(f"oracle against PyTorch float64 on the same cores, median of {3 * rounds}")
    for name, times in result["layers"].items():
        oracle, torch = times["oracle"], times["pytorch float64"]
        click.echo(
            f"  {name:24} oracle {oracle * 1e3:8.2f} ms   pytorch {torch * 1e3:8.2f} ms   {oracle / torch:5.2f} x"
        )
    click.echo(f"  geometric mean {result['oracle_over_pytorch']:.2f} x PyTorch float64")
    if result["onnx"] is None:
        click.echo("  onnx is not installed: no comparison with its ReferenceEvaluator")
        return
    onnx, oracle = result["onnx"]["onnx"], result["onnx"]["oracle"]
    click.echo(
        f"  onnx ReferenceEvaluator on the first layer, float64: {onnx * 1e3:.0f} ms against {oracle * 1e3:.2f} ms, "
        f"the oracle is {onnx / oracle:.0f} times as fast"
    )


def _bench_diagnosis(paths: tuple[str, ...], rounds: int) -> None:
    result = _ask("harness.benchmarks.diagnosis", str(rounds), *paths, environment=ONE_THREAD)
    without, explained = result["conforming"]["without"], result["conforming"]["with"]
    click.echo(f"diagnosis on one thread, median of {rounds}")
    click.echo(
        f"  {result['cases']} conforming cases: {without:.2f} s without, {explained:.2f} s with it, "
        f"{explained / without:.2f} x"
    )
    for name, seconds in result["diverging"].items():
        kinds = "   ".join(f"{what} {value:.2f} s" for what, value in seconds.items())
        click.echo(f"  1x64x64x64 to 1x64x128x128, {name:12} {kinds}")


def _seconds(program: list[str]) -> float:
    """Wall-clock seconds of a whole process, import included."""
    start = time.perf_counter()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(program, check=False, capture_output=True, env=environment)  # noqa: S603 - our own programs
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - start


def _ask(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result
