"""Error conformance: for each rule of legality, how each adapter answered the cases that break or keep it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.core.results import NOT_STARTED, CaseInfo, Row, Verdict
from harness.operations.conv_transpose.rules import RULES
from harness.reports.by_check import gathered

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
    """Rows are rules with their sentence, columns the adapters that ran any of their cases."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[tuple[Answer, ...], ...]], ...]

    @property
    def by_answer(self) -> list[tuple[str, str, dict[tuple[Answer, ...], list[str]]]]:
        """Each rule with its sentence and the answers to it, and the adapters that answer so."""
        return [
            (rule, sentence, gathered((given, name) for given, name in zip(cells, self.columns, strict=True) if given))
            for rule, sentence, cells in self.rows
        ]


def refusal_table(rows: Iterable[tuple[Row, CaseInfo]]) -> RefusalTable:
    """The table of ``rows``, each with its case; empty where no case names a rule."""
    found = gathered(
        ((info.rule, row.adapter), row)
        for row, info in rows
        if info.rule in RULES and row.output in _OUTPUTS and row.verdict not in NOT_STARTED
    )
    columns = tuple(sorted({column for _, column in found}))
    used = {rule for rule, _ in found}
    return RefusalTable(
        columns,
        tuple(
            (name, rule.sentence, tuple(tuple(_answers(found.get((name, column), []))) for column in columns))
            for name, rule in RULES.items()
            if name in used
        ),
    )


def _answers(rows: list[Row]) -> Iterator[Answer]:
    groups = gathered((_kind(row), row) for row in rows)
    order = list(Verdict)
    for (verdict, _, word), group in sorted(groups.items(), key=lambda item: [order.index(v) for v in item[0][:2]]):
        parts = [_parts(row) for row in group]
        kinds = Counter(filter(None, (name for name, _ in parts)))
        known = ", known" if verdict is Verdict.KNOWN else ""
        counted = ", ".join(f"{kind} ({count})" for kind, count in sorted(kinds.items()))
        yield Answer(verdict, f"{word}{known}" + (f": {counted}" if kinds else f" ({len(group)})"), parts[0][1])


_WORDS = {
    Verdict.REFUSES: "refuses",
    Verdict.ACCEPTS: "accepts",
    Verdict.REJECTS: "rejects a legal twin",
    Verdict.CRASHES: "crashes",
    Verdict.HANGS: "hangs",
    Verdict.ADAPTER_ERROR: "the adapter fails",
    Verdict.AMBIGUOUS: "one of the readings",
    Verdict.INEXPRESSIBLE: "cannot be expressed",
}
_TWIN_WORDS = ("computes a legal twin", "fails a legal twin")


def _kind(row: Row) -> tuple[Verdict, Verdict, str]:
    """What answers of one kind share; which verdict on a legal twin was observed does not matter."""
    word = _WORDS.get(row.observed, _TWIN_WORDS[0] if row.observed.conforms else _TWIN_WORDS[1])
    return row.verdict, row.verdict if word in _TWIN_WORDS else row.observed, word


def _parts(row: Row) -> tuple[str, str]:
    """The type of an error or the name of a reading, and what is stated of it, or of how a process died, shortened."""
    name, text = "", row.message
    if row.observed in {Verdict.REFUSES, Verdict.REJECTS}:
        name, text = text.partition(":")[0], text.partition(": ")[2]
    elif row.observed is Verdict.AMBIGUOUS:
        name, text = text.removeprefix("reading '").partition("'")[0], text.partition("': ")[2]
    elif row.observed not in {Verdict.CRASHES, Verdict.HANGS, Verdict.INEXPRESSIBLE}:
        text = ""
    return name, text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
