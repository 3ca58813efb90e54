"""Whether the shipped cases find every wrong adapter, as ``harness prove --soundness`` makes and prints it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

import click

from harness.cli.prove_modes import Options
from harness.core.counting import counted
from harness.quality.proof import run_all
from harness.quality.soundness.search import Shown, search
from harness.quality.soundness.table import FRAMEWORKS, HONEST, mutant_called, mutants
from harness.reports.text_table import table

PARTS = 4
"""Shares of the cases that an adapter without a fault is run on side by side."""
WIDEST = 60
"""Characters of a case's name in the table."""


def run(options: Options) -> int:
    """Run all of them; 1 where one is not found, or an adapter without a fault is reported to have one."""
    shown = _run_all(list(mutants()), options.processes)
    click.echo("\n".join(lines_of(shown)))
    honest = [one for one in shown if one.name.startswith(HONEST)]
    all_run = {one.name for one in honest if one.checks} == {one.name for one in honest}
    right = all_run and not any(one.row for one in honest)
    return 0 if right and all(one.row for one in shown if not one.name.startswith(HONEST)) else 1


def _run_all(names: Sequence[str], jobs: int) -> list[Shown]:
    """What each showed: those without a fault first, in parts, then the mutants, by name."""
    honest = [HONEST + framework for framework in FRAMEWORKS]
    parts = [(name, "", part, PARTS) for name in honest for part in range(PARTS)]
    return run_all(search, [*parts, *((name,) for name in sorted(names))], jobs, "adapter")


def lines_of(shown: Sequence[Shown]) -> list[str]:
    """Name, fault, verdict and first case of each mutant; what those without a fault did; and how many were found."""
    wrong = [one for one in shown if not one.name.startswith(HONEST)]
    rows = [
        (one.name, one.row.verdict if one.row else one.unavailable or "NOT FOUND", _place(one), _text(one))
        for one in wrong
    ]
    head = ("mutant", "verdict", "first case that finds it", "what it does")
    lines = [*table([head, *rows]), ""]
    lines += [_honest(framework, [one for one in shown if one.name == HONEST + framework]) for framework in FRAMEWORKS]
    lost = [one.name for one in wrong if one.row is None]
    lines += [f"not found: {', '.join(lost)}"] if lost else []
    return [*lines, f"{len(wrong) - len(lost)} of {len(wrong)} found"]


def _place(one: Shown) -> str:
    if one.row is None:
        return f"none of {counted(one.checks, 'check')}"
    return shorten(f"{one.row.case} {one.row.output}", WIDEST, placeholder="…")


def _text(one: Shown) -> str:
    mutant = mutant_called(one.name)
    return f"{mutant.text} ({mutant.imitates})"


def _honest(framework: str, parts: Sequence[Shown]) -> str:
    """What the adapter without a fault under the name of ``framework`` showed."""
    checks, fixed = sum(one.checks for one in parts), sum(one.fixed for one in parts)
    row = next((one.row for one in parts if one.row), None)
    found = f"{row.verdict} in {row.case}, {row.output}: {row.message}" if row else "nothing fails"
    return (
        f"{framework} without a fault: {counted(checks, 'check')}, {found}; it lacks {fixed} of the listed divergences"
    )
