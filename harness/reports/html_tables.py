"""Tables of the HTML report that say the same of several cases or adapters once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from harness.core.results import Report, Row
from harness.reports.by_check import in_words
from harness.reports.error_conformance import Answer, RefusalTable
from harness.reports.summary import case_tables, grouped

NOT_ASKED = "–"
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class AlikeTable:
    """A suite's cases, those together of which every adapter's verdict is the same."""

    suite: str
    count: int
    adapters: tuple[str, ...]
    lines: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """Names of the cases without their suite's, and a cell for each adapter."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A known divergence as one adapter shows it first, and how many verdicts it explains on each adapter."""

    row: Row
    counts: tuple[tuple[str, int], ...]

    @property
    def words(self) -> str:
        """``on keras (bias_grad) and 2 more like it; keras:jax (3)``."""
        (_, first), *others = self.counts
        more = f", and {first - 1} more like it" if first > 1 else ""
        return more + "".join(f"; also on {name} ({count})" for name, count in others)


def every_check(report: Report) -> list[AlikeTable]:
    """A table for each suite of ``report``; a star marks a composed route."""
    tables = []
    for table in case_tables(report):
        lines = ((tuple(_cell(rows.get(name)) for name in table.adapters), case) for case, rows in table.cases)
        alike = tuple((tuple(names), cells) for cells, names in _gathered(lines))
        tables.append(AlikeTable(table.suite, len(table.cases), table.adapters, alike))
    return tables


def divergences(report: Report) -> list[Divergence]:
    """The known divergences, those together of which the same was seen and the same is said."""
    found = _gathered(((row.observed, row.message, row.diagnosis), (row, count)) for row, count in grouped(report))
    return [Divergence(group[0][0], tuple((row.adapter, count) for row, count in group)) for _, group in found]


Answered = tuple[tuple[Answer, ...], list[str]]


def answers_once(table: RefusalTable) -> Iterator[tuple[str, str, list[Answered]]]:
    """Each rule with its sentence and the answers to it, and the adapters that answer so."""
    for rule, sentence, answers in table.rows:
        asked = ((answer, column) for answer, column in zip(answers, table.columns, strict=True) if answer)
        yield rule, sentence, _gathered(asked)


def _cell(rows: list[Row] | None) -> str:
    if rows is None:
        return NOT_ASKED
    return in_words(rows) + ("*" if rows[0].route == "composed" else "")


def _gathered(pairs: Iterable[tuple[K, V]]) -> list[tuple[K, list[V]]]:
    """The values of each key together, in the order in which the keys come first."""
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return list(groups.items())
