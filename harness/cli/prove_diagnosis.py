"""Whether the diagnosis names every lie of the mutants, as ``harness prove --diagnosis`` makes and prints it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import click
from tqdm import tqdm

from harness.cli.prove_modes import Options
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.mutants import diagnosed
from harness.quality.diagnosis_score import ENOUGH, Naming, Tally, across_suites, prove_lie
from harness.suites.selection import select


def run(options: Options) -> int:
    """Ask every mutant; 1 where a lie is never named, or named as something that it is not."""
    chosen = across_suites(transposed_convolutions(select(options.paths).cases()))
    enough = None if options.every else ENOUGH
    tallies = _prove(chosen, enough, options.processes)
    click.echo("\n".join(_table(tallies, len(chosen), enough)))
    return 0 if all(tally.proven for tally in tallies) else 1


def _prove(cases: Sequence[Case], enough: int | None, jobs: int) -> list[Tally]:
    """One tally for each mutant, sorted by lie."""
    names = [mutant.__name__ for mutant in diagnosed()]
    with (
        ProcessPoolExecutor(min(jobs, len(names)), mp_context=get_context("spawn")) as pool,
        tqdm(total=len(names), unit="mutant", dynamic_ncols=True, leave=False, disable=not sys.stderr.isatty()) as bar,
    ):
        futures = [pool.submit(prove_lie, name, cases, enough) for name in names]
        for future in as_completed(futures):
            future.result()
            bar.update()
        return sorted((future.result() for future in futures), key=lambda tally: (tally.lie, tally.mutant))


def _table(tallies: Sequence[Tally], cases: int, enough: int | None) -> list[str]:

    covered = "on every one of" if enough is None else f"each until it showed on {enough} of"
    lines = [
        f"{len(tallies)} mutants, {covered} {cases} cases",
        "alike: something simpler gives the same values on that case; misnamed: what is named is not the lie",
        "",
    ]
    head = ("lie", "mutant", "shows", *Naming, "for example")
    rows = [
        (tally.lie, tally.mutant, str(tally.shows), *(str(tally.counts[one]) for one in Naming), _example(tally))
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
    for naming in (Naming.MISNAMED, Naming.FIRST, Naming.TIED, Naming.ALIKE, Naming.UNNAMED):
        if naming in tally.examples:
            return tally.examples[naming]
    return "none"


def _verdict(tallies: Sequence[Tally]) -> list[str]:

    unnamed = [tally.mutant for tally in tallies if not tally.counts[Naming.FIRST] + tally.counts[Naming.TIED]]
    misnamed = [tally.mutant for tally in tallies if tally.counts[Naming.MISNAMED]]
    lines = [f"never named: {', '.join(unnamed)}"] if unnamed else []
    lines += [f"misnamed: {', '.join(misnamed)}"] if misnamed else []
    return lines or ["every lie is named, and none is misnamed"]
