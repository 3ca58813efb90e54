"""``conformance.json``: the whole run, one row per line so that a diff shows what changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.results import Report


def render_json(report: Report) -> str:
    """The report as JSON text; its form is reports/conformance.schema.json."""
    parts = [f'"schema_version": {report.schema_version}', f'"environment": {_dump(dict(report.environment))}']
    for name in ("adapters", "cases", "results"):
        items = [asdict(item) for item in getattr(report, name)]
        parts.append(f'"{name}": {_lines(items)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(items: Sequence[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(f"  {_dump(item)}" for item in items) + "\n]"


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
