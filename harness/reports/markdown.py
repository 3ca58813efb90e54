"""``conformance.md``: a screen of summary, the divergences with their evidence, then every check."""

from __future__ import annotations

from harness.reports.summary import case_tables, grouped, reasons, show_versions, verdict_counts, verdicts_given
from harness.results import Report
from harness.templates import templates


def render_markdown(report: Report) -> str:
    """The report as Markdown text."""
    environment = templates("harness.reports")
    environment.filters |= {"cell": cell, "versions": show_versions}
    return environment.get_template("conformance.md.j2").render(
        report=report,
        verdicts=verdicts_given(report),
        counts=verdict_counts(report),
        failures=report.failures,
        known=grouped(report),
        reasons=reasons(report),
        suites=case_tables(report),
    )


def cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
