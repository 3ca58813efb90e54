"""What ``harness run`` leaves for the pages that GitHub shows of a job."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.cli.baseline import failing_rows
from harness.core.corpus import SHIPPED
from harness.core.errors import BadInputError, Problem
from harness.engine.session import Session
from harness.reports.comparison import Stored
from harness.reports.github_annotations import Note, commands, note_of, notes_of
from harness.reports.github_summary import render_summary
from harness.reports.view import View
from harness.suites.selection import Selection


def publish(
    session: Session, view: View, selection: Selection, baseline: Stored | None, summary: str | None, *, annotate: bool
) -> None:
    """Append the summary to the file called ``summary``, and print the annotations, as far as they are requested.

    What fails the run is an error, what fails but is not worse than the ``baseline`` a warning. That the run says
    nothing about a framework is one error without a place.
    """
    if summary is not None:
        append_summary(summary, render_summary(view, session.idle))
    if not annotate:
        return
    rows = failing_rows(view, baseline)
    failing = {row.key for row in rows}
    others = [row for row in view.failures if row.key not in failing]
    names = {row.case for row in (*rows, *others)}
    places = {case.name: (case.path, case.line) for case in selection.cases() if case.name in names}
    root = os.environ.get("GITHUB_WORKSPACE", ".")
    idle = [Note("", 0, "nothing ran", session.idle)] if session.idle else []
    errors = commands("error", [*idle, *map(note_of, session.problems), *notes_of(rows, places)], root)
    for line in [*errors, *commands("warning", notes_of(others, places), root)]:
        click.echo(line)


def append_summary(named: str, text: str = "") -> None:
    """Add ``text`` to the end of the file called ``named``, which others write to as well.

    Raises BadInputError where that cannot be, or where the name is that of suites; called without text before a run, so
    that the run's summary is not lost.
    """
    path = named.partition("::")[0]
    try:
        if path.startswith(SHIPPED) or path.lower().endswith((".yaml", ".yml")):
            raise ValueError("that names a suite")
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except (OSError, ValueError) as error:
        message = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        hint = 'expected a file of its own, or --github-summary="$GITHUB_STEP_SUMMARY"'
        raise BadInputError(Problem("--github-summary", 0, 0, named, message, hint)) from error
