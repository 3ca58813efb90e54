"""The data of the HTML report: a small index of every check, and packed chunks with what each case page shows.

An index is JSON: columns of checks, and columns of their parts, a part being the outputs of which the same is stated.
A chunk is the length of a JSON text (four bytes, little-endian), the text, and the values it points to. Both are
compressed in zlib's format and written in base 85, without signs that mean something to a page. The same data give the
same text for one build of zlib; other builds may compress otherwise.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from harness.adapters.program import Inexpressible
from harness.core.case import GRADIENTS, OutputName
from harness.core.results import NOT_CALLED, CaseInfo, Row, Verdict
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.operations import operation_of
from harness.reports.by_check import OUTPUTS
from harness.reports.comparison import RANK, WITHOUT_ARRAY
from harness.reports.findings import Finding, alone_otherwise, families, right_everywhere
from harness.reports.html_arrays import Blob
from harness.reports.view import View
from harness.suites.known_divergences import AT_TIMES

CASES_PER_CHUNK = 256
LEVEL = 9
LONGEST_SCRIPT = 8000
"""Letters of a program that is kept where the outcome is right; a longer one is mostly data: a command prints it."""
TITLE = "\0"
"""Stands in the first line of a program for the case and the adapter, which would make each of them another line."""
_SAFE = str.maketrans("<>&", ",.:")
_COMPARE = {
    "ranks": RANK,
    "not_called": sorted(NOT_CALLED),
    "without_array": sorted(WITHOUT_ARRAY),
    "outputs": OUTPUTS,
    "at_times": AT_TIMES,
}
"""What a page needs to compare two reports as harness.reports.comparison does."""
Script = Callable[[Check, OutputName], str]


@dataclass(frozen=True, slots=True)
class Data:
    """What a page holds beside its tables: packed texts, the chunks in order."""

    index: str
    chunks: tuple[str, ...]


def pack_data(
    view: View, findings: Sequence[Finding], checks: Iterable[Check], showcase: Excerpts, script: Script
) -> Data:
    """The data of ``view``; ``checks`` come case by case, and ``script`` writes the program of an output of one."""
    chunks: list[str] = []
    place: dict[str, int] = {}
    operations: dict[str, str] = {}
    cases = _cases(view, checks)
    while batch := list(islice(cases, CASES_PER_CHUNK)):
        place |= {info.case: len(chunks) * CASES_PER_CHUNK + at for at, (info, _) in enumerate(batch)}
        operations |= {info.case: one.case.op for info, found in batch for one in islice(found.values(), 1)}
        chunks.append(_Chunk(view, showcase, script).packed(batch))
    index = _index(view, place) | _queries(view, findings, operations) | {"compare": _COMPARE}
    return Data(_pack(_json(index)), tuple(chunks))


def mark(verdict: Verdict) -> tuple[str, str]:
    """The kind of a verdict (``good``, ``known``, ``none`` where nothing was judged, or ``bad``), and its sign."""
    if verdict.conforms:
        return "good", "✓"
    if verdict is Verdict.KNOWN:
        return "known", "◆"
    return ("bad", "✗") if verdict.fails else ("none", "–")


Named = tuple[CaseInfo, Mapping[str, Check]]
"""A case with its checks, by adapter."""


def _cases(view: View, checks: Iterable[Check]) -> Iterator[Named]:
    """Those with checks in their order, then the others."""
    rest = dict(view.infos)
    for name, group in groupby(checks, key=lambda check: check.case.name):
        if info := rest.pop(name, None):
            yield info, {check.chosen.name: check for check in group}
    yield from ((info, {}) for info in rest.values())


class _Chunk:
    """What the pages of some cases show, with the values and the lines of programs that they share."""

    def __init__(self, view: View, showcase: Excerpts, script: Script) -> None:
        self._view, self._showcase, self._script = view, showcase, script
        self._blob, self._lines = Blob(), Lines()

    def packed(self, cases: Iterable[Named]) -> str:
        """The chunk as text."""
        text = _json({"cases": [self._case(*one) for one in cases], "lines": self._lines.text})
        return _pack(len(text).to_bytes(4, "little") + text + self._blob.tobytes())

    def _case(self, info: CaseInfo, checks: Mapping[str, Check]) -> dict[str, Any]:
        case = next((check.case for check in checks.values()), None)
        expected = self._showcase.expected.get(info.case)
        found = list(self._view.by_case[info.case].values())
        repeat = found[0].rows[0].repeat.removesuffix(_adapter_words(found[0].rows[0])) if found else ""
        return {
            "about": info.about,
            "source": info.source,
            **({} if case is None else operation_of(case).description(case)),
            "expected": None if expected is None else self._blob.add(expected),
            "repeat": repeat,
            "rows": [self._check(one.rows, checks.get(one.adapter), repeat) for one in found],
        }

    def _check(self, rows: Sequence[Row], check: Check | None, repeat: str) -> dict[str, Any]:
        plan = None if check is None else check.plan
        about, script = "output", ""
        if check is not None and not isinstance(plan, Inexpressible):
            about, script = self._program(rows, check)
        long = script.count("\n") if len(script) > LONGEST_SCRIPT and all(row.observed.conforms for row in rows) else 0
        first, end, others = ("" if long else script).partition("\n")
        return {
            "mode": rows[0].mode,
            **({} if repeat + _adapter_words(rows[0]) == rows[0].repeat else {"repeat": rows[0].repeat}),
            "reasons": () if plan is None or isinstance(plan, Inexpressible) else plan.reasons,
            "script": self._lines.add(first.replace(f"{rows[0].case} on {rows[0].adapter}", TITLE, 1) + end + others),
            **({} if about == "output" else {"scripted": about}),
            **({"long": long} if long else {}),
            "outputs": {row.output: found for row in rows if (found := self._figures(row))},
        }

    def _program(self, rows: Sequence[Row], check: Check) -> tuple[OutputName, str]:
        """What the program of a check is about, and its text: the output, or where that conforms what does not."""
        wrong = [row.output for row in rows if not (row.observed.conforms or row.observed in NOT_CALLED)]
        for name in GRADIENTS:
            if wrong and name == wrong[0] and (script := self._script(check, name)):
                return name, script
        return "output", self._script(check, "output")

    def _figures(self, row: Row) -> dict[str, Any]:
        """What there is beside the verdict; an error that is not named is 0 where the outcome is exact."""
        figures: dict[str, Any] = {}
        if row.observed is not Verdict.EXACT or row.error_over_bound or row.ulps:
            figures |= {"error": row.error_over_bound, "ulps": row.ulps}
        if row.accumulation:
            figures["accumulation"] = row.accumulation
        if row.subnormals:
            figures["subnormals"] = row.subnormals
        if excerpt := self._showcase.rows.get(row.key):
            figures["expected"] = None if excerpt.expected is None else self._blob.add(excerpt.expected)
            figures["actual"] = self._blob.add(excerpt.actual, excerpt.expected)
        return {name: value for name, value in figures.items() if value is not None}


def _adapter_words(row: Row) -> str:
    return f" -a {row.adapter}"


class _Numbers(dict[str, int]):
    """Each text once, with its number, which a new one gets when it is first looked up."""

    def __missing__(self, text: str) -> int:
        return self.setdefault(text, len(self))


class Lines:
    """The lines of many programs, each once; a program is where its runs of lines begin and how long they are."""

    def __init__(self) -> None:
        self._numbers = _Numbers()

    def add(self, text: str) -> list[int]:
        """Store ``text``; returns the first line and the length of each run in turn, nothing for no text."""
        runs: list[int] = []
        for line in text.split("\n") if text else ():
            number = self._numbers[line]
            if runs and number == runs[-2] + runs[-1]:
                runs[-1] += 1
            else:
                runs += [number, 1]
        return runs

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self._numbers)


def _index(view: View, place: Mapping[str, int]) -> dict[str, Any]:
    cases = {case: number for number, case in enumerate(view.infos)}
    adapters = {adapter: number for number, adapter in enumerate(view.adapters)}
    verdicts, texts, outputs = list(Verdict), _Numbers({"": 0}), _Numbers({"": 0})
    routes = ("native", "composed", "inexpressible")
    flat = [part for check in view.checks for part in check.parts]
    return {
        "per_chunk": CASES_PER_CHUNK,
        "subjects": view.adapters,
        "adapters": view.adapters,
        "verdicts": [[verdict, *mark(verdict)] for verdict in verdicts],
        "routes": routes,
        "cases": list(cases),
        "place": [place[case] for case in cases],
        "case": [cases[check.case] for check in view.checks],
        "subject": [adapters[check.adapter] for check in view.checks],
        "route": [routes.index(check.rows[0].route) for check in view.checks],
        "parts": [len(check.parts) for check in view.checks],
        "about": [outputs[" ".join(about)] for _, about in flat],
        "verdict": [verdicts.index(row.verdict) for row, _ in flat],
        "observed": [verdicts.index(row.observed) for row, _ in flat],
        "message": [texts[row.message] for row, _ in flat],
        "diagnosis": [texts[row.diagnosis] for row, _ in flat],
        "texts": list(texts),
        "outputs": list(outputs),
    }


def _queries(view: View, findings: Sequence[Finding], operations: Mapping[str, str]) -> dict[str, Any]:
    """What checks are sought by, beside what is shown of them; of cases without any check there is no operation."""
    ops, dtypes = _Numbers(), _Numbers()
    places = {framework: number for number, framework in enumerate(families(view))}
    alone, right = alone_otherwise(view), set(right_everywhere(view))
    causes = {row.key: number for number, finding in enumerate(findings, 1) for row in finding.rows}
    return {
        "op": [ops[operations.get(case, "")] for case in view.infos],
        "ops": list(ops),
        "dtype": [dtypes[info.dtype] for info in view.infos.values()],
        "dtypes": list(dtypes),
        "alone": [places[alone[case]] if case in alone else -2 if case in right else -1 for case in view.infos],
        "frameworks": list(places),
        "cause": [causes.get(row.key, 0) for check in view.checks for row, _ in check.parts],
        "causes": [["", ""], *([finding.key, finding.title or finding.came] for finding in findings)],
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _pack(data: bytes) -> str:
    return base64.b85encode(zlib.compress(data, LEVEL)).decode("ascii").translate(_SAFE)
