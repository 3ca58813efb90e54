"""The JSON Schemas that are committed: where they lie, and whether they are in step with the models."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from harness.core.corpus import CASES, called
from harness.core.errors import Problem
from harness.core.files import write_atomically
from harness.operations import suite_json_schema
from harness.reports.json_format import MeasurementsFile, ReportFile
from harness.suites.exported import IndexForm
from harness.suites.known_forms import known_json_schema
from harness.suites.tutorials import EXAMPLES


def report_json_schema() -> dict[str, Any]:
    """JSON Schema of ``conformance.json``."""
    return _schema(ReportFile)


def measurements_json_schema() -> dict[str, Any]:
    """JSON Schema of ``measurements.json``."""
    return _schema(MeasurementsFile)


def _schema(form: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **form.model_json_schema()}


CASE_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "suite.schema.json": partial(suite_json_schema, tuple(EXAMPLES)),
    "known_divergences.schema.json": known_json_schema,
    "exported.schema.json": partial(_schema, IndexForm),
}
REPORT_SCHEMA = Path("reports/conformance.schema.json")
MEASUREMENTS_SCHEMA = REPORT_SCHEMA.with_name("measurements.schema.json")


def render(schema: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_all(cases: Path = CASES, report: Path = REPORT_SCHEMA, measurements: Path = MEASUREMENTS_SCHEMA) -> None:
    """Write every schema to its place."""
    for name, make in CASE_SCHEMAS.items():
        write_atomically(cases / name, render(make()))
    write_atomically(report, render(report_json_schema()))
    write_atomically(measurements, render(measurements_json_schema()))


def stale_schemas(folders: Sequence[Path]) -> list[Problem]:
    """A problem for each schema in ``folders`` that is not what the models state; an absent one is no fault."""
    wanted = {folder / name: make for folder in folders for name, make in CASE_SCHEMAS.items()}
    return [
        Problem(
            called(path), 1, 1, "", "the schema is out of step with the harness", "run `harness lint --write-schemas`"
        )
        for path, make in wanted.items()
        if path.exists() and path.read_text(encoding="utf-8") != render(make())
    ]
