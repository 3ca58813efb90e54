"""The summary of a run on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from harness.core.results import NOT_STARTED, Row, Verdict
from harness.reports.text_table import table
from harness.reports.view import View

WIDTH = 100
"""Columns of a terminal that are filled with names."""


def summary_table(view: View) -> str:
    """Adapter x verdict as aligned text; each set of versions stands below once, with the adapters that have it."""
    lines = [["adapter", *view.verdicts]]
    for name, counts in view.counts.items():
        lines.append([name, *(str(counts[verdict] or "·") for verdict in view.verdicts)])
    texts = [f"{found}: {', '.join(names)}" for found, names in view.versions.items()]
    versions = [line for text in texts for line in wrap(text, WIDTH, break_on_hyphens=False, subsequent_indent="  ")]
    return "\n".join([*table(lines, right=range(1, len(lines[0]))), "", *versions])


def failure_lines(row: Row) -> list[str]:
    """A failing row as a person reads it: what, where, why, and the command that repeats it."""
    lines = [f"{row.verdict.upper()}  {row.case}  on {row.where} ({row.route})", f"  {row.message}"]
    if row.diagnosis:
        lines.append(f"  {row.diagnosis}")
    return [*lines, f"  repeat: {row.repeat}"]


def failures_once(view: View) -> Iterator[list[str]]:
    """Every failing row; an adapter that did not start is one failure, however many cases it was to run."""
    for row, _ in view.failing:
        if row.verdict not in NOT_STARTED:
            yield failure_lines(row)
        else:
            named = ", which was requested by name" if row.verdict is Verdict.UNAVAILABLE else ""
            yield [f"{row.verdict.upper()}  {row.adapter}{named}", f"  {row.message}"]
