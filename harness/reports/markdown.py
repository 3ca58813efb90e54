"""``conformance.md``: a screen of summary, the divergences with their evidence, then every check."""

from __future__ import annotations

import re

from harness.core.results import Report
from harness.core.templates import templates
from harness.reports.by_check import in_words
from harness.reports.checkerboard import boards
from harness.reports.error_conformance import refusal_table
from harness.reports.number_types import accumulation, dtype_matrix, subnormals
from harness.reports.summary import (
    case_tables,
    counts_line,
    grouped,
    on_output,
    reasons,
    show_versions,
    verdict_counts,
    verdicts_given,
)


def render_markdown(report: Report) -> str:
    """The report as Markdown text."""
    environment = templates("harness.reports")
    environment.filters |= {
        "cell": cell,
        "quoted": quoted,
        "versions": show_versions,
        "on_output": on_output,
        "words": in_words,
    }
    return environment.get_template("conformance.md.j2").render(
        report=report,
        verdicts=verdicts_given(report),
        counts=verdict_counts(report),
        failures=report.failures,
        known=grouped(report),
        reasons=reasons(report),
        refusals=refusal_table(report),
        suites=case_tables(report),
        counted=counts_line(report),
        matrix=dtype_matrix(report),
        sums=accumulation(report),
        subnormals=subnormals(report),
        boards=boards(),
    )


def cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def quoted(text: str) -> str:
    """Foreign text that stays within one cell and is not taken for markup."""
    return re.sub(r"([*_`])", r"\\\1", cell(text).replace("&", "&amp;").replace("<", "&lt;"))
