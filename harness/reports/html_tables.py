"""Tables of the HTML report that say the same of several cases or adapters once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.core.results import Row
from harness.reports.by_check import Checked, gathered
from harness.reports.error_conformance import Answer, RefusalTable
from harness.reports.view import View

NOT_ASKED = "–"


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


def every_check(view: View) -> list[AlikeTable]:
    """A table for each suite; a star marks a composed route."""
    tables = []
    for table in view.suites:
        lines = ((tuple(_cell(checks.get(name)) for name in table.adapters), case) for case, checks in table.cases)
        alike = tuple((tuple(names), cells) for cells, names in gathered(lines).items())
        tables.append(AlikeTable(table.suite, len(table.cases), table.adapters, alike))
    return tables


def divergences(view: View) -> list[Divergence]:
    """The known divergences, those together of which the same was observed and the same is stated."""
    found = gathered(((row.observed, row.message, row.diagnosis), (row, count)) for row, count in view.known)
    return [Divergence(group[0][0], tuple((row.adapter, count) for row, count in group)) for group in found.values()]


Answered = Mapping[tuple[Answer, ...], list[str]]


def answers_once(table: RefusalTable) -> Iterator[tuple[str, str, Answered]]:
    """Each rule with its sentence and the answers to it, and the adapters that answer so."""
    for rule, sentence, answers in table.rows:
        given = ((answer, column) for answer, column in zip(answers, table.columns, strict=True) if answer)
        yield rule, sentence, gathered(given)


def _cell(check: Checked | None) -> str:
    return NOT_ASKED if check is None else check.text + "*" * check.composed
