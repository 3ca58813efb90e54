"""What can go wrong before a verdict exists, in the order in which a run meets it.

1. ``BadInputError``: a suite, a known-divergence list, a path or an option is wrong, or a file that was requested
   cannot be read or written (exit code 2). ``IllegalCaseError`` becomes one where the case expects no error.
2. ``WorkerFailedError`` and its kinds: an adapter's process did not start, died or hung (a recorded verdict).

3. ``NothingRequestedError``: the run says nothing about any framework, and must not look as if it did (exit code 1).

Anything else that escapes is a fault of the harness itself (exit code 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST_SHOWN = 200
LONGEST_LINE = 1000
LONGEST_NAME = 200
"""For which others like it are looked for."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file: where it is, which key, what was expected, and a hint; ``case`` is the id of its case."""

    path: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""
    case: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        key = f" {self.key}:" if self.key else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        case = f" {self.case}:" if self.case else ""
        return f"{where}:{case}{key} {self.message}{hint}"


class BadInputError(Exception):
    """The user's input cannot be used; carries every problem that was found and shows the first ``MOST_SHOWN``."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = tuple(sorted(set(problems)))
        more = len(self.problems) - MOST_SHOWN
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        super().__init__("\n".join([*shown, f"and {more} more"] if more > 0 else shown))


def nearest(name: object, known: Iterable[str]) -> str:
    """The one of ``known`` that is most like ``name``, whatever their capitals, or nothing."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        return ""
    written = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), list(written), n=1)
    return written[near[0]] if near else ""


def near_name(name: object, known: Iterable[str], otherwise: str) -> str:
    """The hint for a ``name`` that is not ``known``: the one that is nearest to it, or ``otherwise``."""
    near = nearest(name, known)
    return f"did you mean {near}?" if near else otherwise


class IllegalCaseError(ValueError):
    """The parameters break a rule of their dialect.

    Attributes: ``key`` is the parameter at fault, ``hint`` what would be legal.
    """

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.hint = hint


def require(ok: bool, key: str, message: str, hint: str = "") -> None:  # noqa: FBT001 - reads as an assertion
    """Raise IllegalCaseError about ``key`` unless ``ok``."""
    if not ok:
        raise IllegalCaseError(key, message, hint)


class NothingRequestedError(Exception):
    """A selection requests no check of an adapter that was named, or no check at all; the message gives the reasons."""


class WorkerFailedError(Exception):
    """An adapter's process failed."""


class WorkerUnavailableError(WorkerFailedError):
    """The process or its framework could not be started."""


class WorkerBrokenError(WorkerUnavailableError):
    """It is installed, but does not start: an import fails, or the process dies or hangs meanwhile."""


class WorkerDiedError(WorkerFailedError):
    """The process ended during a call; the message names the signal."""


class WorkerHungError(WorkerFailedError):
    """There was no answer within the time limit."""


def named(error: BaseException) -> str:
    """The type and the first line of the message of what was raised."""
    return f"{type(error).__name__}: {first_line(str(error))}".removesuffix(": ")


def first_line(message: str) -> str:
    """In characters that any channel and report can carry."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    first = lines[0].encode(errors="backslashreplace").decode() if lines else ""
    return first if len(first) <= LONGEST_LINE else f"{first[:LONGEST_LINE]}…"
