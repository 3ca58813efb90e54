"""What fails, as GitHub shows it beside the lines of suites: a command in the log for each line.

Form, escapes and limits are those of "Workflow commands for GitHub Actions" in GitHub's documentation.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.core.corpus import SHIPPED
from harness.core.errors import Problem
from harness.core.results import NOT_STARTED, Row
from harness.reports.by_check import gathered

MOST = 10
"""Annotations of a kind that GitHub shows of a step."""
MOST_MESSAGES = 5
"""In one annotation: a sweep may have thousands of cases on its line."""
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_OF_MESSAGE, _OF_PROPERTY = str.maketrans(_ESCAPES), str.maketrans(_ESCAPES | {":": "%3A", ",": "%2C"})


@dataclass(frozen=True, slots=True)
class Note:
    """A message about the file called ``path``, or about none."""

    path: str
    line: int
    title: str
    message: str


def notes_of(rows: Iterable[Row], places: Mapping[str, tuple[str, int]]) -> Iterator[Note]:
    """A note for each row. ``places`` are the file and line of each case; an adapter that did not start is at none."""
    for row in rows:
        if row.verdict in NOT_STARTED:
            yield Note("", 0, row.verdict, f"{row.adapter}: {row.message}")
        else:
            lines = [f"{row.case} on {row.where}: {row.message}", row.diagnosis, f"repeat: {row.repeat}"]
            yield Note(*places[row.case], row.verdict, "\n".join(filter(None, lines)))


def note_of(problem: Problem) -> Note:
    """The note of a case that cannot be used."""
    return Note(problem.path, problem.line, "cannot be used", str(problem))


def commands(kind: Literal["error", "warning"], notes: Iterable[Note], root: str) -> list[str]:
    """The commands for the first places that ``notes`` are about; a sweep is one place.

    ``root`` is the folder of the repository, from which GitHub counts the paths. No shipped suite lies there.
    """
    groups = gathered(((note.path, note.line), note) for note in notes)
    return [_command(kind, root, *place, group) for place, group in list(groups.items())[:MOST]]


def _command(kind: str, root: str, path: str, line: int, notes: list[Note]) -> str:
    named = {"title": ", ".join(dict.fromkeys(note.title for note in notes))}
    if path and not path.startswith(SHIPPED):
        named = {"file": os.path.relpath(path, root), "line": str(max(line, 1)), **named}
    messages = list(dict.fromkeys(note.message for note in notes))
    more = [f"and {len(messages) - MOST_MESSAGES} more"] if len(messages) > MOST_MESSAGES else []
    properties = ",".join(f"{key}={value.translate(_OF_PROPERTY)}" for key, value in named.items())
    return f"::{kind} {properties}::{chr(10).join([*messages[:MOST_MESSAGES], *more]).translate(_OF_MESSAGE)}"
