"""Two reports compared: what is worse, better, new or gone, and which versions changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any

from harness.core.results import CONFORMING, NOT_CALLED, Report, Verdict
from harness.reports.by_check import OUTPUTS, gathered
from harness.reports.json_format import ReportFile, read_rows
from harness.suites.known_divergences import AT_TIMES

_FROM_BEST_TO_WORST = (
    Verdict.KNOWN,
    Verdict.INEXPRESSIBLE,
    Verdict.UNAVAILABLE,
    Verdict.INCONCLUSIVE,
    Verdict.REJECTS,
    Verdict.WRONG_DTYPE,
    Verdict.WRONG_SHAPE,
    Verdict.ACCEPTS,
    Verdict.DIVERGES,
    Verdict.UNSTABLE,
    Verdict.STALE,
    Verdict.HANGS,
    Verdict.CRASHES,
    Verdict.ADAPTER_ERROR,
    Verdict.BROKEN,
)
"""What does not conform.

Best is what conforms: exact, within_bound, refuses, ambiguous, and fixed, where only the list is out of date. Then come
known, what was not run (inexpressible, unavailable), and what fails: inconclusive, which may be right; what a user
notices at once (rejects, wrong_dtype, wrong_shape); what passes unnoticed (accepts, diverges, unstable, stale); what
takes the process with it (hangs, crashes); and last what says nothing of the framework (adapter_error, broken).
"""
RANK = dict.fromkeys((one for one in Verdict if one in CONFORMING | {Verdict.FIXED}), 0) | {
    one: rank for rank, one in enumerate(_FROM_BEST_TO_WORST, 1)
}
WITHOUT_ARRAY = NOT_CALLED | {Verdict.REJECTS, Verdict.HANGS, Verdict.CRASHES, Verdict.ADAPTER_ERROR}
"""Where these are observed of the output, the case's other outputs have no row."""
Key = tuple[str, str, str]
"""Case, adapter and output."""


class Kind(StrEnum):
    """How a row differs, in the order of what is shown."""

    WORSE = "worse"
    BETTER = "better"
    OTHER_VERDICT = "other verdict"
    OTHER_CAUSE = "other cause"
    OTHER_MESSAGE = "other message"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class State:
    """What a report states of an output of a case on an adapter."""

    verdict: Verdict
    observed: Verdict
    cause: str
    message: str
    diagnosis: str

    @property
    def verdict_text(self) -> str:
        """``exact``, or ``known (diverges)`` where a listed divergence explains what was observed."""
        return self.verdict if self.observed is self.verdict else f"{self.verdict} ({self.observed})"


_FIELDS = ("case", "adapter", "output", *State.__slots__)


@dataclass(frozen=True, slots=True)
class Stored:
    """A report as far as it is compared. ``versions`` are by adapter and package; the environment is one of them."""

    states: Mapping[Key, State]
    versions: Mapping[str, Mapping[str, str]]

    @classmethod
    def of_file(cls, content: ReportFile) -> Stored:
        """Of the content of a ``conformance.json``.

        Raises KeyError where a result is of no case that it has, and ValueError where there are two of one output.
        """
        return cls._of(content, map(itemgetter(*_FIELDS), read_rows(content.model_dump(exclude_none=True))))

    @classmethod
    def of_report(cls, report: Report) -> Stored:
        """Of the report of a run."""
        return cls._of(report, map(attrgetter(*_FIELDS), (row.repeatable for row in report.results)))

    @classmethod
    def _of(cls, report: Report | ReportFile, rows: Iterable[tuple[Any, ...]]) -> Stored:
        """``rows`` hold the values of ``_FIELDS``."""
        states: dict[Key, State] = {}
        for row in rows:
            if row[:3] in states:
                raise ValueError(" of ".join([row[2], " on ".join(row[:2])]))
            states[row[:3]] = State(*row[3:])
        return cls(states, {"environment": report.environment, **{one.name: one.versions for one in report.adapters}})

    def counterpart(self, key: Key) -> State | None:
        """The row of ``key``, or of the check's output where that gave no array and stands for all its outputs."""
        first = self.states.get((*key[:2], "output"))
        return self.states.get(key) or (first if first is not None and first.observed in WITHOUT_ARRAY else None)


@dataclass(frozen=True, slots=True)
class Change:
    """Outputs of a case on an adapter that changed in the same way; ``old`` is None where new, ``new`` where gone."""

    kind: Kind
    case: str
    adapter: str
    outputs: tuple[str, ...]
    old: State | None
    new: State | None

    @property
    def where(self) -> str:
        """``keras``, or ``keras (input_grad)`` where it is not about the output alone."""
        return self.adapter if self.outputs == ("output",) else f"{self.adapter} ({', '.join(self.outputs)})"

    @property
    def verdicts(self) -> str:
        """``exact -> diverges``, or the verdict alone where it is the only one."""
        texts = [state.verdict_text for state in (self.old, self.new) if state is not None]
        return " -> ".join(dict.fromkeys(texts))

    @property
    def evidence(self) -> list[str]:
        """What the new report states, and of another cause or message what the old one stated; at most four lines."""
        texts = [[state.message, state.diagnosis or state.cause] if state else [] for state in (self.old, self.new)]
        old, new = ([text for text in found if text] for found in texts)
        if self.kind in {Kind.OTHER_CAUSE, Kind.OTHER_MESSAGE}:
            return [f"was: {text}" for text in old if text not in new] + [
                f"is: {text}" for text in new if text not in old
            ]
        return new if self.kind in {Kind.WORSE, Kind.OTHER_VERDICT} else []


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A package of another version for ``adapters``, or a part of the environment; empty where there is none."""

    package: str
    old: str
    new: str
    adapters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two reports; ``same`` counts the rows that do not."""

    changes: tuple[Change, ...]
    versions: tuple[VersionChange, ...]
    same: int

    def of_kind(self, kind: Kind) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind is kind]


def compare(old: Stored, new: Stored) -> Comparison:
    """Compare row by row, for the same case, adapter and output."""
    found = dict(_differences(old, new))
    groups = gathered(((key[:2], *difference), key[2]) for key, difference in found.items())
    changes = [
        Change(kind, *check, tuple(outputs), before, after) for (check, kind, before, after), outputs in groups.items()
    ]
    order = list(Kind)
    changes.sort(key=lambda change: order.index(change.kind))
    return Comparison(tuple(changes), tuple(_versions(old, new)), len(new.states.keys() - found.keys()))


def _differences(old: Stored, new: Stored) -> Iterator[tuple[Key, tuple[Kind, State | None, State | None]]]:
    """Each row that differs, sorted: how, and what the two reports state of it."""
    checks = {key[:2] for key in old.states} & {key[:2] for key in new.states}
    for key in sorted(old.states.keys() | new.states.keys(), key=_order):
        before, after = old.counterpart(key), new.counterpart(key)
        only = after if before is None else before if after is None else None
        if only is not None and key[:2] in checks and key[2] == "output" and only.observed in WITHOUT_ARRAY:
            continue  # the check has other rows, each of which is compared with this one
        kind = kind_of(before, after)
        if kind is not None:
            yield key, (kind, before, after)


def kind_of(old: State | None, new: State | None) -> Kind | None:
    """How ``new`` differs from ``old``; None where it does not."""
    if old is None or new is None:
        return Kind.NEW if old is None else Kind.GONE
    if old.verdict is not new.verdict:
        if _only_listed(old, new) or _only_listed(new, old) or RANK[old.verdict] == RANK[new.verdict]:
            return Kind.OTHER_VERDICT
        return Kind.WORSE if RANK[new.verdict] > RANK[old.verdict] else Kind.BETTER
    if (old.observed, _cause(old)) != (new.observed, _cause(new)):
        return Kind.OTHER_CAUSE
    return None if old == new else Kind.OTHER_MESSAGE


def _cause(state: State) -> str:
    """What names the cause; the diagnosis of a known divergence is the text of its list."""
    return state.diagnosis if state.verdict.fails else state.cause


def _only_listed(listed: State, other: State) -> bool:
    """Whether the one is ``known`` and the other is just what was observed there, as with other lists or versions.

    What comes at times has the message and the cause that are listed, where they are.
    """
    if listed.verdict is not Verdict.KNOWN:
        return False
    if listed.message.startswith(AT_TIMES):
        verdicts, _, message = listed.message.removeprefix(AT_TIMES).partition(": ")
        fits = message in other.message and listed.cause in {"", other.cause}
        return fits and other.verdict.fails and other.verdict in verdicts.split(" or ")
    same = listed.message == other.message if listed.message else listed.cause and listed.cause == other.cause
    return listed.observed is other.verdict and bool(same)


def _order(key: Key) -> tuple[str, str, int, str]:
    case, adapter, output = key
    return (case, adapter, OUTPUTS.index(output) if output in OUTPUTS else len(OUTPUTS), output)


def _versions(old: Stored, new: Stored) -> Iterator[VersionChange]:
    def changed() -> Iterable[tuple[tuple[str, str, str], str]]:
        for place in [name for name in new.versions if name in old.versions]:
            before, after = old.versions[place], new.versions[place]
            for package in sorted(before.keys() | after.keys()):
                pair = (before.get(package, ""), after.get(package, ""))
                if pair[0] != pair[1]:
                    yield (package, *pair), place

    for change, places in gathered(changed()).items():
        yield VersionChange(*change, tuple(places))
