"""Whether the diagnosis names the fault of every mutant, as ``harness prove --diagnosis`` makes and prints it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from harness.cli.prove_modes import Options
from harness.core.counting import counted
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.mutants import diagnosed
from harness.quality.diagnosis_score import ENOUGH, Naming, Tally, across_suites, tally_of
from harness.quality.proof import run_all
from harness.reports.text_table import table
from harness.suites.selection import select


def run(options: Options) -> int:
    """Try every mutant; 1 where a fault is never named, or named as something that it is not."""
    chosen = across_suites(transposed_convolutions(select(options.paths).cases()))
    enough = None if options.every else ENOUGH
    tallies = _prove(chosen, enough, options.processes)
    click.echo("\n".join(_table(tallies, len(chosen), enough)))
    return 0 if all(tally.proven for tally in tallies) else 1


def _prove(cases: Sequence[Case], enough: int | None, jobs: int) -> list[Tally]:
    """One tally for each mutant, sorted by fault."""
    tallies = run_all(tally_of, ((mutant.name, cases, enough) for mutant in diagnosed()), jobs, "mutant")
    return sorted(tallies, key=lambda tally: (tally.fault, tally.mutant))


def _table(tallies: Sequence[Tally], cases: int, enough: int | None) -> list[str]:
    covered = "on every one of" if enough is None else f"each until it showed on {enough} of"
    head = ("fault", "mutant", "shows", *Naming, "for example")
    rows = [
        (one.fault, one.mutant, str(one.shows), *(str(one.counts[naming]) for naming in Naming), _example(one))
        for one in tallies
    ]
    return [
        f"{counted(len(tallies), 'mutant')}, {covered} {counted(cases, 'case')}",
        "alike: something simpler gives the same values on that case; misnamed: what is named is not the fault",
        "",
        *table([head, *rows], right=range(2, len(head) - 1)),
        "",
        *_verdict(tallies),
    ]


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
    return lines or ["every fault is named, and none is misnamed"]
