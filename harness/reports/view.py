"""What all reports of a run show, counted once: renderers only write it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from harness.core.counting import counted
from harness.core.results import NOT_CALLED, NOT_STARTED, CaseInfo, Report, Row, Verdict
from harness.reports import error_conformance, number_types
from harness.reports.by_check import Checked, count_verdicts, gathered

NOT_RUN = "–"
_REPEATABLE = ("harness", "numpy", "python")
"""Of the environment."""


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """A suite's cases without its name, each with every adapter's check; ``adapters`` are those that ran any."""

    suite: str
    adapters: tuple[str, ...]
    cases: tuple[tuple[str, Mapping[str, Checked]], ...]

    @property
    def alike(self) -> dict[tuple[str, ...], list[str]]:
        """Cells, one for each adapter, with the cases that have them all; a star marks a composed route."""
        return gathered((tuple(_cell(checks.get(name)) for name in self.adapters), case) for case, checks in self.cases)

    @property
    def standing(self) -> dict[str, Counter[Verdict]]:
        """Per adapter, the verdicts that its checks stand for."""
        return count_verdicts(check for _, checks in self.cases for check in checks.values())


def _cell(check: Checked | None) -> str:
    return NOT_RUN if check is None else check.text + "*" * check.composed


@dataclass(frozen=True)
class View:
    """A report, and what is counted of it when it is first shown."""

    report: Report

    @cached_property
    def repeatable(self) -> View:
        """What every processor that conforms would repeat."""
        environment = {name: self.report.environment[name] for name in _REPEATABLE if name in self.report.environment}
        rows = tuple(row.repeatable for row in self.report.results)
        return View(replace(self.report, environment=environment, results=rows))

    @cached_property
    def infos(self) -> dict[str, CaseInfo]:
        """The cases by name."""
        return {info.case: info for info in self.report.cases}

    @cached_property
    def checks(self) -> tuple[Checked, ...]:
        """All checks, in the order of the rows."""
        return tuple(Checked(rows) for _, rows in groupby(self.report.results, key=lambda row: row.key[:3]))

    @cached_property
    def by_case(self) -> dict[str, dict[str, Checked]]:
        """Every case -> adapter -> check."""
        found: dict[str, dict[str, Checked]] = {case: {} for case in self.infos}
        for check in self.checks:
            found[check.case][check.adapter] = check
        return found

    @cached_property
    def adapters(self) -> list[str]:
        """The adapters that have checks, by name."""
        return sorted({check.adapter for check in self.checks})

    @cached_property
    def versions(self) -> dict[str, list[str]]:
        """Each set of versions, as text, with the adapters that have it."""
        return gathered((adapter.versions_text, adapter.name) for adapter in self.report.adapters)

    @cached_property
    def counts(self) -> dict[str, Counter[Verdict]]:
        """Per adapter, how often each verdict was given, once for each output of a check."""
        counts: dict[str, Counter[Verdict]] = {adapter.name: Counter() for adapter in self.report.adapters}
        for row in self.report.results:
            counts[row.adapter][row.verdict] += 1
        return counts

    @cached_property
    def given(self) -> dict[str, Counter[Verdict]]:
        """Per adapter, how many checks have each verdict on one output or more."""
        given: dict[str, Counter[Verdict]] = {adapter.name: Counter() for adapter in self.report.adapters}
        for check in self.checks:
            given[check.adapter].update({row.verdict for row in check.rows})
        return given

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur, in report order."""
        given = {row.verdict for row in self.report.results}
        return [verdict for verdict in Verdict if verdict in given]

    @cached_property
    def standing(self) -> dict[str, Counter[Verdict]]:
        """Per adapter, the verdicts that its checks stand for."""
        return count_verdicts(self.checks)

    @cached_property
    def failures(self) -> tuple[Row, ...]:
        """Every row that makes the run fail."""
        return self.report.failures

    @cached_property
    def failing(self) -> list[tuple[Row, int]]:
        """Failing rows; an adapter that did not start has one for all, with how many there are."""
        groups = gathered((row.adapter if row.verdict in NOT_STARTED else row.key, row) for row in self.failures)
        return [(rows[0], len(rows)) for rows in groups.values()]

    @cached_property
    def known(self) -> list[tuple[Row, int]]:
        """One known row for each explanation on each adapter, and how many verdicts it explains."""
        rows = (row for row in self.report.results if row.verdict is Verdict.KNOWN)
        groups = gathered(((row.adapter, row.diagnosis, row.observed), row) for row in rows)
        return [(group[0], len(group)) for _, group in sorted(groups.items())]

    @cached_property
    def reasons(self) -> list[tuple[str, str, int]]:
        """Adapter, reason and count of what cannot be expressed or could not run."""
        counts = Counter((row.adapter, row.message) for row in self.report.results if row.verdict in NOT_CALLED)
        return [(adapter, reason, count) for (adapter, reason), count in sorted(counts.items())]

    @cached_property
    def suites(self) -> list[SuiteTable]:
        """A table for each suite."""
        tables = []
        for suite, group in groupby(self.by_case.items(), key=lambda item: item[0].partition("/")[0]):
            cases = tuple((case.partition("/")[2], checks) for case, checks in group)
            used = {adapter for _, checks in cases for adapter in checks}
            names = tuple(adapter.name for adapter in self.report.adapters if adapter.name in used)
            tables.append(SuiteTable(suite, names, cases))
        return tables

    def count(self, state: str = "") -> str:
        """``2 cases, 4 checks, 7 verdicts, 1 failing``: a check has a verdict on each output that it came to.

        ``state`` stands in for the last part where there is more to say.
        """
        parts = [(len(self.infos), "case"), (len(self.checks), "check"), (len(self.report.results), "verdict")]
        return ", ".join([*(counted(*part) for part in parts), state or f"{len(self.failures)} failing"])

    @cached_property
    def _named(self) -> list[tuple[Row, CaseInfo]]:
        return [(row, self.infos[row.case]) for row in self.report.results]

    @cached_property
    def matrix(self) -> number_types.Matrix:
        """Cases by adapter, output and dtype."""
        return number_types.dtype_matrix(self._named, {info.dtype for info in self.report.cases})

    @cached_property
    def sums(self) -> list[number_types.Sums]:
        """What is known of the precision of sums in half precisions."""
        return number_types.accumulation(self._named)

    @cached_property
    def subnormals(self) -> list[number_types.Subnormals]:
        """What becomes of numbers below the smallest normal one."""
        return number_types.subnormals(self._named)

    @cached_property
    def refusals(self) -> error_conformance.RefusalTable:
        """How each rule of legality is kept."""
        return error_conformance.refusal_table(self._named)
