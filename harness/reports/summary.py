"""Counts and texts that several reports share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

from harness.core.results import NOT_ASKED, NOT_STARTED, AdapterInfo, Report, Row, Verdict
from harness.reports.by_check import by_check, count_checks

WIDTH = 100
"""Columns of a terminal that are filled with names."""


def verdict_counts(report: Report) -> dict[str, Counter[Verdict]]:
    """Per adapter, how often each verdict was given, once for each output of a check."""
    counts: dict[str, Counter[Verdict]] = {adapter.name: Counter() for adapter in report.adapters}
    for row in report.results:
        counts[row.adapter][row.verdict] += 1
    return counts


def verdicts_given(report: Report) -> list[Verdict]:
    """The verdicts that occur, in report order."""
    given = {row.verdict for row in report.results}
    return [verdict for verdict in Verdict if verdict in given]


def grouped(report: Report) -> list[tuple[Row, int]]:
    """One known row for each explanation on each adapter, and how many verdicts it explains."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in report.results:
        if row.verdict is Verdict.KNOWN:
            groups.setdefault((row.adapter, row.diagnosis, row.observed), []).append(row)
    return [(group[0], len(group)) for _, group in sorted(groups.items())]


def reasons(report: Report) -> list[tuple[str, str, int]]:
    """Adapter, reason and count of what cannot be said or could not run."""
    counts = Counter((row.adapter, row.message) for row in report.results if row.verdict in NOT_ASKED)
    return [(adapter, reason, count) for (adapter, reason), count in sorted(counts.items())]


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """A suite's cases, each with the rows of every adapter; ``adapters`` are those that were asked any of them."""

    suite: str
    adapters: tuple[str, ...]
    cases: tuple[tuple[str, dict[str, list[Row]]], ...]


def case_tables(report: Report) -> list[SuiteTable]:
    """A table for each suite of ``report``."""
    by_case: dict[str, dict[str, list[Row]]] = {info.case: {} for info in report.cases}
    for rows in by_check(report.results):
        by_case[rows[0].case].setdefault(rows[0].adapter, []).extend(rows)
    tables = []
    for suite, group in groupby(by_case.items(), key=lambda item: item[0].partition("/")[0]):
        cases = tuple((case.partition("/")[2], rows) for case, rows in group)
        asked = {adapter for _, rows in cases for adapter in rows}
        tables.append(SuiteTable(suite, tuple(one.name for one in report.adapters if one.name in asked), cases))
    return tables


def counts_line(report: Report, state: str = "") -> str:
    """``2 cases, 4 checks, 7 verdicts, 1 failing``: a check has a verdict on each output that it came to.

    ``state`` stands in for the last part where there is more to say.
    """
    parts = [(len(report.cases), "case"), (count_checks(report), "check"), (len(report.results), "verdict")]
    counted = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts]
    return ", ".join([*counted, state or f"{len(report.failures)} failing"])


def show_versions(adapter: AdapterInfo) -> str:
    """``keras 3.15.1, tensorflow 2.21.0``, or that there are none."""
    return ", ".join(f"{name} {version}" for name, version in adapter.versions.items()) or "not started"


def summary_table(report: Report) -> str:
    """Adapter x verdict as aligned text; each set of versions stands below once, with the adapters that have it."""
    verdicts, counts = verdicts_given(report), verdict_counts(report)
    lines = [["adapter", *verdicts]]
    alike: dict[str, list[str]] = {}
    for adapter in report.adapters:
        numbers = [str(counts[adapter.name][verdict] or "·") for verdict in verdicts]
        lines.append([adapter.name, *numbers])
        alike.setdefault(show_versions(adapter), []).append(adapter.name)
    texts = [f"{found}: {', '.join(names)}" for found, names in alike.items()]
    versions = [line for text in texts for line in wrap(text, WIDTH, break_on_hyphens=False, subsequent_indent="  ")]
    return "\n".join([_align(lines), "", *versions])


def on_output(row: Row) -> str:
    """``keras``, or ``keras (kernel_grad)`` where the row is not about the result itself."""
    return row.adapter if row.output == "output" else f"{row.adapter} ({row.output})"


def failure_lines(row: Row) -> list[str]:
    """A failing row as a person reads it: what, where, why, and the command that repeats it."""
    lines = [f"{row.verdict.upper()}  {row.case}  on {on_output(row)} ({row.route})", f"  {row.message}"]
    if row.diagnosis:
        lines.append(f"  {row.diagnosis}")
    return [*lines, f"  repeat: {row.repeat}"]


def failures_once(report: Report) -> Iterator[list[str]]:
    """Every failing row; an adapter that did not start is one failure, however many cases it was asked."""
    absent: set[str] = set()
    for row in report.failures:
        if row.verdict not in NOT_STARTED:
            yield failure_lines(row)
        elif row.adapter not in absent:
            absent.add(row.adapter)
            named = ", which was asked for by name" if row.verdict is Verdict.UNAVAILABLE else ""
            yield [f"{row.verdict.upper()}  {row.adapter}{named}", f"  {row.message}"]


def _align(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
