"""What ``harness run`` shows: a bar on a terminal, plain lines in a log, then a summary with every failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
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
from harness.reports.summary import failures_once, summary_table
from harness.reports.view import View
from harness.reports.writing import write_reports


def print_problems(problems: Sequence[Problem]) -> None:
    """Say which cases a run leaves out, and why."""
    if problems:
        click.echo(f"{BadInputError(*problems)}\nthe other cases run\n", err=True)


TENTHS = 10
INTERRUPTED = 130
"""Exit code, as that of a shell."""


class RunTicker(Ticker):
    """A bar on a terminal; elsewhere a line for each tenth of the run. Failures have a line of their own in both."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._total = self._done = 0
        self._named: set[str] = set()

    def begin(self, total: int) -> None:
        self._total = total
        if sys.stderr.isatty():
            self._bar = tqdm(total=total, unit="check", dynamic_ncols=True, leave=False)
        else:
            note(counted(total, "check"))

    def row(self, row: Row) -> None:
        self._done += 1
        if line := self._line(row):
            note(line)
        if self._bar is not None:
            self._bar.update()
        elif self._done * TENTHS // self._total > (self._done - 1) * TENTHS // self._total:
            note(f"{self._done} of {self._total} checks done")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, row: Row) -> str:
        """What there is to state of a row, or nothing: an adapter that did not start is named once."""
        if row.verdict not in NOT_STARTED:
            return f"{row.verdict}: {row.case} on {row.where}: {row.message}" if row.verdict.fails else ""
        if row.adapter in self._named:
            return ""
        self._named.add(row.adapter)
        return f"{row.verdict}: {row.adapter}: {row.message}"


def print_result(session: Session, view: View, written: Sequence[Path]) -> None:
    """The summary table, each failure with the command that repeats it, and where the reports are."""
    click.echo(f"{view.count()}\n\n{summary_table(view)}")
    for failure in failures_once(view):
        click.echo("\n" + "\n".join(failure))
    count = len(view.failures)
    left_out = "not all cases could be used" if session.problems else "conforming"
    conclusion = counted(count, "failing verdict") if count else session.idle or left_out
    click.echo(f"\n{conclusion}")
    for path in written:
        click.echo(f"wrote {path}")


def note(text: str) -> None:
    """Say ``text`` beside a bar or lines."""
    tqdm.write(text, file=sys.stderr)


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
