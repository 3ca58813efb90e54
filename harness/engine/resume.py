"""``partial.jsonl``: what a run has found so far, kept apart from whole reports, and how another goes on from it.

The first line describes the run. Each other line is a check with all of its rows, or has the versions of
an adapter; a check is kept or it is not. What stands behind the last whole line was cut off in the middle.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from harness.adapters import Chosen
from harness.core.errors import BadInputError, Problem
from harness.core.results import NOT_STARTED, Row
from harness.engine.excerpts import Excerpt, Excerpts, Key, Window
from harness.engine.fingerprint import sources
from harness.engine.journal import Journal
from harness.engine.lane import Settings
from harness.engine.pool import Tally
from harness.suites.known_divergences import KnownDivergences

FILE_NAME = "partial.jsonl"
_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, config=_STRICT)
class _Kept:
    """A window as text; ``counts`` are its planes, rows and columns."""

    shape: tuple[int, ...]
    origin: tuple[int, int, int]
    counts: tuple[int, int, int]
    dtype: Literal["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
    data: str

    def window(self) -> Window:
        values = np.frombuffer(bytearray(b64decode(self.data, validate=True)), f"<{self.dtype}").reshape(self.counts)
        return Window(self.shape, self.origin, values)


@checked(frozen=True, slots=True, config=_STRICT)
class _Shown:
    """The excerpt of one row, which is the one at ``row`` of its check."""

    row: int
    actual: _Kept
    expected: _Kept | None


@checked(frozen=True, slots=True, config=_STRICT)
class _Header:
    """The first line. ``run`` describes the run, in parts that must be the same to go on."""

    partial: Literal[2]
    checks: int
    run: dict[str, Any]


@checked(frozen=True, slots=True, config=_STRICT)
class _Entry:
    """Any other line: the rows of a check, what there is to show of them and of the case; or versions."""

    rows: tuple[Row, ...] = ()
    shown: tuple[_Shown, ...] = ()
    expected: _Kept | None = None
    versions: dict[str, dict[str, str]] = field(default_factory=dict)


Check = tuple[str, str]
"""Case and adapter."""


@dataclass(slots=True)
class Stored:
    """What a partial report holds; its first ``length`` bytes are whole lines."""

    length: int = 0
    rows: dict[Check, tuple[Row, ...]] = field(default_factory=dict)
    excerpts: dict[Key, Excerpt] = field(default_factory=dict)
    expected: dict[str, Window] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> None:
        """Take in a line; raises ValueError where its values are damaged. Versions are those that were met first."""
        windows = [
            (entry.rows[one.row].key, Excerpt(one.actual.window(), one.expected.window() if one.expected else None))
            for one in entry.shown
        ]
        expected = entry.expected.window() if entry.expected else None
        self.versions = entry.versions | self.versions
        if not entry.rows:
            return
        first = entry.rows[0]
        for row in self.rows.get((first.case, first.adapter), ()):
            self.excerpts.pop(row.key, None)
        self.rows[first.case, first.adapter] = entry.rows
        self.excerpts.update(windows)
        if expected is not None:
            self.expected[first.case] = expected


@dataclass(slots=True)
class Progress:
    """A run under way, as far as it must be known to go on from it; kept in ``folder`` as it grows, if there is one."""

    folder: Path | None = None
    warn: Callable[[str], None] = print
    run: Mapping[str, Any] = field(default_factory=dict)
    checks: int = 0
    tally: Tally = field(default_factory=Tally)
    before: dict[str, dict[str, str]] = field(default_factory=dict)
    """Versions that an earlier part of the run met."""
    showcase: Excerpts = field(default_factory=Excerpts)
    journal: Journal | None = None
    recorded: set[str] = field(default_factory=set)
    """Cases of which the journal has what is expected."""

    def begin(self, length: int = 0) -> None:
        """Keep what is found from now on; behind ``length`` bytes of an earlier part of the run."""
        self.tally.record = self.record
        if self.folder is not None:
            header = {"partial": 2, "checks": self.checks, "run": self.run}
            self.journal = Journal(self.folder / FILE_NAME, header, self.warn, length)

    def record(self, rows: Sequence[Row]) -> None:
        """Keep a check; one that no worker was needed for, or could answer, costs nothing to run again.

        Raises BadInputError where the framework is not the one that the earlier part of the run met.
        """
        first = rows[0]
        if self.journal is None or first.route == "inexpressible" or any(row.verdict in NOT_STARTED for row in rows):
            return
        name, found = first.adapter, self.tally.versions.get(first.adapter, {})
        before = self.before.get(name)
        if found and not before:
            self.before[name] = found
            self.journal.append({"versions": {name: found}})
        elif found and before != found:
            raise other_versions(name, before or {}, found, self.journal.path.parent)
        self.journal.append(self._entry(rows))

    def _entry(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The line of a check; what is expected of its case is in one of them only."""
        case, excerpts = rows[0].case, self.showcase.rows
        entry: dict[str, Any] = {"rows": [{key: getattr(row, key) for key in _FIELDS} for row in rows]}
        shown = [(place, excerpts[row.key]) for place, row in enumerate(rows) if row.key in excerpts]
        if shown:
            entry["shown"] = [
                {"row": place, "actual": _keep(one.actual), "expected": one.expected and _keep(one.expected)}
                for place, one in shown
            ]
        if case in self.showcase.expected and case not in self.recorded:
            self.recorded.add(case)
            entry["expected"] = _keep(self.showcase.expected[case])
        return entry

    def close(self) -> None:
        """Bring what is kept to the disk."""
        if self.journal is not None:
            self.journal.close()


_FIELDS = tuple(one.name for one in fields(Row))


def describe(
    digests: Mapping[str, str],
    chosen: Sequence[Chosen],
    known: KnownDivergences,
    settings: Settings,
    environment: Mapping[str, str],
    modules: Mapping[str, Iterable[str]],
) -> dict[str, Any]:
    """What a run is about: in words where these are short, else as digests of the content; ``digests`` by suite.

    ``modules`` are, by adapter, those that its programs import.
    """
    entries = "\n".join(repr(entry) for entry in (*known.entries, *known.folders))
    return {
        "environment": dict(environment),
        "settings": asdict(settings),
        "adapters": [[one.name, one.target, one.requested_as, one.requested_by_name] for one in chosen],
        "sources": sources(chosen, modules),
        "known divergences": hashlib.sha256(entries.encode()).hexdigest(),
        "cases": dict(digests),
    }


def discard_partial(folder: Path) -> None:
    """Remove the partial report, which whole ones have made useless."""
    try:
        (folder / FILE_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise _bad(folder, f"cannot be removed: {error.strerror}", "remove it by hand") from error


def load_partial(folder: Path, run: Mapping[str, Any]) -> Stored:
    """The partial report in ``folder``, if it is of the same run; raises BadInputError otherwise.

    What was cut off at its end is left out.
    """
    try:
        lines = (folder / FILE_NAME).read_bytes().splitlines(keepends=True)
        header = TypeAdapter(_Header).validate_json(lines[0] if lines else b"")
    except FileNotFoundError:
        raise _bad(folder, "there is no partial report to go on from", "run without --resume") from None
    except OSError as error:
        raise _bad(folder, f"cannot be read: {error.strerror}", "run without --resume") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"is no partial report of this version: {place + ': ' if place else ''}{first['msg'][:200]}"
        raise _bad(folder, message, "run without --resume") from None
    wanted = json.loads(json.dumps(run))
    for part in wanted:
        if header.run.get(part) != wanted[part]:
            message = f"another run was interrupted: the {part} differ{_where(header.run.get(part), wanted[part])}"
            raise _bad(folder, message, "give the same paths and options, or run without --resume")
    return _stored(folder, lines)


def _stored(folder: Path, lines: Sequence[bytes]) -> Stored:
    stored, form, damaged = Stored(len(lines[0])), TypeAdapter(_Entry), 0
    for number, line in enumerate(lines[1:], 2):
        try:
            if not line.endswith(b"\n"):
                break
            stored.add(form.validate_json(line))
        except (ValueError, IndexError):
            damaged = damaged or number
            continue
        if damaged:
            raise _bad(folder, f"is damaged in line {damaged}, though not at its end", "run without --resume")
        stored.length += len(line)
    return stored


def take_up(stored: Stored, progress: Progress) -> None:
    """Let ``progress`` begin with the checks that ``stored`` holds.

    One check of each adapter of which nothing is missing runs again: only a worker finds out whether its framework
    is still of the same version.
    """
    again = {adapter: (case, adapter) for case, adapter in sorted(stored.rows, reverse=True)}
    for check in again.values():
        for row in stored.rows.pop(check):
            stored.excerpts.pop(row.key, None)
    for rows in stored.rows.values():
        progress.tally.rows.extend(rows)
    progress.before = stored.versions
    progress.showcase.restore(stored.expected, stored.excerpts)


def check_versions(progress: Progress, folder: Path) -> None:
    """Raises BadInputError where a framework is not the one of the earlier part of the run."""
    for name, before in sorted(progress.before.items()):
        now = progress.tally.versions.get(name, {})
        if before and now != before:
            raise other_versions(name, before, now, folder)


def other_versions(name: str, before: Mapping[str, str], now: Mapping[str, str], folder: Path) -> BadInputError:
    """That a framework is not the one of the earlier part of the run."""
    message = f"{name} had the versions {_words(before)} and now has {_words(now) or 'none'}"
    return _bad(folder, message, "run without --resume")


def _words(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{package} {version}" for package, version in sorted(versions.items()))


def _where(stored: object, wanted: object) -> str:
    """Which entries of two mappings differ."""
    if not isinstance(stored, dict) or not isinstance(wanted, dict):
        return ""
    names = sorted(name for name in stored.keys() | wanted.keys() if stored.get(name) != wanted.get(name))
    return f" ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})"


def _keep(window: Window) -> dict[str, Any]:
    values = window.values
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return {
        "shape": window.shape,
        "origin": window.origin,
        "counts": values.shape,
        "dtype": f"{values.dtype.kind}{values.dtype.itemsize}",
        "data": b64encode(little.tobytes()).decode(),
    }


def _bad(folder: Path, message: str, hint: str) -> BadInputError:
    return BadInputError(Problem(str(folder / FILE_NAME), 0, 0, "", message, hint))
