"""A short Markdown summary of a run, for the page that a CI service shows of a job."""

from __future__ import annotations

from harness.core.results import NOT_STARTED, Report, Row, Verdict
from harness.reports.markdown import cell
from harness.reports.summary import counts_line, on_output, show_versions, verdict_counts, verdicts_given

MOST_SHOWN = 20
"""Services cut a summary of more than a mebibyte; whoever has more failures reads the report."""


def render_summary(report: Report, idle: str = "") -> str:
    """A table of adapters and verdicts, then the first failures with evidence, diagnosis and repeat command.

    ``idle`` says why the report says nothing about any framework.
    """
    failures = [row for row in report.failures if row.verdict not in NOT_STARTED]
    absent = sorted({row.adapter for row in report.failures if row.verdict is Verdict.UNAVAILABLE})
    broken = sorted({(row.adapter, row.message) for row in report.failures if row.verdict is Verdict.BROKEN})
    verdicts, counts = verdicts_given(report), verdict_counts(report)
    state = f"{len(failures)} failing" if failures or not (absent or broken) else ""
    absence = f"not available: {', '.join(absent)}" if absent else ""
    breakage = f"broken: {', '.join(name for name, _ in broken)}" if broken else ""
    lines = [
        "## Conformance of transposed convolution",
        "",
        f"{counts_line(report, state=', '.join(filter(None, [state, absence, breakage])))}.",
        "",
        f"| adapter | versions | {' | '.join(verdicts)} |",
        f"|---|---|{'---:|' * len(verdicts)}",
    ]
    for adapter in report.adapters:
        numbers = [str(counts[adapter.name][verdict] or "") for verdict in verdicts]
        lines.append(f"| {cell(adapter.name)} | {cell(show_versions(adapter))} | {' | '.join(numbers)} |")
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
    """Texts of frameworks and cases stand in code fences or escaped cells, lest they be read as Markdown."""
    return [
        f"### {row.verdict}: {cell(row.case)} on {cell(on_output(row))}",
        "",
        "```text",
        *(line.replace("```", "'''") for line in filter(None, [row.message, row.diagnosis, row.repeat])),
        "```",
    ]
