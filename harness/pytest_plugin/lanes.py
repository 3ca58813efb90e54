"""Worker processes of a session of pytest, and what becomes of an item by the rows of its check."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.adapters import Start
from harness.api import NotConformingError
from harness.core.corpus import located
from harness.core.results import Row, Verdict
from harness.engine.check import Check, with_lists
from harness.engine.lane import Lane, Settings
from harness.reports.summary import failure_lines
from harness.suites.known_divergences import known_beside
from harness.suites.selection import has_case


class Lanes:
    """A lane for the adapters that share a process and the cases of one folder, started when it is first needed."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[Start, Path, tuple[Path, ...]], Lane] = {}

    def run(self, check: Check, lists: Sequence[Path] = ()) -> tuple[Row, ...]:
        """The rows of ``check``; ``lists`` are of known divergences, beside that in the folder of its suite."""
        folder = located(check.case.path).parent
        key = (check.chosen.start, folder, tuple(lists))
        if key not in self._lanes:
            known = known_beside([folder], lists, lambda name, beside, _: has_case(name, (beside, folder)))
            self._lanes[key] = Lane(check.chosen, Settings(), known)
        return tuple(with_lists(row, lists) for row in self._lanes[key].run([check]))

    def close(self) -> None:
        """End the workers; others are started when they are needed."""
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.close()


LANES = Lanes()
"""Those of this process, for suites and for parametrized tests alike."""
atexit.register(LANES.close)


def deciding(rows: Sequence[Row]) -> Row:
    """The row of the first output that fails, or else of the first."""
    return next((row for row in rows if row.verdict.fails), rows[0])


def settle(check: Check, rows: tuple[Row, ...]) -> None:
    """End the test that ran ``check`` as its rows have it.

    Raises NotConformingError where one fails, or where an adapter that was named is not installed. A known divergence
    is an expected failure, and what is not run for another reason is skipped with that.
    """
    __tracebackhide__ = True
    row = deciding(rows)
    if row.verdict is Verdict.KNOWN:
        pytest.xfail(f"known, {row.observed}: {row.diagnosis}")
    if row.verdict.fails or (row.verdict is Verdict.UNAVAILABLE and check.chosen.requested_by_name):
        first, *rest = failure_lines(row)
        failures = tuple(one for one in rows if one.verdict.fails) or (row,)
        raise NotConformingError(rows, failures, "\n".join([first, f"  about: {check.case.about}", *rest]))
    if not row.verdict.conforms:
        pytest.skip(f"{row.verdict} on {row.adapter}: {row.message}")
