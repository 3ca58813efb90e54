"""One run from a selection to a report: what ``harness run`` and others share."""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from harness.adapters import Chosen, choose
from harness.core.cpu import in_words, instruction_sets
from harness.core.errors import BadInputError, Problem
from harness.core.results import SCHEMA_VERSION, AdapterInfo, CaseInfo, Report, Row
from harness.core.version import harness_version
from harness.engine.check import Check, plan_checks, with_lists
from harness.engine.excerpts import Excerpts
from harness.engine.idle import require_requests, why_nothing_ran
from harness.engine.lane import Settings
from harness.engine.pool import AllRows, run_all
from harness.engine.resume import Progress, Stored, check_versions, describe, load_partial, take_up
from harness.engine.survey import survey
from harness.suites.known_divergences import known_beside
from harness.suites.selection import Selection


class Ticker:
    """Is given how many checks there will be, and the first row of each as it ends; shows nothing by itself."""

    def begin(self, total: int) -> None:
        """Before the first check."""

    def starting(self, adapters: tuple[str, ...]) -> None:
        """Before a process starts for ``adapters``."""

    def row(self, row: Row) -> None:
        """After each check."""


@dataclass(frozen=True, slots=True)
class Session:
    """A finished run. ``seconds`` is kept apart from the report, which must not depend on the clock.

    ``checks()`` plans the checks anew, case by case, so that none need to be kept; ``showcase`` holds values to show.
    """

    report: Report
    seconds: float
    checks: Callable[[], Iterable[Check]] = tuple
    showcase: Excerpts = field(default_factory=Excerpts)
    idle: str = ""
    """Why the report shows nothing about any framework, or about one that was named; empty where it does."""
    problems: tuple[Problem, ...] = ()
    """Of the cases that could not be used; the report is about the others."""


def refuse(problems: Sequence[Problem]) -> None:
    """Raise BadInputError."""
    raise BadInputError(*problems)


def run_session(
    selection: Selection,
    names: Sequence[str],
    settings: Settings,
    jobs: int | None,
    ticker: Ticker,
    progress: Progress | None = None,
    resume: Path | None = None,
    notice: Callable[[Sequence[Problem]], None] = refuse,
    lists: Sequence[Path] = (),
) -> Session:
    """Run ``selection`` on the adapters called ``names`` (all that are installed when empty).

    ``progress`` is filled while the run goes on, and kept in its folder if it has one. With ``resume`` the run goes on
    from the partial report in that folder.

    ``notice`` is given what is wrong with the values that cases expect. By default it raises BadInputError; where it
    returns, the others are run. ``lists`` are of known divergences, beside those in the folders of the suites.

    Raises BadInputError before anything runs where the input cannot be used, and after it where a resumed run has met
    other versions; NothingRequestedError where an adapter that was named has no check, or none has.
    """
    start = time.perf_counter()
    chosen = choose(names)
    known = known_beside(selection.folders, lists, selection.has)
    found = survey(selection.cases(), chosen)
    if found.problems:
        selection = selection.without(found.problems)
        notice(list(found.problems.values()))
    require_requests(found, chosen)
    gc.enable()
    progress = progress or Progress()
    progress.checks, progress.showcase = found.checks, Excerpts(found.checks)
    progress.run = describe(found.digests, chosen, known, settings, environment(), found.modules)
    stored = Stored() if resume is None else load_partial(resume, progress.run)
    take_up(stored, progress)
    progress.begin(stored.length)
    tally, showcase = progress.tally, progress.showcase
    ticker.begin(found.checks - len({(row.case, row.adapter) for row in tally.rows}))
    jobs = jobs or default_jobs(len(chosen))
    found_rows = run_all(selection.cases, chosen, known, settings, jobs, ticker.row, showcase, tally, ticker.starting)
    if resume is not None:
        check_versions(progress, resume)
    found_rows = replace(found_rows, rows=tuple(with_lists(row, lists) for row in found_rows.rows))
    report = _report(found.infos, chosen, found_rows)
    seconds, idle = time.perf_counter() - start, why_nothing_ran(report.results, chosen)
    return Session(report, seconds, lambda: plan_checks(selection.cases(), chosen), showcase, idle, selection.problems)


def default_jobs(adapters: int) -> int:
    """One process per adapter, as many at once as there are processors: more would only slow each other down."""
    return max(min(adapters, os.cpu_count() or 1), 1)


def environment() -> dict[str, str]:
    """What the figures may depend on, beside the frameworks."""
    return {
        "cpu": in_words(instruction_sets()),
        "harness": harness_version(),
        "machine": platform.machine(),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
    }


def _report(cases: tuple[CaseInfo, ...], chosen: Sequence[Chosen], found: AllRows) -> Report:
    adapters = tuple(
        AdapterInfo(one.name, one.adapter.dialect, found.versions.get(one.name, {}), one.requested_by_name)
        for one in chosen
    )
    return Report(SCHEMA_VERSION, environment(), adapters, cases, found.rows)
