"""Error conformance: for each rule of legality, how each adapter answered the cases that break or keep it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.core.results import NOT_STARTED, Report, Row, Verdict
from harness.operations.conv_transpose.rules import RULES

LONGEST = 110
_OUTPUTS = ("output", "shape")
"""Gradients of a legal twin say nothing about errors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One kind of answer to the cases of a rule: ``verdict`` as judged, ``text`` for a cell, ``message`` of the first.

    ``text`` is for example "refuses: RuntimeError (2), ValueError (1)" or "accepts, known (1)".
    """

    verdict: Verdict
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class RefusalTable:
    """Rows are rules with their sentence, columns the adapters (and modes, where one has several) that were asked."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[tuple[Answer, ...], ...]], ...]


def refusal_table(report: Report) -> RefusalTable:
    """The table of ``report``; without rows where no case names a rule."""
    rules = {info.case: info.rule for info in report.cases if info.rule in RULES}
    found: dict[tuple[str, str], list[Row]] = {}
    names = _names(row for row in report.results if row.case in rules)
    for row in report.results:
        if row.case in rules and row.output in _OUTPUTS and row.verdict not in NOT_STARTED:
            found.setdefault((rules[row.case], names[row.adapter, row.mode]), []).append(row)
    columns = tuple(sorted({column for _, column in found}))
    asked = {rule for rule, _ in found}
    return RefusalTable(
        columns,
        tuple(
            (name, rule.sentence, tuple(tuple(_answers(found.get((name, column), []))) for column in columns))
            for name, rule in RULES.items()
            if name in asked
        ),
    )


def _names(rows: Iterable[Row]) -> Mapping[tuple[str, str], str]:
    pairs = {(row.adapter, row.mode) for row in rows}
    modes = Counter(adapter for adapter, _ in pairs)
    return {(adapter, mode): adapter if modes[adapter] == 1 else f"{adapter} {mode}" for adapter, mode in pairs}


def _answers(rows: list[Row]) -> Iterator[Answer]:
    groups: dict[tuple[Verdict, Verdict, str], list[Row]] = {}
    for row in rows:
        word = _word(row.observed)
        key = (row.verdict, row.verdict if word in _TWIN_WORDS else row.observed, word)
        groups.setdefault(key, []).append(row)
    order = list(Verdict)
    for (verdict, _, word), group in sorted(groups.items(), key=lambda item: [order.index(v) for v in item[0][:2]]):
        kinds = Counter(filter(None, map(_kind, group)))
        known = ", known" if verdict is Verdict.KNOWN else ""
        counted = ", ".join(f"{kind} ({count})" for kind, count in sorted(kinds.items()))
        yield Answer(verdict, f"{word}{known}" + (f": {counted}" if kinds else f" ({len(group)})"), _message(group[0]))


_WORDS = {
    Verdict.REFUSES: "refuses",
    Verdict.ACCEPTS: "accepts",
    Verdict.REJECTS: "rejects a legal twin",
    Verdict.CRASHES: "crashes",
    Verdict.HANGS: "hangs",
    Verdict.ADAPTER_ERROR: "the adapter fails",
    Verdict.AMBIGUOUS: "one of the readings",
    Verdict.INEXPRESSIBLE: "cannot be said",
}
_TWIN_WORDS = ("computes a legal twin", "fails a legal twin")


def _word(observed: Verdict) -> str:
    return _WORDS.get(observed, _TWIN_WORDS[0] if observed.conforms else _TWIN_WORDS[1])


def _kind(row: Row) -> str:
    """The type of an error, or the name of a reading; nothing for what has neither."""
    if row.observed in {Verdict.REFUSES, Verdict.REJECTS}:
        return row.message.partition(":")[0]
    if row.observed is Verdict.AMBIGUOUS:
        return row.message.removeprefix("reading '").partition("'")[0]
    return ""


def _message(row: Row) -> str:
    """What an error says after its type, or how a process died, shortened; nothing where an array came."""
    text = row.message
    if row.observed in {Verdict.REFUSES, Verdict.REJECTS}:
        text = text.partition(": ")[2]
    elif row.observed is Verdict.AMBIGUOUS:
        text = text.partition("': ")[2]
    elif row.observed not in {Verdict.CRASHES, Verdict.HANGS, Verdict.INEXPRESSIBLE}:
        return ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
