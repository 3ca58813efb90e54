"""``harness fuzz``: look for failures that no case shows yet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.fuzzing.hunt import Signature
    from harness.results import Verdict

_UNITS = {"s": 1, "m": 60, "h": 3600}


def _seconds(_: click.Context, __: click.Parameter, value: str) -> float:
    """A time such as 60s, 10m or 1h."""
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise click.BadParameter(f"{value!r} is not a time such as 60s, 10m or 1h")
    return seconds


@click.command()
@click.option("-a", "--adapter", "adapters", multiple=True, help="An adapter's name or module:Class; may be repeated.")
@click.option("--budget", callback=_seconds, default="60s", show_default=True, help="Time for each adapter.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed draws the same.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("findings"), show_default=True)
@click.option("--from-scratch", is_flag=True, help="Report also what the known divergences explain.")
def command(adapters: tuple[str, ...], budget: float, seed: int, out: Path, *, from_scratch: bool) -> int:
    """Draw small cases, legal and illegal ones, ask each adapter, and shrink what fails.

    Each kind of failure is written once, as a suite and a stand-alone script in the folder --out. Kinds that a listed
    divergence of the folder cases shows are passed over. Needs the package hypothesis. Exits with 1 if anything failed.
    """
    from harness.adapters import choose

    if find_spec("hypothesis") is None:
        raise click.UsageError("harness fuzz needs the package hypothesis; install it beside the harness")
    total = 0
    for chosen in choose(adapters):
        total += _hunt(chosen, budget, seed, out, frozenset() if from_scratch else _explained(chosen))
    click.echo(f"{total} kinds of failure" if total else "nothing found")
    return 1 if total else 0


def _explained(chosen: Chosen) -> frozenset[Signature]:
    from harness.fuzzing.hunt import explained_by
    from harness.selection import DEFAULT_FOLDER, select
    from harness.session import known_beside

    if not Path(DEFAULT_FOLDER).is_dir():
        return frozenset()
    selection = select([DEFAULT_FOLDER])
    return explained_by(chosen, known_beside(selection), selection.cases())


def _hunt(chosen: Chosen, budget: float, seed: int, out: Path, explained: frozenset[Signature]) -> int:
    """How many kinds of failure one adapter shows."""
    from harness.fuzzing.hunt import Asker, Hunt
    from harness.fuzzing.writing import write_finding

    count = 0
    with _progress(chosen.name) as passed, Asker(chosen, passed) as asker:
        for found in Hunt(asker, budget, seed, explained):
            count += 1
            click.echo(f"{found.row.verdict.upper()}  on {chosen.name}")
            click.echo(f"  {found.row.message}")
            if found.row.diagnosis:
                click.echo(f"  {found.row.diagnosis}")
            for path in write_finding(out, count, found, seed, asker.ask):
                click.echo(f"  wrote {path}")
    return count


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Verdict], None]]:
    """Count and rate of the answers, on a terminal."""
    from tqdm import tqdm

    with tqdm(desc=name, unit="case", dynamic_ncols=True, leave=False, disable=not sys.stderr.isatty()) as bar:
        yield lambda _: _advance(bar)


def _advance(bar: Any) -> None:
    bar.update()
