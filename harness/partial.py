"""``partial.json``: what an interrupted run had found, kept apart from whole reports, and how a run goes on from it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from harness.adapters import Chosen
from harness.engine import Tally
from harness.errors import BadInputError, Problem
from harness.exhibit import Exhibit, Key, Showcase, Window
from harness.files import write_atomically
from harness.known import KnownDivergences
from harness.lane import Settings
from harness.results import Row, Verdict

FILE_NAME = "partial.json"
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
    """The exhibit of one check."""

    key: Key
    actual: _Kept
    expected: _Kept | None


@checked(frozen=True, slots=True, config=_STRICT)
class Stored:
    """The file. ``asked`` says what the run was asked, in parts that must be the same to go on."""

    partial: Literal[True]
    checks: int
    asked: dict[str, Any]
    versions: dict[str, dict[str, str]]
    results: tuple[Row, ...]
    expected: dict[str, _Kept]
    exhibits: tuple[_Shown, ...]


@dataclass(slots=True)
class Progress:
    """A run under way, as far as it must be known to go on from it."""

    asked: Mapping[str, Any] = field(default_factory=dict)
    checks: int = 0
    tally: Tally = field(default_factory=Tally)
    before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Versions that an earlier part of the run met."""
    showcase: Showcase = field(default_factory=Showcase)


def describe(
    digests: Mapping[str, str],
    chosen: Sequence[Chosen],
    known: KnownDivergences,
    settings: Settings,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """What a run is asked: in words where these are short, else as digests of the content; ``digests`` by suite."""
    entries = "\n".join(repr(entry) for entry in known.entries)
    return {
        "environment": dict(environment),
        "settings": asdict(settings),
        "adapters": [[one.name, one.target, one.asked_as, one.asked_by_name] for one in chosen],
        "known divergences": hashlib.sha256(entries.encode()).hexdigest(),
        "cases": dict(digests),
    }


def save_partial(folder: Path, progress: Progress) -> Path:
    """Write ``partial.json`` to ``folder``; whole reports stay as they are. Returns its path.

    What no worker could answer is left out, as it costs nothing to ask again.
    """
    rows = sorted((row for row in progress.tally.rows if row.verdict is not Verdict.UNAVAILABLE), key=lambda r: r.key)
    names, keys = {row.case for row in rows}, {row.key for row in rows}
    met = {**progress.before, **{name: found for name, found in progress.tally.versions.items() if found}}
    expected = sorted(dict(progress.showcase.expected).items())
    exhibits = sorted(dict(progress.showcase.rows).items(), key=lambda item: item[0])
    content = {
        "partial": True,
        "checks": progress.checks,
        "asked": progress.asked,
        "versions": dict(sorted(met.items())),
        "results": [asdict(row) for row in rows],
        "expected": {name: _keep(window) for name, window in expected if name in names},
        "exhibits": [
            {"key": key, "actual": _keep(shown.actual), "expected": shown.expected and _keep(shown.expected)}
            for key, shown in exhibits
            if key in keys
        ],
    }
    path = folder / FILE_NAME
    write_atomically(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path


def discard_partial(folder: Path) -> None:
    """Remove the partial report, which whole ones have made useless."""
    try:
        (folder / FILE_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise _bad(folder, f"cannot be removed: {error.strerror}", "remove it by hand") from error


def load_partial(folder: Path, asked: Mapping[str, Any]) -> Stored:
    """The partial report in ``folder``, if it is of a run that was asked the same; raises BadInputError otherwise."""
    try:
        stored = TypeAdapter(Stored).validate_json((folder / FILE_NAME).read_bytes())
    except FileNotFoundError:
        raise _bad(folder, "there is no partial report to go on from", "run without --resume") from None
    except OSError as error:
        raise _bad(folder, f"cannot be read: {error.strerror}", "run without --resume") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"is no partial report of this version: {place + ': ' if place else ''}{first['msg'][:200]}"
        raise _bad(folder, message, "run without --resume") from None
    wanted = json.loads(json.dumps(asked))
    for part in wanted:
        if stored.asked.get(part) != wanted[part]:
            message = f"another run was interrupted: the {part} differ{_where(stored.asked.get(part), wanted[part])}"
            raise _bad(folder, message, "give the same paths and options, or run without --resume")
    return stored


def take_up(stored: Stored, progress: Progress, folder: Path) -> None:
    """Let ``progress`` begin with what ``stored`` holds.

    One answer of each adapter that has nothing left to say is asked again: only a worker can tell that its framework
    is still of the same version.
    """
    try:
        expected = {name: kept.window() for name, kept in stored.expected.items()}
        shown = {
            one.key: Exhibit(one.actual.window(), None if one.expected is None else one.expected.window())
            for one in stored.exhibits
        }
    except ValueError as error:
        raise _bad(folder, f"is damaged: {error}", "run without --resume") from None
    again: dict[str, Row] = {}
    for row in stored.results:
        if row.route != "inexpressible":
            again.setdefault(row.adapter, row)
    dropped = {row.key for row in again.values()}
    progress.tally.rows.extend(row for row in stored.results if row.key not in dropped)
    progress.before = stored.versions
    progress.showcase.restore(expected, {key: one for key, one in shown.items() if key not in dropped})


def check_versions(progress: Progress, folder: Path) -> None:
    """Raises BadInputError where a framework is not the one that the earlier part of the run asked."""
    for name, before in sorted(progress.before.items()):
        now = progress.tally.versions.get(name, {})
        if before and now != before:
            message = f"{name} had the versions {_words(before)} and now has {_words(now) or 'none'}"
            raise _bad(folder, message, "run without --resume")


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
