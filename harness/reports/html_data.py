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
from itertools import groupby
from typing import Any

from harness.adapters.program import Inexpressible
from harness.core.case import GRADIENTS, OutputName
from harness.core.results import NOT_ASKED, CaseInfo, Row, Verdict
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.operations import operation_of
from harness.reports.html_arrays import Blob
from harness.reports.view import View

CASES_PER_CHUNK = 256
LEVEL = 9
LONGEST_SCRIPT = 8000
"""Letters of a program that is kept where the outcome is right; a longer one is mostly data: a command prints it."""
TITLE = "\0"
"""Stands in the first line of a program for the case and the adapter, which would make each of them another line."""
_SAFE = str.maketrans("<>&", ",.:")
Script = Callable[[Check, OutputName], str]


@dataclass(frozen=True, slots=True)
class Data:
    """What a page holds beside its tables: packed texts, the chunks in order."""

    index: str
    chunks: tuple[str, ...]


def pack_data(view: View, checks: Iterable[Check], showcase: Excerpts, script: Script) -> Data:
    """The data of ``view``; ``checks`` come case by case, and ``script`` writes the program of an output of one."""
    chunks: list[str] = []
    place: dict[str, int] = {}
    for batch in _batches(_Details(view, showcase, script).cases(checks)):
        place |= {name: len(chunks) * CASES_PER_CHUNK + at for at, (name, _) in enumerate(batch)}
        blob, lines = Blob(), Lines()
        details = [detail(blob, lines) for _, detail in batch]
        chunks.append(_chunk({"cases": details, "lines": lines.text}, blob))
    return Data(_pack(_json(_index(view, place))), tuple(chunks))


def mark(verdict: Verdict) -> tuple[str, str]:
    """The kind of a verdict (``good``, ``known``, ``none`` where nothing was judged, or ``bad``), and its sign."""
    if verdict.conforms:
        return "good", "✓"
    if verdict is Verdict.KNOWN:
        return "known", "◆"
    return ("bad", "✗") if verdict.fails else ("none", "–")


Detail = Callable[[Blob, "Lines"], dict[str, Any]]


class _Details:
    """What the page of each case shows."""

    def __init__(self, view: View, showcase: Excerpts, script: Script) -> None:
        self._showcase = showcase
        self._script = script
        self._view = view

    def cases(self, checks: Iterable[Check]) -> Iterator[tuple[str, Detail]]:
        """Name and detail of each case: those with checks in their order, then the others."""
        rest = dict(self._view.infos)
        for name, group in groupby(checks, key=lambda check: check.case.name):
            if info := rest.pop(name, None):
                yield name, self._detail(info, {check.chosen.name: check for check in group})
        for name, info in rest.items():
            yield name, self._detail(info, {})

    def _detail(self, info: CaseInfo, checks: Mapping[str, Check]) -> Detail:
        def detail(blob: Blob, lines: Lines) -> dict[str, Any]:
            case = next((check.case for check in checks.values()), None)
            expected = self._showcase.expected.get(info.case)
            found = list(self._view.by_case[info.case].values())
            repeat = _without_adapter(found[0].rows[0]) if found else ""
            return {
                "about": info.about,
                "source": info.source,
                **({} if case is None else operation_of(case).description(case)),
                "expected": None if expected is None else blob.add(expected),
                "repeat": repeat,
                "rows": [self._check(one.rows, checks.get(one.adapter), blob, lines, repeat) for one in found],
            }

        return detail

    def _check(self, rows: Sequence[Row], check: Check | None, blob: Blob, lines: Lines, repeat: str) -> dict[str, Any]:
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
            "script": lines.add(first.replace(_title(rows[0]), TITLE, 1) + end + others),
            **({} if about == "output" else {"scripted": about}),
            **({"long": long} if long else {}),
            "outputs": {row.output: found for row in rows if (found := self._figures(row, blob))},
        }

    def _program(self, rows: Sequence[Row], check: Check) -> tuple[OutputName, str]:
        """What the program of a check is about, and its text: the output, or where that conforms what does not."""
        wrong = [row.output for row in rows if not (row.observed.conforms or row.observed in NOT_ASKED)]
        for name in GRADIENTS:
            if wrong and name == wrong[0] and (script := self._script(check, name)):
                return name, script
        return "output", self._script(check, "output")

    def _figures(self, row: Row, blob: Blob) -> dict[str, Any]:
        """What there is beside the verdict; an error that is not named is 0 where the outcome is exact."""
        figures: dict[str, Any] = {}
        if row.observed is not Verdict.EXACT or row.error_over_bound or row.ulps:
            figures |= {"error": row.error_over_bound, "ulps": row.ulps}
        if row.accumulation:
            figures["accumulation"] = row.accumulation
        if row.subnormals:
            figures["subnormals"] = row.subnormals
        if excerpt := self._showcase.rows.get(row.key):
            figures["expected"] = None if excerpt.expected is None else blob.add(excerpt.expected)
            figures["actual"] = blob.add(excerpt.actual, excerpt.expected)
        return {name: value for name, value in figures.items() if value is not None}


def _title(row: Row) -> str:
    """What a program says that it is about."""
    return f"{row.case} on {row.adapter}"


def _adapter_words(row: Row) -> str:
    return f" -a {row.adapter}"


def _without_adapter(row: Row) -> str:
    """The command that repeats a check, without the adapter that it names at its end."""
    return row.repeat.removesuffix(_adapter_words(row))


class Lines:
    """The lines of many programs, each once; a program is where its runs of lines begin and how long they are."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, text: str) -> list[int]:
        """Store ``text``; returns the first line and the length of each run in turn, nothing for no text."""
        runs: list[int] = []
        for line in text.split("\n") if text else ():
            number = self._numbers.setdefault(line, len(self._numbers))
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
    verdicts, texts, outputs = list(Verdict), _Texts(), _Texts()
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
        "about": [outputs.number(" ".join(about)) for _, about in flat],
        "verdict": [verdicts.index(row.verdict) for row, _ in flat],
        "observed": [verdicts.index(row.observed) for row, _ in flat],
        "message": [texts.number(row.message) for row, _ in flat],
        "diagnosis": [texts.number(row.diagnosis) for row, _ in flat],
        "texts": texts.all,
        "outputs": outputs.all,
    }


class _Texts:
    """Each text once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def all(self) -> list[str]:
        return list(self._numbers)


def _batches(items: Iterator[tuple[str, Detail]]) -> Iterator[Sequence[tuple[str, Detail]]]:
    batch: list[tuple[str, Detail]] = []
    for item in items:
        batch.append(item)
        if len(batch) == CASES_PER_CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def _chunk(content: dict[str, Any], blob: Blob) -> str:
    text = _json(content)
    return _pack(len(text).to_bytes(4, "little") + text + blob.tobytes())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _pack(data: bytes) -> str:
    return base64.b85encode(zlib.compress(data, LEVEL)).decode("ascii").translate(_SAFE)
