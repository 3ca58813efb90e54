"""``conformance.json``: the whole run, one finding per line so that a diff shows what changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from harness.reports.json_format import case_line, result_lines
from harness.reports.view import View


def render_json(view: View) -> str:
    """The report as JSON text; its form is reports/conformance.schema.json."""
    report = view.report
    parts = [
        f'"schema_version": {report.schema_version}',
        f'"environment": {_dump(dict(report.environment))}',
        f'"adapters": {_lines(asdict(adapter) for adapter in report.adapters)}',
        f'"cases": {_lines(map(case_line, report.cases))}',
        f'"results": {_lines(result_lines(report.results, view.infos))}',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(items: Iterable[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(_dump(item) for item in items) + "\n]"


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
