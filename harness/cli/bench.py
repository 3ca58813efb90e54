"""``harness bench``: ratios measured in one run, never absolute promises."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean

import click

from harness.adapters.base import ONE_THREAD
from harness.core.case import GRADIENTS, OutputName
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.quality.benchmarks.subprocesses import ask, medians, show
from harness.quality.benchmarks.whole_runs import PLAIN, bench_cases, bench_fronts

PARTS = ("run", "fronts", "cases", "oracle", "size", "memory", "diagnosis", "bounds")
COUNTS = "100,1000,10000"
OUTPUTS: tuple[OutputName, ...] = ("output", *GRADIENTS)
Timed = Mapping[str, Mapping[str, float]]
"""Seconds of the oracle and of PyTorch for each output."""


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Turns of each comparison.")
@click.option("--part", type=click.Choice(["all", *PARTS]), default="all", show_default=True)
@click.option("--counts", default=COUNTS, show_default=True, metavar="N,...", help="Of swept cases, for that part.")
@click.option("-a", "--adapter", "adapters", multiple=True, help="For the parts cases and fronts; may be repeated.")
def command(paths: tuple[str, ...], rounds: int, part: str, counts: str, adapters: tuple[str, ...]) -> int:
    """Compare `harness run` over PATHS with a plain script and the oracle with others; time the diagnosis."""
    if part in {"all", "run"}:
        _bench_run(paths or ("cases",), rounds)
    if part == "fronts":
        bench_fronts(paths or ("cases",), rounds, adapters)
    if part == "cases":
        bench_cases(counts, rounds, adapters or PLAIN)
    if part in {"all", "oracle"}:
        _bench_oracle(rounds)
    if part in {"all", "size"}:
        _bench_size(rounds)
    if part in {"all", "memory"}:
        _bench_memory()
    if part in {"all", "diagnosis"}:
        _bench_diagnosis(paths or ("cases",), rounds)
    if part == "bounds":
        from harness.quality.benchmarks.bounds import lines, show

        for line in show(lines()):
            click.echo(line)
    return 0


def _bench_run(paths: tuple[str, ...], rounds: int) -> None:
    from harness.adapters import choose
    from harness.quality.benchmarks.plain_calls import describe_calls, drop_crashing
    from harness.suites.selection import select

    with tempfile.TemporaryDirectory() as folder:
        calls = describe_calls(transposed_convolutions(select(paths).cases()), choose(PLAIN))
        described = Path(folder, "calls.json")
        described.write_text(json.dumps(calls), encoding="utf-8")
        crashed = drop_crashing(described)
        run = [sys.executable, "-m", "harness", "run", *paths, "--report-dir", folder]
        same = [argument for name in PLAIN for argument in ("-a", name)]
        programs = {
            "plain script": [sys.executable, "-m", "harness.quality.benchmarks.plain_script", str(described)],
            "harness run, same adapters": [*run, *same],
            "harness run, all adapters": run,
        }
        taken = medians(programs, rounds)
    click.echo(f"whole run: {len(calls) - len(crashed)} framework calls in the plain script, median of {rounds}")
    if crashed:
        click.echo(f"  left out of it, as they end the process: {_count(len(crashed), 'call')}")
        click.echo("\n".join(f"    {name}" for name in crashed))
    click.echo("\n".join(show(taken, "plain", "plain script")))


def _bench_oracle(rounds: int) -> None:
    turns = 3 * rounds
    for threads in dict.fromkeys((os.cpu_count() or 1, 1)):
        result = ask("harness.quality.benchmarks.oracle", str(turns), str(threads), environment=_threads(threads))
        click.echo(f"oracle / PyTorch float64 in ms, {_count(threads, 'thread')} each, median of {turns}")
        layers: Mapping[str, Timed] = result["layers"]
        _show_outputs(layers)
        click.echo(f"  {'geometric mean':24} {_means(layers)}")
        click.echo(
            f"  of all outputs {geometric_mean(ratio for timed in layers.values() for ratio in _ratios(timed)):.2f} x"
        )
    # of the last, on one thread
    for name, times in result["references"].items():
        reference, oracle = times["reference"], times["oracle"]
        click.echo(
            f"  {name} on the first layer, float64: {reference * 1e3:.0f} ms against {oracle * 1e3:.2f} ms, "
            f"the oracle is {reference / oracle:.0f} times as fast"
        )


def _bench_size(rounds: int) -> None:
    result = ask("harness.quality.benchmarks.case_sizes", str(3 * rounds), "1", environment=ONE_THREAD)
    click.echo(f"cost by size of the input, oracle / PyTorch float64 in ms, one thread each, median of {3 * rounds}")
    _show_outputs({f"1x16x{size}x{size}": timed for size, timed in result.items()})


def _bench_memory() -> None:
    click.echo("growth of the process while the FCN-8s layer is computed, one thread, oracle / PyTorch float64 in MiB")
    shares = []
    for output in OUTPUTS:
        oracle, torch = (
            ask("harness.quality.benchmarks.memory", who, output, environment=ONE_THREAD) / 2**20
            for who in ("oracle", "pytorch")
        )
        shares.append(f"{output} {oracle:.0f} / {torch:.0f}")
    click.echo(f"  {'   '.join(shares)}")


def _show_outputs(rows: Mapping[str, Timed]) -> None:
    """For each row and output both times and their ratio."""
    click.echo(f"  {'':24} {'   '.join(f'{output:^26}' for output in OUTPUTS)}".rstrip())
    for name, timed in rows.items():
        cells = (
            f"{timed[output]['oracle'] * 1e3:8.2f} /{timed[output]['pytorch float64'] * 1e3:8.2f} {ratio:5.2f} x"
            for output, ratio in zip(OUTPUTS, _ratios(timed), strict=True)
        )
        click.echo(f"  {name:24} {'   '.join(cells)}")


def _means(layers: Mapping[str, Timed]) -> str:
    """The geometric mean of each output's ratios."""
    by_output = zip(*map(_ratios, layers.values()), strict=True)
    return "   ".join(f"{geometric_mean(ratios):24.2f} x" for ratios in by_output)


def _ratios(timed: Timed) -> list[float]:
    return [timed[output]["oracle"] / timed[output]["pytorch float64"] for output in OUTPUTS]


def _threads(count: int) -> dict[str, str]:
    return dict.fromkeys(ONE_THREAD, str(count))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _bench_diagnosis(paths: tuple[str, ...], rounds: int) -> None:
    result = ask("harness.quality.benchmarks.diagnosis", str(rounds), *paths, environment=ONE_THREAD)
    without, explained = result["conforming"]["without"], result["conforming"]["with"]
    click.echo(f"diagnosis on one thread, median of {rounds}")
    click.echo(
        f"  {result['cases']} conforming cases: {without:.2f} s without, {explained:.2f} s with it, "
        f"{explained / without:.2f} x"
    )
    for name, times in result["diverging"].items():
        kinds = "   ".join(f"{what} {value:.2f} s" for what, value in times.items())
        click.echo(f"  1x64x64x64 to 1x64x128x128, {name:12} {kinds}")
