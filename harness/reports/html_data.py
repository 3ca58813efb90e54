"""The data of the HTML report: a small index of every check, and packed chunks with what each case page shows.

An index is JSON. A chunk is the length of a JSON text (four bytes, little-endian), the text, and the values it points
to. Both are compressed in zlib's format and written in base64. The same data give the same text for one
build of zlib; other builds may compress otherwise.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.adapters.plan import Inexpressible, Plan
from harness.case import Case
from harness.check import Check
from harness.exhibit import Showcase, Window
from harness.reports import html_words
from harness.reports.html_values import Blob
from harness.results import NOT_ASKED, CaseInfo, Report, Row, Verdict

CASES_PER_CHUNK = 96
LEVEL = 6
Script = Callable[[Check], str]


@dataclass(frozen=True, slots=True)
class Data:
    """What a page holds beside its tables: texts in base64, the chunks in order."""

    index: str
    chunks: tuple[str, ...]


def pack_data(report: Report, checks: Iterable[Check], showcase: Showcase, script: Script) -> Data:
    """The data of ``report``; ``checks`` come case by case, and ``script`` writes the program of one of them."""
    chunks: list[str] = []
    place: dict[str, int] = {}
    details = _Details(report, showcase, script)
    for batch in _batches(details.cases(checks)):
        place |= {name: len(chunks) * CASES_PER_CHUNK + at for at, (name, _) in enumerate(batch)}
        blob = Blob()
        chunks.append(_chunk([detail(blob) for _, detail in batch], blob))
    return Data(_pack(_json(_index(report, place))), tuple(chunks))


def subjects(report: Report) -> dict[tuple[str, str, str], str]:
    """A short name for each adapter, mode and output of ``report``: the adapter's where that tells them apart."""
    asked = sorted({(row.adapter, row.mode, row.output) for row in report.results})
    counts = {adapter: sum(one[0] == adapter for one in asked) for adapter, _, _ in asked}
    return {one: one[0] if counts[one[0]] == 1 else " ".join(one) for one in asked}


def mark(verdict: Verdict) -> tuple[str, str]:
    """The kind of a verdict (``good``, ``known``, ``none`` where nothing was judged, or ``bad``), and its sign."""
    if verdict.conforms:
        return "good", "✓"
    if verdict is Verdict.KNOWN:
        return "known", "◆"
    return ("none", "–") if verdict in NOT_ASKED else ("bad", "✗")


Detail = Callable[[Blob], dict[str, Any]]


class _Details:
    """What the page of each case shows."""

    def __init__(self, report: Report, showcase: Showcase, script: Script) -> None:
        self._showcase = showcase
        self._script = script
        self._infos = {info.case: info for info in report.cases}
        self._rows = {case: list(rows) for case, rows in groupby(report.results, key=lambda row: row.case)}

    def cases(self, checks: Iterable[Check]) -> Iterator[tuple[str, Detail]]:
        """Name and detail of each case: those with checks in their order, then the others."""
        rest = dict(self._infos)
        for name, group in groupby(checks, key=lambda check: check.case.name):
            if info := rest.pop(name, None):
                yield name, self._detail(info, {check.chosen.name: check for check in group})
        for name, info in rest.items():
            yield name, self._detail(info, {})

    def _detail(self, info: CaseInfo, checks: Mapping[str, Check]) -> Detail:
        def detail(blob: Blob) -> dict[str, Any]:
            case = next((check.case for check in checks.values()), None)
            rows = self._rows.get(info.case, [])
            expected = self._showcase.expected.get(info.case)
            return {
                "about": info.about,
                "source": info.source,
                **({} if case is None else _words(case)),
                "expected": _window(expected, blob),
                "rows": [self._row(row, checks.get(row.adapter), blob) for row in rows],
            }

        return detail

    def _row(self, row: Row, check: Check | None, blob: Blob) -> dict[str, Any]:
        exhibit = self._showcase.rows.get(row.key)
        plan = None if check is None else check.plan
        return {
            "mode": row.mode,
            "output": row.output,
            "error": row.error_over_bound,
            "ulps": row.ulps,
            "repeat": row.repeat,
            "reasons": plan.reasons if isinstance(plan, Plan) else (),
            "script": "" if check is None or isinstance(plan, Inexpressible) else self._script(check),
            "actual": None if exhibit is None else _window(exhibit.actual, blob),
            "expected": None if exhibit is None else _window(exhibit.expected, blob),
        }


def _words(case: Case) -> dict[str, Any]:
    return {
        "parameters": html_words.parameters(case),
        "readings": html_words.readings(case),
        "objection": html_words.objection(case),
        "axes": html_words.axes(case),
        "nominal": case.nominal,
        "dtype": case.dtype,
    }


def _window(window: Window | None, blob: Blob) -> dict[str, Any] | None:
    return None if window is None else blob.add(window)


def _index(report: Report, place: Mapping[str, int]) -> dict[str, Any]:
    names = subjects(report)
    labels = list(names.values())
    cases = {info.case: number for number, info in enumerate(report.cases)}
    verdicts, texts = list(Verdict), _Texts()
    routes = ("native", "composed", "inexpressible")
    rows = report.results
    return {
        "per_chunk": CASES_PER_CHUNK,
        "subjects": labels,
        "verdicts": [[verdict, *mark(verdict)] for verdict in verdicts],
        "routes": routes,
        "cases": list(cases),
        "place": [place[case] for case in cases],
        "case": [cases[row.case] for row in rows],
        "subject": [labels.index(names[row.adapter, row.mode, row.output]) for row in rows],
        "verdict": [verdicts.index(row.verdict) for row in rows],
        "observed": [verdicts.index(row.observed) for row in rows],
        "route": [routes.index(row.route) for row in rows],
        "message": [texts.number(row.message) for row in rows],
        "diagnosis": [texts.number(row.diagnosis) for row in rows],
        "texts": texts.all,
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


def _chunk(details: Sequence[dict[str, Any]], blob: Blob) -> str:
    text = _json(details)
    return _pack(len(text).to_bytes(4, "little") + text + blob.tobytes())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, LEVEL)).decode("ascii")
