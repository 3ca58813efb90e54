"""``conformance.json`` and ``measurements.json``: a finding, or its figures, per line, so that a diff shows changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from harness.reports.json_format import case_line, measured_lines, result_lines
from harness.reports.view import View


def render_json(view: View) -> str:
    """The report as JSON text, as every processor repeats it; its form is reports/conformance.schema.json."""
    report = view.repeatable.report
    parts = [
        f'"schema_version": {report.schema_version}',
        f'"environment": {_dump(report.environment)}',
        f'"adapters": {_lines(asdict(adapter) for adapter in report.adapters)}',
        f'"cases": {_lines(map(case_line, report.cases))}',
        f'"results": {_lines(result_lines(report.results, view.infos))}',
    ]
    return _whole(parts)


def render_measurements(view: View) -> str:
    """The figures of this processor as JSON text; their form is reports/measurements.schema.json."""
    report = view.report
    return _whole(
        [
            f'"schema_version": {report.schema_version}',
            f'"environment": {_dump(report.environment)}',
            f'"results": {_lines(measured_lines(report.results, view.infos))}',
        ]
    )


def _whole(parts: Iterable[str]) -> str:
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(items: Iterable[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(_dump(item) for item in items) + "\n]"


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
