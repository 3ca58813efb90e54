"""``conformance.md``: a screen of summary, the divergences with their evidence, then every check."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.reports.summary import show_versions, verdict_counts, verdicts_given
from harness.results import Report, Row, Verdict


def render_markdown(report: Report) -> str:
    """The report as Markdown text."""
    environment = Environment(
        loader=PackageLoader("harness.reports", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, whose own marks are escaped by the filter
    )
    environment.filters |= {"cell": _cell, "versions": show_versions}
    return environment.get_template("conformance.md.j2").render(
        report=report,
        verdicts=verdicts_given(report),
        counts=verdict_counts(report),
        failures=report.failures,
        known=_grouped([row for row in report.results if row.verdict is Verdict.KNOWN]),
        reasons=_reasons(report),
        suites=_suites(report),
    )


def _cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def _grouped(rows: list[Row]) -> list[tuple[Row, int]]:
    """One row for each explanation on each adapter, and how many checks show it."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.adapter, row.diagnosis, row.observed), []).append(row)
    return [(group[0], len(group)) for _, group in sorted(groups.items())]


def _reasons(report: Report) -> list[tuple[str, str, int]]:
    """Adapter, reason and count of what cannot be said or could not run."""
    kinds = {Verdict.INEXPRESSIBLE, Verdict.UNAVAILABLE}
    counts = Counter((row.adapter, row.message) for row in report.results if row.verdict in kinds)
    return [(adapter, reason, count) for (adapter, reason), count in sorted(counts.items())]


def _suites(report: Report) -> list[tuple[str, list[tuple[str, dict[str, Row]]]]]:
    """Suite -> its cases -> the row of each adapter."""
    by_case: dict[str, dict[str, Row]] = {info.case: {} for info in report.cases}
    for row in report.results:
        by_case[row.case][row.adapter] = row
    return [
        (suite, [(case.partition("/")[2], rows) for case, rows in cases])
        for suite, cases in groupby(by_case.items(), key=lambda item: item[0].partition("/")[0])
    ]
