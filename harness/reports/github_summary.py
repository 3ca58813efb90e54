"""A short Markdown summary of a run, for the page that a CI service shows of a job."""

from __future__ import annotations

from harness.core.results import NOT_STARTED, Row, Verdict
from harness.reports.markdown import cell
from harness.reports.view import View

MOST_SHOWN = 20
"""Services cut a summary of more than a mebibyte; whoever has more failures reads the report."""


def render_summary(view: View, idle: str = "") -> str:
    """A table of adapters and verdicts, then the first failures with evidence, diagnosis and repeat command.

    ``idle`` states why the report shows nothing about any framework, or about one that was named.
    """
    failures = [row for row, _ in view.failing if row.verdict not in NOT_STARTED]
    absent = sorted(row.adapter for row, _ in view.failing if row.verdict is Verdict.UNAVAILABLE)
    broken = sorted((row.adapter, row.message) for row, _ in view.failing if row.verdict is Verdict.BROKEN)
    state = f"{len(failures)} failing" if failures or not (absent or broken) else ""
    absence = f"not available: {', '.join(absent)}" if absent else ""
    breakage = f"broken: {', '.join(name for name, _ in broken)}" if broken else ""
    lines = [
        "## Conformance of transposed convolution",
        "",
        f"{view.count(', '.join(filter(None, [state, absence, breakage])))}.",
        "",
        f"| adapter | versions | {' | '.join(view.verdicts)} |",
        f"|---|---|{'---:|' * len(view.verdicts)}",
    ]
    for adapter in view.report.adapters:
        numbers = [str(view.counts[adapter.name][verdict] or "") for verdict in view.verdicts]
        lines.append(f"| {cell(adapter.name)} | {cell(adapter.versions_text)} | {' | '.join(numbers)} |")
    for name, message in broken:
        lines += ["", f"### broken: {cell(name)}", "", "```text", message.replace("```", "'''"), "```"]
    if idle:
        lines += ["", "```text", *idle.splitlines(), "```"]
    for row in failures[:MOST_SHOWN]:
        lines += ["", *_failure(row)]
    if len(failures) > MOST_SHOWN:
        lines += ["", f"… and {len(failures) - MOST_SHOWN} more."]
    return "\n".join(lines) + "\n"


def _failure(row: Row) -> list[str]:
    """Texts of frameworks and cases stand in code fences or escaped cells, so that they are not read as Markdown."""
    return [
        f"### {row.verdict}: {cell(row.case)} on {cell(row.where)}",
        "",
        "```text",
        *(line.replace("```", "'''") for line in filter(None, [row.message, row.diagnosis, row.repeat])),
        "```",
    ]
