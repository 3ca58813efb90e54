"""What ``harness run`` shows: a bar on a terminal, plain lines in a log, then a summary with every failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from harness.engine import LANES
from harness.errors import BadInputError, Problem
from harness.interrupts import leave_if_busy
from harness.partial import Progress, save_partial
from harness.reports.summary import counts_line, failures_once, on_output, summary_table
from harness.results import Report, Row, Verdict

TENTHS = 10
INTERRUPTED = 130
"""Exit code, as that of a shell."""


class _Bar:
    """A bar on a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, total: int) -> None:
        self._bar = tqdm(total=total, unit="check", dynamic_ncols=True, leave=False)

    def row(self, row: Row) -> None:
        if row.verdict.fails:
            self._bar.write(_line(row), file=sys.stderr)
        self._bar.update()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """A line for each failure and for each tenth of the run."""

    def __init__(self) -> None:
        self._total = self._done = 0
        self._missing: set[str] = set()

    def begin(self, total: int) -> None:
        self._total = total
        click.echo(f"{total} checks", err=True)

    def row(self, row: Row) -> None:
        self._done += 1
        if row.verdict.fails:
            click.echo(_line(row), err=True)
        if row.verdict is Verdict.UNAVAILABLE and row.adapter not in self._missing:
            self._missing.add(row.adapter)
            click.echo(f"unavailable: {row.adapter}: {row.message}", err=True)
        if self._done * TENTHS // self._total > (self._done - 1) * TENTHS // self._total:
            click.echo(f"{self._done} of {self._total} checks done", err=True)

    def close(self) -> None:
        pass


@contextmanager
def progress() -> Iterator[_Bar | _Lines]:
    """The ticker that suits the place standard error goes to."""
    ticker = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        yield ticker
    finally:
        ticker.close()


def print_result(report: Report, written: Sequence[Path]) -> None:
    """The summary table, each failure with the command that repeats it, and where the reports are."""
    click.echo(f"{counts_line(report)}\n\n{summary_table(report)}")
    for failure in failures_once(report):
        click.echo("\n" + "\n".join(failure))
    count = len(report.failures)
    click.echo("\nconforming" if not count else f"\n{count} failing verdict{'s' if count > 1 else ''}")
    for path in written:
        click.echo(f"wrote {path}")


def keep(folder: Path | None, under_way: Progress) -> None:
    """Keep what an interrupted run has found, and say where; ends the process where a thread would hold it up."""
    done = len({(row.case, row.adapter) for row in under_way.tally.rows})
    said = f"interrupted after {done} of {under_way.checks} checks"
    if folder is None or not done:
        click.echo(f"{said}; nothing is kept", err=True)
    else:
        try:
            path = save_partial(folder, under_way)
            click.echo(f"{said}; {path} keeps them, and --resume goes on from there", err=True)
        except BadInputError as error:
            click.echo(f"{said}; {error}", err=True)
    leave_if_busy(LANES, INTERRUPTED)


def append_to(path: str, text: str = "") -> None:
    """Add ``text`` to the end of the file at ``path``, which others write to as well; to the terminal without a path.

    Raises BadInputError where that cannot be; called without text before a run, lest the run's summary be lost.
    """
    if not path:
        click.echo(text, nl=False)
        return
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        problem = Problem("--github-summary", 0, 0, path, f"cannot be written: {error.strerror}", "name another file")
        raise BadInputError(problem) from error


def _line(row: Row) -> str:
    return f"{row.verdict}: {row.case} on {on_output(row)}: {row.message}"
