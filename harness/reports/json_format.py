"""The form of ``conformance.json`` and ``measurements.json``: their lines, what is left out, and how they are read.

The first has what every processor that conforms would repeat, the second the figures of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.core.results import NOT_CALLED, CaseInfo, Row, Verdict


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AdapterLine(_Line):
    """An adapter as it took part."""

    name: str
    dialect: str
    versions: dict[str, str] = Field(description="package -> version; empty where it could not start")
    requested_by_name: bool


class CaseLine(_Line):
    """A case; what is left out has its default."""

    case: str
    about: str
    source: str = ""
    rule: str = Field("", description="the rule of legality that the case breaks, or keeps where it is a legal twin")
    dtype: str = "float32"
    outputs: list[str] = Field(["output"], description="what the case requests")
    examples: list[str] = Field([], description="the published examples that the case shows")


class ResultLine(_Line):
    """What adapters made of a case: one verdict on each of the outputs, by each of the adapters."""

    case: str
    adapters: list[str] = Field(description="every adapter of which all the rest of the line holds", min_length=1)
    route: Literal["native", "composed", "inexpressible"]
    verdict: Verdict
    mode: str = "eager"
    outputs: list[str] | None = Field(
        None,
        description="the outputs that the line is about; left out where they are all that the case requests, or where "
        "the verdict is inexpressible or unavailable and the whole case stands for its output",
    )
    observed: Verdict | None = Field(
        None, description="what was seen where a known divergence explains it; else the verdict"
    )
    error_over_bound: float | None = Field(
        None, description="of a failing line, the largest error in units of its bound; see also measurements.json"
    )
    ulps: float | None = Field(None, description="of a failing line, the largest error in units in the last place")
    cause: str = Field(
        "",
        description="of wrong values, the listed cause, which they show; where a known divergence comes at times, "
        "which they show if they are wrong; of a failing line, one that is listed for other versions or processors",
    )
    message: str = ""
    diagnosis: str = ""
    repeat: str = Field(
        "",
        description="the command that repeats the check; left out where the verdict is a conforming one or "
        "inexpressible: it is `harness run <file>::<id> -a <adapter>`",
    )


class ReportFile(_Line):
    """A whole run."""

    schema_version: Literal[3]
    environment: dict[str, str]
    adapters: list[AdapterLine]
    cases: list[CaseLine]
    results: list[ResultLine]


class MeasuredLine(_Line):
    """Figures of outputs of a case, alike on ``adapters``; what is left out is 0, or shows nothing."""

    case: str
    adapters: list[str] = Field(min_length=1)
    outputs: list[str] | None = Field(None, description="left out where they are all that the case requests")
    error_over_bound: float | None = Field(None, description="the largest error in units of its bound")
    ulps: float | None = Field(None, description="the largest error in units in the last place")
    accumulation: str = Field(
        "", description="of rounded values, the widest precision of the sums that the errors are consistent with"
    )
    subnormals: Literal["", "keeps", "flushes"] = Field(
        "", description="what became of numbers below the smallest normal one, where the values show it"
    )
    message: str = Field("", description="of a known divergence, which values came")
    diagnosis: str = Field("", description="of a known divergence, what they show")


class MeasurementsFile(_Line):
    """What one processor measured in a run."""

    schema_version: Literal[3]
    environment: dict[str, str]
    results: list[MeasuredLine]


def case_line(info: CaseInfo) -> dict[str, Any]:
    """What the line of a case states."""
    return CaseLine(**asdict(info)).model_dump(exclude_defaults=True)


def result_lines(rows: Iterable[Row], cases: Mapping[str, CaseInfo]) -> Iterator[dict[str, Any]]:
    """All of ``rows``, sorted as those of a report: what is alike shares a line."""
    return _lines(rows, cases, _stated)


def measured_lines(rows: Iterable[Row], cases: Mapping[str, CaseInfo]) -> Iterator[dict[str, Any]]:
    """What one processor measured, likewise, and no other need repeat."""
    return _lines(rows, cases, _measured)


State = Callable[[Row], dict[str, Any]]
"""What a line states of a row, beside its case, adapter and output."""


def _lines(rows: Iterable[Row], cases: Mapping[str, CaseInfo], state: State) -> Iterator[dict[str, Any]]:
    for case, of_case in groupby(rows, key=lambda row: row.case):
        requested = set(cases[case].outputs)
        merged: dict[str, dict[str, Any]] = {}
        for adapter, of_adapter in groupby(of_case, key=lambda row: row.adapter):
            for line in _of_check(list(of_adapter), requested, state):
                alike = merged.setdefault(repr(line), {"case": case, "adapters": [], **line})
                alike["adapters"].append(adapter)
        yield from merged.values()


def _of_check(rows: Sequence[Row], requested: set[str], state: State) -> Iterator[dict[str, Any]]:
    """What there is to state of one adapter's ``rows`` on a case, outputs apart only where they differ."""
    merged: dict[str, tuple[dict[str, Any], Row, list[str]]] = {}
    for row in rows:
        if stated := state(row):
            merged.setdefault(repr(stated), (stated, row, []))[2].append(row.output)
    for stated, row, outputs in merged.values():
        whole = {"output"} if row.verdict in NOT_CALLED else requested
        yield stated if set(outputs) == whole else stated | {"outputs": outputs}


def _stated(row: Row) -> dict[str, Any]:
    """All of ``row`` but its case, adapter and output, without what has its default."""
    line: dict[str, Any] = {"route": row.route, "verdict": row.verdict}
    if row.mode != "eager":
        line["mode"] = row.mode
    if row.observed is not row.verdict:
        line["observed"] = row.observed
    if row.error_over_bound or row.ulps:
        line |= {"error_over_bound": row.error_over_bound, "ulps": row.ulps}
    texts = {name: getattr(row, name) for name in ("cause", "message", "diagnosis")}
    if not (row.verdict.conforms or row.verdict is Verdict.INEXPRESSIBLE):
        texts["repeat"] = row.repeat
    return line | {name: text for name, text in texts.items() if text}


def _measured(row: Row) -> dict[str, Any]:
    """The figures of ``row``, and the texts that are left out of the row that every processor repeats."""
    repeated = row.repeatable
    texts = {"accumulation": row.accumulation, "subnormals": row.subnormals}
    for key in ("message", "diagnosis"):
        if (text := getattr(row, key)) != getattr(repeated, key):
            texts[key] = text
    figures = {"error_over_bound": row.error_over_bound, "ulps": row.ulps}
    return {key: value for key, value in (figures | texts).items() if value}


def read_rows(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each adapter's row on each output, from the content of a ``conformance.json``; defaults are filled in.

    Raises KeyError where the content has another form.
    """
    requested = {info["case"]: info.get("outputs", ["output"]) for info in report["cases"]}
    for line in report["results"]:
        whole = ["output"] if line["verdict"] in NOT_CALLED else requested[line["case"]]
        filled = {name: field.default for name, field in ResultLine.model_fields.items() if not field.is_required()}
        filled |= {"observed": line["verdict"], "outputs": whole} | line
        adapters, outputs = filled.pop("adapters"), filled.pop("outputs")
        yield from ({**filled, "adapter": adapter, "output": output} for adapter in adapters for output in outputs)
