"""The summary of a run on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from harness.core.counting import counted
from harness.core.results import NOT_STARTED, Row, Verdict
from harness.reports.findings import Finding, find
from harness.reports.text_table import table
from harness.reports.view import View

MOST_NAMED = 3
"""Cases of a finding."""
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


def failures_once(view: View, *, verbose: bool = False) -> Iterator[list[str]]:
    """Every failing finding in lines, the worst first; where it has several rows, how many, and the first of them.

    With ``verbose`` each row in their order. An adapter that did not start is one failure, however many cases it was to
    run.
    """
    if verbose:
        yield from (_lines(row) for row, _ in view.failing)
        return
    for finding in find(view):
        if finding.fails:
            several = len(finding.rows) > 1 and finding.example.verdict not in NOT_STARTED
            yield _counted_lines(finding) if several else _lines(finding.example)


def _lines(row: Row) -> list[str]:
    if row.verdict not in NOT_STARTED:
        return failure_lines(row)
    named = ", which was requested by name" if row.verdict is Verdict.UNAVAILABLE else ""
    return [f"{row.verdict.upper()}  {row.adapter}{named}", f"  {row.message}"]


def _counted_lines(finding: Finding) -> list[str]:
    """As ``failure_lines``, of rows of one cause; the message and the command are those of the first."""
    row, cases = finding.example, finding.cases
    outputs = f" ({', '.join(finding.outputs)})" if finding.outputs != ["output"] else ""
    what = row.case if len(cases) == 1 else counted(len(cases), "case")
    named = [", ".join(cases[:MOST_NAMED]) + (f" and {len(cases) - MOST_NAMED} more" if cases[MOST_NAMED:] else "")]
    _, message, *rest = failure_lines(row)
    if len({one.message for one in finding.rows}) > 1:
        message = f"  {row.case} on {row.where}: {row.message}"
    head = f"{row.verdict.upper()}  {what}  on {', '.join(finding.adapters)}{outputs}"
    return [head, *(f"  {text}" for text in named if len(cases) > 1), message, *rest]
