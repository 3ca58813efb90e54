"""The mutation score as ``harness prove`` makes and prints it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import click

from harness.cli.prove_modes import Options
from harness.core.files import DEFAULT_REPORTS, write_together
from harness.core.version import harness_version
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.quality.mutation import Score, find_mutants
from harness.quality.mutation_report import FIRST, render_proof, score_table
from harness.quality.operation_score import lines_of as lines_of_operations
from harness.quality.operation_score import operation_scores
from harness.quality.proof import run_all
from harness.quality.public_suites import SUITES, read_suite
from harness.reports.text_table import table
from harness.suites.selection import select

OURS = "these cases"


def run(options: Options) -> int:
    """Score the suites that were named, and write the proof; 1 where a mutant survives."""
    selection = select(options.paths)
    cases = list(selection.cases())
    others = operation_scores(cases)
    lines = list(lines_of_operations(others))
    transposed = list(transposed_convolutions(cases))
    survived = any(one.survivors or one.unsound for one in others)
    if not transposed:
        click.echo("\n".join(lines))
        return 1 if survived else 0
    public = selection.whole if options.public is None else options.public
    scores = make_scores(transposed, options.processes, public=public)
    folder = options.report_dir or (DEFAULT_REPORTS if selection.whole else None)
    if folder is not None:
        write_together(folder, render_proof(scores, others))
    click.echo("\n".join([*lines, *lines_of(scores, every=options.every)]))
    if folder is not None:
        click.echo(f"wrote {folder / 'proof.md'} and proof-mutants.md")
    return 1 if scores[0].survivors or survived else 0


def make_scores(cases: Sequence[Case], jobs: int, *, public: bool) -> list[Score]:
    """The score of ``cases``, then that of each public suite, in ``jobs`` processes."""
    suites = [read_suite(name) for name in (SUITES if public else ())]
    found = run_all(
        find_mutants, ((case,) for part in (cases, *(one.cases for one in suites)) for case in part), jobs, "case"
    )
    scores = [Score(OURS, f"harness {harness_version()}", found[: len(cases)])]
    rest = iter(found[len(cases) :])
    for suite in suites:
        kills = list(islice(rest, len(suite.cases)))
        scores.append(Score(suite.title, suite.version, kills, suite.absent, suite.notes))
    return scores


def lines_of(scores: Sequence[Score], *, every: bool) -> list[str]:
    """Per mutant the cases that kill it, what is fragile and redundant, and the scores."""
    ours = scores[0]
    width = max(map(len, ours.kills))
    rows = []
    for name, cases in ours.kills.items():
        named = cases if every else cases[:FIRST]
        more = f", and {len(cases) - len(named)} more" if len(cases) > len(named) else ""
        rows.append((name, f"{len(cases):4}", f"{', '.join(named)}{more}"))
    lines = [*table(rows), "", f"fragile, killed by one case only: {len(ours.fragile)}"]
    lines += [f"  {name.ljust(width)}  {case}" for name, case in ours.fragile]
    lines.append(f"redundant, killing nothing that no other case kills: {len(ours.redundant)} of {len(ours.findings)}")
    if every:
        lines += [f"  {case}" for case in ours.redundant]
    lines.append(f"cases that together kill all that is killed: {len(ours.cover)}")
    lines.append(f"cases that kill nothing: {', '.join(ours.idle) or 'none'}")
    if ours.unsound:
        lines.append(f"cases that fail the implementation without a fault: {', '.join(ours.unsound)}")
    return [*lines, "", *score_table(scores), f"survivors: {', '.join(ours.survivors) or 'none'}"]
