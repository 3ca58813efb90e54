from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.reports.json_schemas import (
    CASE_SCHEMAS,
    REPORT_SCHEMA,
    render,
    report_json_schema,
    stale_schemas,
    write_all,
)

ROOT = Path(__file__).parents[3]


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def validator(name):
    """Of the schema called ``name``, which is checked once."""
    schema = CASE_SCHEMAS[name]()
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.mark.parametrize("name", sorted(CASE_SCHEMAS))
def test_committed_schemas_are_in_step(name):
    assert (ROOT / "cases" / name).read_text(encoding="utf-8") == render(CASE_SCHEMAS[name]())


def test_the_committed_report_schema_is_in_step():
    assert (ROOT / REPORT_SCHEMA).read_text(encoding="utf-8") == render(report_json_schema())


def test_the_committed_report_has_the_form_of_its_schema():
    report = json.loads((ROOT / "reports" / "conformance.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, report_json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"results": [{}]}, report_json_schema())


@pytest.mark.parametrize("path", sorted((ROOT / "cases").glob("*.yaml")), ids=lambda path: path.stem)
def test_an_editor_finds_nothing_wrong_with_a_shipped_suite(path):
    name = "known_divergences" if path.stem == "known_divergences" else "suite"
    data = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    validator(f"{name}.schema.json").validate(data)


def test_an_editor_sees_an_unknown_key():
    suite = {"suite": "s", "about": "a", "cases": [{"id": "x", "about": "y", "stride": 2}]}
    with pytest.raises(jsonschema.ValidationError, match="stride"):
        validator("suite.schema.json").validate(suite)


def test_a_stale_schema_is_a_problem(tmp_path):
    write_all(tmp_path, tmp_path / "report.json")
    assert stale_schemas([tmp_path]) == []
    (tmp_path / "suite.schema.json").write_text("{}")
    (problem,) = stale_schemas([tmp_path])
    assert "out of step" in problem.message
    assert "--write-schemas" in problem.hint
