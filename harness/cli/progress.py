"""What ``harness run`` shows: a bar on a terminal, plain lines in a log, then a summary with every failure."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import click
from tqdm import tqdm

from harness.core.counting import counted
from harness.core.errors import BadInputError, Problem
from harness.core.results import NOT_STARTED, Row
from harness.engine.interrupts import leave_if_busy
from harness.engine.pool import LANES
from harness.engine.resume import Progress
from harness.engine.session import Session, Ticker
from harness.reports.findings import alike
from harness.reports.summary import failures_once, summary_table
from harness.reports.view import View
from harness.reports.writing import write_reports


def print_problems(problems: Sequence[Problem]) -> None:
    """Say which cases a run leaves out, and why."""
    if problems:
        click.echo(f"{BadInputError(*problems)}\nthe other cases run\n", err=True)


TENTHS = 10
PATIENCE = 1.0
"""Seconds after which a person wants to see what is done."""
SOON = 5.0
"""Seconds that are left of a run of which nothing is to say."""
INTERRUPTED = 130
"""Exit code, as that of a shell."""


class RunTicker(Ticker):
    """A bar on a terminal; elsewhere a line for each tenth of the run. Failures have a line of their own in both."""

    def __init__(self, *, verbose: bool = False) -> None:
        """With ``verbose`` each failure is shown, else the first of those that look alike."""
        self._verbose = verbose
        self._bar: Any = None
        self._total = self._done = 0
        self._first = 0.0
        self._waiting = later("preparing the checks")
        self._shown: set[tuple[str, ...]] = set()
        self._starting: list[tuple[str, ...]] = []

    def begin(self, total: int) -> None:
        self._waiting.cancel()
        self._total = total
        if sys.stderr.isatty():
            self._bar = tqdm(total=total, unit="check", dynamic_ncols=True, leave=False)
        else:
            note(counted(total, "check"))

    def starting(self, adapters: tuple[str, ...]) -> None:
        self._starting.append(adapters)
        if self._bar is not None:
            self._describe()
        elif not self._done:
            note(f"starting {adapters[0]}")

    def row(self, row: Row) -> None:
        self._done += 1
        self._first = self._first or time.monotonic()  # processes have started by then
        if line := self._line(row):
            note(line)
        if self._bar is not None:
            self._bar.update()
            if any(row.adapter in adapters for adapters in self._starting):
                self._starting = [adapters for adapters in self._starting if row.adapter not in adapters]
                self._describe()
        elif self._done * TENTHS // self._total > (self._done - 1) * TENTHS // self._total:
            left = (time.monotonic() - self._first) * (self._total - self._done) / max(self._done - 1, 1)
            note(f"{self._done} of {self._total} checks done{time_left(left)}")

    def close(self) -> None:
        self._waiting.cancel()
        if self._bar is not None:
            self._bar.close()

    def _describe(self) -> None:
        names = ", ".join(dict.fromkeys(adapters[0] for adapters in self._starting))
        self._bar.set_description_str(f"starting {names}" if names else "")

    def _line(self, row: Row) -> str:
        """What there is to state of a row, or nothing: an adapter that did not start is named once."""
        started = row.verdict not in NOT_STARTED
        if (started and not row.verdict.fails) or alike(row) in self._shown:
            return ""
        if not (started and self._verbose):
            self._shown.add(alike(row))
        where = f"{row.case} on {row.where}" if started else row.adapter
        return f"{row.verdict}: {where}: {row.message}"


def time_left(seconds: float) -> str:
    """``, about 3 min left``, or nothing where that is soon."""
    if seconds < SOON:
        return ""
    minutes = round(seconds / 60)
    return f", about {minutes} min left" if minutes > 1 else f", about {round(seconds)} s left"


def print_result(
    session: Session, view: View, written: Sequence[Path], under_way: Progress | None = None, *, verbose: bool = False
) -> None:
    """The summary table, the failures with a command that repeats them, and where the reports are, or else the rows.

    With ``verbose`` each failure, else each cause once.
    """
    click.echo(f"{view.count()}\n\n{summary_table(view)}")
    failures = list(failures_once(view, verbose=verbose))
    for failure in failures:
        click.echo("\n" + "\n".join(failure))
    count = len(view.failures)
    left_out = "not all cases could be used" if session.problems else "conforming"
    if count and session.idle:
        click.echo(f"\n{session.idle}")
    conclusion = counted(count, "failing verdict") if count else session.idle or left_out
    click.echo(f"\n{conclusion}{'; --verbose shows each' if len(failures) < len(view.failing) else ''}")
    for path in written:
        click.echo(f"wrote {path}")
    if session.idle and under_way is not None and (where := _where_kept(under_way)):
        click.echo(f"the rows of what ran: {where}")


def note(text: str) -> None:
    """Say ``text`` beside a bar or lines."""
    tqdm.write(text, file=sys.stderr)


def later(text: str) -> Timer:
    """A timer that notes ``text`` unless it is cancelled in time: what takes long is not done in silence."""
    timer = Timer(PATIENCE, note, [text])
    timer.daemon = True
    timer.start()
    return timer


@contextmanager
def announced(text: str) -> Iterator[None]:
    """Note ``text`` where what is done within takes long."""
    timer = later(text)
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def kept(under_way: Progress) -> Iterator[None]:
    """Bring to the disk what a run has found, however it ends; where it is interrupted, say where that is.

    Ends the process of an interrupted run where a thread would hold it up.
    """
    try:
        yield
    except KeyboardInterrupt:
        under_way.close()
        done = len({(row.case, row.adapter) for row in under_way.tally.rows})
        where = _where_kept(under_way)
        rest = f"; {where}, and --resume goes on from there" if where else "; nothing is kept"
        click.echo(f"interrupted after {done} of {under_way.checks} checks{rest}", err=True)
        leave_if_busy(LANES, INTERRUPTED)
        raise
    finally:
        under_way.close()


def write_or_keep(folder: Path, session: Session, view: View, under_way: Progress) -> list[Path]:
    """Write the reports; where that cannot be, print the verdicts and where they are kept, and raise BadInputError."""
    try:
        return write_reports(folder, session, view)
    except BadInputError:
        under_way.close()
        print_result(session, view, [])
        if where := _where_kept(under_way):
            click.echo(f"{where}: free some space, and --resume writes the reports", err=True)
        raise


def _where_kept(under_way: Progress) -> str:
    journal = under_way.journal
    if journal is None or not journal.begun:
        return ""
    return f"{journal.path} keeps {'them' if journal.whole else 'the first of them'}"
