"""Counts and texts that several reports share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.results import NOT_ASKED, AdapterInfo, Report, Row, Verdict


def verdict_counts(report: Report) -> dict[str, Counter[Verdict]]:
    """Per adapter, how often each verdict was given."""
    counts: dict[str, Counter[Verdict]] = {adapter.name: Counter() for adapter in report.adapters}
    for row in report.results:
        counts[row.adapter][row.verdict] += 1
    return counts


def verdicts_given(report: Report) -> list[Verdict]:
    """The verdicts that occur, in report order."""
    given = {row.verdict for row in report.results}
    return [verdict for verdict in Verdict if verdict in given]


def grouped(report: Report) -> list[tuple[Row, int]]:
    """One known row for each explanation on each adapter, and how many checks show it."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in report.results:
        if row.verdict is Verdict.KNOWN:
            groups.setdefault((row.adapter, row.diagnosis, row.observed), []).append(row)
    return [(group[0], len(group)) for _, group in sorted(groups.items())]


def reasons(report: Report) -> list[tuple[str, str, int]]:
    """Adapter, reason and count of what cannot be said or could not run."""
    counts = Counter((row.adapter, row.message) for row in report.results if row.verdict in NOT_ASKED)
    return [(adapter, reason, count) for (adapter, reason), count in sorted(counts.items())]


def case_tables(report: Report) -> list[tuple[str, list[tuple[str, dict[str, Row]]]]]:
    """Suite -> its cases -> the row of each adapter."""
    by_case: dict[str, dict[str, Row]] = {info.case: {} for info in report.cases}
    for row in report.results:
        by_case[row.case][row.adapter] = row
    return [
        (suite, [(case.partition("/")[2], rows) for case, rows in cases])
        for suite, cases in groupby(by_case.items(), key=lambda item: item[0].partition("/")[0])
    ]


def show_versions(adapter: AdapterInfo) -> str:
    """``keras 3.15.1, tensorflow 2.21.0``, or that there are none."""
    return ", ".join(f"{name} {version}" for name, version in adapter.versions.items()) or "not started"


def summary_table(report: Report) -> str:
    """Adapter x verdict as aligned text."""
    verdicts, counts = verdicts_given(report), verdict_counts(report)
    lines = [["adapter", *verdicts, "versions"]]
    for adapter in report.adapters:
        numbers = [str(counts[adapter.name][verdict] or "·") for verdict in verdicts]
        lines.append([adapter.name, *numbers, show_versions(adapter)])
    return _align(lines)


def failure_lines(row: Row) -> list[str]:
    """A failing row as a person reads it: what, where, why, and the command that repeats it."""
    lines = [f"{row.verdict.upper()}  {row.case}  on {row.adapter} ({row.route})", f"  {row.message}"]
    if row.diagnosis:
        lines.append(f"  {row.diagnosis}")
    return [*lines, f"  repeat: {row.repeat}"]


def failures_once(report: Report) -> Iterator[list[str]]:
    """Every failing row; an adapter that is not there is one failure, however many cases it was asked."""
    absent: set[str] = set()
    for row in report.failures:
        if row.verdict is not Verdict.UNAVAILABLE:
            yield failure_lines(row)
        elif row.adapter not in absent:
            absent.add(row.adapter)
            yield [f"UNAVAILABLE  {row.adapter}, which was asked for by name", f"  {row.message}"]


def _align(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index in {0, len(widths) - 1} else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
