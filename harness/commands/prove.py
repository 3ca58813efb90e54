"""``harness prove``: whether the harness finds and names what is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.case import transposed_convolutions
from harness.commands.fuzz import require_hypothesis, seconds
from harness.commands.prove_score import score
from harness.files import DEFAULT_REPORTS
from harness.selection import select

if TYPE_CHECKING:
    from harness.case import Case
    from harness.proof import Tally


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--diagnosis", is_flag=True, help="Print which lies the diagnosis names, not which cases find them.")
@click.option("--fuzzer", is_flag=True, help="Let harness fuzz find the liars of the diagnosis, without any case.")
@click.option("--budget", callback=seconds, default="60s", show_default=True, help="With --fuzzer: time for each liar.")
@click.option(
    "--all", "every", is_flag=True, help="Name every case that kills a liar; with --diagnosis, ask every case."
)
@click.option(
    "--public/--no-public",
    default=None,
    help="Score the suites of installed packages too (default: where all cases are asked).",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write proof.md (default: reports where all cases are asked, nowhere else).",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes at once (default: as many as processors).")
def command(
    paths: tuple[str, ...],
    diagnosis: bool,  # noqa: FBT001 - a flag
    fuzzer: bool,  # noqa: FBT001 - a flag
    budget: float,
    every: bool,  # noqa: FBT001 - a flag
    public: bool | None,  # noqa: FBT001 - a flag
    report_dir: Path | None,
    jobs: int | None,
) -> int:
    """Ask adapters that lie the cases in PATHS (files, folders or FILE::ID; default: cases), and find them out.

    Prints which cases kill each liar, and the mutation score; exits with 1 where a liar survives. With --diagnosis,
    exits with 1 where a lie is never named, or named as something that it is not. With --fuzzer, exits with 1 where
    fewer than 95 % of the liars are found in time.
    """
    if fuzzer:
        if paths or diagnosis or every or public is not None or report_dir is not None:
            raise click.UsageError("--fuzzer goes with --budget and --jobs alone: it needs no case and writes nothing")
        return _fuzz(budget, jobs or os.cpu_count() or 1)
    selection = select(paths)
    if not diagnosis:
        folder = report_dir or (DEFAULT_REPORTS if selection.whole else None)
        with_public = selection.whole if public is None else public
        return score(list(selection.cases()), jobs or os.cpu_count() or 1, folder, public=with_public, every=every)
    if public is not None or report_dir is not None:
        raise click.UsageError("--public and --report-dir belong to the mutation score, not to --diagnosis")
    from harness.proof import ENOUGH, across_suites

    chosen = across_suites(transposed_convolutions(selection.cases()))
    tallies = _prove(chosen, None if every else ENOUGH, jobs or os.cpu_count() or 1)
    click.echo("\n".join(_table(tallies, len(chosen), None if every else ENOUGH)))
    return 0 if all(tally.proven for tally in tallies) else 1


def _fuzz(budget: float, jobs: int) -> int:
    require_hypothesis("harness prove --fuzzer")
    from harness.commands.prove_fuzzer import prove
    from harness.liars import liars

    return prove([liar.__name__ for liar in liars()], budget, 0, jobs)


def _prove(cases: Sequence[Case], enough: int | None, jobs: int) -> list[Tally]:
    """One tally for each liar, sorted by lie."""
    from tqdm import tqdm

    from harness.liars import liars
    from harness.proof import prove_lie

    names = [liar.__name__ for liar in liars()]
    with (
        ProcessPoolExecutor(min(jobs, len(names)), mp_context=get_context("spawn")) as pool,
        tqdm(total=len(names), unit="liar", dynamic_ncols=True, leave=False, disable=not sys.stderr.isatty()) as bar,
    ):
        futures = [pool.submit(prove_lie, name, cases, enough) for name in names]
        for future in as_completed(futures):
            future.result()
            bar.update()
        return sorted((future.result() for future in futures), key=lambda tally: (tally.lie, tally.liar))


def _table(tallies: Sequence[Tally], cases: int, enough: int | None) -> list[str]:
    from harness.proof import Naming

    covered = "on every one of" if enough is None else f"each until it showed on {enough} of"
    lines = [
        f"{len(tallies)} liars, {covered} {cases} cases",
        "alike: something simpler gives the same values on that case; misnamed: what is named is not the lie",
        "",
    ]
    head = ("lie", "liar", "shows", *Naming, "for example")
    rows = [
        (tally.lie, tally.liar, str(tally.shows), *(str(tally.counts[one]) for one in Naming), _example(tally))
        for tally in tallies
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        ]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    lines += ["", *_verdict(tallies)]
    return lines


def _example(tally: Tally) -> str:
    """The first case of the worst naming that matters, else of the best."""
    from harness.proof import Naming

    for naming in (Naming.MISNAMED, Naming.FIRST, Naming.TIED, Naming.ALIKE, Naming.UNNAMED):
        if naming in tally.examples:
            return tally.examples[naming]
    return "none"


def _verdict(tallies: Sequence[Tally]) -> list[str]:
    from harness.proof import Naming

    unnamed = [tally.liar for tally in tallies if not tally.counts[Naming.FIRST] + tally.counts[Naming.TIED]]
    misnamed = [tally.liar for tally in tallies if tally.counts[Naming.MISNAMED]]
    lines = [f"never named: {', '.join(unnamed)}"] if unnamed else []
    lines += [f"misnamed: {', '.join(misnamed)}"] if misnamed else []
    return lines or ["every lie is named, and none is misnamed"]
