"""``harness fuzz``: look for failures that no case shows yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import adapter_option
from harness.core.counting import counted
from harness.core.errors import BadInputError, Problem
from harness.operations.conv_transpose.case import transposed_convolutions

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.core.results import Verdict
    from harness.quality.fuzzing.search import AdapterClient, Found, Signature
    from harness.suites.known_divergences import KnownDivergences

_UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(_: click.Context, __: click.Parameter, value: str) -> float:
    """A time such as 60s, 10m or 1h."""
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        time = float(number) * _UNITS[unit]
    except ValueError:
        time = 0.0
    if not 0 < time < float("inf"):
        raise click.BadParameter(f"{value!r} is not a time such as 60s, 10m or 1h")
    return time


def require_hypothesis(command: str) -> None:
    """Raise UsageError where the package that draws and shrinks is not installed."""
    if find_spec("hypothesis") is None:
        raise click.UsageError(f"{command} needs the package hypothesis; install it beside the harness")


@click.command()
@adapter_option("An adapter's name or module:Class; may be repeated.")
@click.option("--budget", callback=seconds, default="60s", show_default=True, help="Time for each adapter.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed draws the same.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("findings"), show_default=True)
@click.option("--from-scratch", is_flag=True, help="Report also what the known divergences explain.")
@click.option(
    "--sound",
    type=click.IntRange(min=1),
    metavar="N",
    help="Compare N arrays of legal real-valued cases in all, one of each adapter at least; print the largest errors.",
)
@click.option("--all-gradients", is_flag=True, help="Request also gradients that are listed to corrupt the process.")
def command(
    adapters: tuple[str, ...],
    budget: float,
    seed: int,
    out: Path,
    sound: int | None,
    *,
    from_scratch: bool,
    all_gradients: bool,
) -> int:
    """Draw small transposed convolutions, legal, illegal and ambiguous ones, run them, and shrink what fails.

    Each kind of failure is written once, as a suite and a stand-alone script in the folder --out. Kinds that a listed
    divergence of the shipped cases shows are passed over, and gradients that are listed to corrupt the memory of the
    process are not requested. Needs the package hypothesis. Exits with 1 if anything failed.
    """
    from harness.adapters import choose
    from harness.suites.known_divergences import KnownDivergences

    require_hypothesis("harness fuzz")
    withheld = KnownDivergences() if all_gradients else listed().withholding
    if sound is not None:
        from harness.cli.fuzz_soundness import compare

        return compare(plain(choose(adapters)), sound, seed, out, withheld, from_scratch=from_scratch)
    total, found = 0, choose(adapters)
    not_run: dict[tuple[str, str], int] = {}
    problems: list[Problem] = []
    for chosen in found:
        total += _search(chosen, budget, seed, out, withheld, not_run, problems, from_scratch=from_scratch)
    idle = _why_idle(found, not_run)
    if total or not (idle or problems):
        click.echo(f"{total} kinds of failure" if total else "nothing found")
    click.echo("".join(f"{line}\n" for line in idle), nl=False)
    if problems:
        raise BadInputError(*problems)
    return 1 if total or idle else 0


def _why_idle(chosen: Sequence[Chosen], not_run: Mapping[tuple[str, str], int]) -> list[str]:
    """Why no check ran of an adapter that was named, or of a framework; nothing where the search says something."""
    from harness.engine.idle import describe_not_run, describe_unable

    if unable := describe_unable((), not_run, chosen):
        return unable
    lines = describe_not_run({one.name for one in chosen} - {name for name, _ in not_run}, not_run, chosen)
    return ["no check of a framework ran:", *lines] if lines else []


def plain(chosen: Sequence[Chosen]) -> list[Chosen]:
    """The frameworks as one calls them, and what was named: variants share their kernels."""
    return [one for one in chosen if one.requested_by_name or (one.adapter.framework and not one.adapter.variant)]


def listed() -> KnownDivergences:
    """The divergences that are listed beside the shipped cases, for cases of any folder."""
    from harness.core.corpus import default_corpus
    from harness.suites.known_divergences import FILE_NAME, load_known

    return load_known(default_corpus() / FILE_NAME)


def explained(client: AdapterClient) -> frozenset[Signature]:
    """The kinds of failure that the listed divergences of the shipped cases show."""
    from harness.quality.fuzzing.search import explained_by
    from harness.suites.selection import select

    return explained_by(client, listed(), transposed_convolutions(select([]).cases()))


def show(found: Found, client: AdapterClient, number: int, seed: int, out: Path) -> None:
    """Print one kind of failure and write its files."""
    from harness.quality.fuzzing.findings_files import write_finding

    click.echo(f"{found.row.verdict.upper()}  on {client.chosen.name}")
    click.echo(f"  {found.row.message}")
    if found.row.diagnosis:
        click.echo(f"  {found.row.diagnosis}")
    for path in write_finding(out, number, found, seed, client.row_of):
        click.echo(f"  wrote {path}")


def _search(
    chosen: Chosen,
    budget: float,
    seed: int,
    out: Path,
    withheld: KnownDivergences,
    not_run: dict[tuple[str, str], int],
    problems: list[Problem],
    *,
    from_scratch: bool,
) -> int:
    """How many kinds of failure one adapter shows.

    ``not_run`` takes in why it was not run at all, if it was not, or ``problems`` that it could not be.
    """
    from harness.quality.fuzzing.search import AdapterClient, search

    count = 0
    with _progress(chosen.name) as passed, AdapterClient(chosen, passed, withheld) as client:
        kinds = frozenset() if from_scratch else explained(client)
        client.forget()
        for found in search(client, budget, seed, kinds):
            count += 1
            show(found, client, count, seed, out)
    ended = problem_of_end(client, alone=not count)
    problems += ended
    click.echo("\n".join(counts_of(client)))
    if not ended and not checks_of(client):
        reason = client.ended or next(
            (reason for reason, _ in client.inexpressible.most_common(1)), "no case was drawn"
        )
        not_run[chosen.name, reason] = client.inexpressible.total()
    return count


def checks_of(client: AdapterClient) -> int:
    """How many arrays and errors were judged, without those that were not requested."""
    from harness.core.results import Verdict

    return client.judged - client.verdicts[Verdict.KNOWN]


def counts_of(client: AdapterClient) -> list[str]:
    """How many arrays and errors were judged, which readings the ambiguous took, and what was not requested."""
    from harness.core.results import Verdict

    counts = client.verdicts
    lines = [f"{client.chosen.name}: {counted(checks_of(client), 'check')}"]
    lines += [f"  {number:6}  ambiguous: {reading}" for reading, number in sorted(client.readings.items())]
    if inexpressible := client.inexpressible.total():
        lines.append(f"  {inexpressible:6}  inexpressible")
    for verdict, text in (
        (Verdict.UNSTABLE, "unstable"),
        (Verdict.INCONCLUSIVE, "inconclusive: such data prove nothing"),
        (Verdict.KNOWN, "not requested: gradients listed to corrupt the process (--all-gradients requests them)"),
    ):
        lines += [f"  {counts[verdict]:6}  {text}"] if counts[verdict] else []
    return lines


def problem_of_end(client: AdapterClient, *, alone: bool) -> list[Problem]:
    """Why an adapter could not be run to the end, where one chosen by name shows that ``alone``; else it is printed."""
    if not client.ended:
        return []
    problem = Problem("-a", 0, 0, client.chosen.requested_as, f"cannot be run any more: {client.ended}")
    if alone and client.chosen.requested_by_name:
        return [problem]
    click.echo(str(problem), err=True)
    return []


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Verdict], object]]:
    """Count and rate of the answers, on a terminal."""
    from tqdm import tqdm

    with tqdm(desc=name, unit="case", dynamic_ncols=True, leave=False, disable=None) as bar:
        yield lambda _: bar.update()
