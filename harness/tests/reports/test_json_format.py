from __future__ import annotations

import json
from dataclasses import asdict, replace

import jsonschema
import pytest

from harness.core.results import CaseInfo, Verdict
from harness.reports.json_format import case_line, read_rows
from harness.reports.json_report import render_json, render_measurements
from harness.reports.json_schemas import measurements_json_schema, report_json_schema
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

EXACT = {"error_over_bound": 0.0, "ulps": 0.0}
ASKED = ("output", "input_grad", "kernel_grad")
ROWS = [
    *(row("s/a", "keras", Verdict.EXACT, output=name, **EXACT) for name in ASKED),
    *(row("s/a", "torch", Verdict.EXACT, output=name, **EXACT) for name in ASKED),
    *(row("s/a", "jax", Verdict.EXACT, output=name, **EXACT) for name in ASKED[:2]),
    row(
        "s/a",
        "jax",
        Verdict.KNOWN,
        output="kernel_grad",
        observed=Verdict.DIVERGES,
        message="m",
        diagnosis="d",
        cause="narrower: float32",
    ),
    row("s/a", "meta", Verdict.EXACT, output="shape"),
    row("s/a", "numpy", Verdict.INEXPRESSIBLE, route="inexpressible", message="n"),
    row("s/a", "slow", Verdict.HANGS, message="h"),
    row(
        "s/b", "torch", Verdict.WITHIN_BOUND, error_over_bound=0.5, ulps=2.0, accumulation="float32", subnormals="keeps"
    ),
    row("s/b", "keras", Verdict.REFUSES, message="TypeError", mode="graph", route="composed"),
]


def written(rows=ROWS):
    whole = report_of(rows)
    cases = (replace(info, outputs=ASKED, dtype="float16") if info.case == "s/a" else info for info in whole.cases)
    data = json.loads(render_json(View(replace(whole, cases=tuple(cases)))))
    jsonschema.validate(data, report_json_schema())
    return data


def test_what_is_left_out_is_read_again():
    left = {"repeat", "error_over_bound", "ulps", "figures", "accumulation", "subnormals", "listed"}
    read = {tuple(one[key] for key in ("case", "adapter", "mode", "output")): one for one in read_rows(written())}
    assert read.keys() == {one.key for one in ROWS}
    for one in ROWS:
        found = read[one.key]
        assert {key: found[key] for key in found.keys() - left} == {
            key: value for key, value in asdict(one).items() if key not in left
        }
        assert found["repeat"] in {"", one.repeat}
        assert bool(found["repeat"]) == (one.verdict in {Verdict.HANGS, Verdict.KNOWN})


MEASURED = [
    row("s/a", "keras", Verdict.WITHIN_BOUND, error_over_bound=0.5, ulps=2.0, accumulation="float32"),
    row("s/a", "torch", Verdict.WITHIN_BOUND, error_over_bound=0.0, ulps=0.0, subnormals="keeps"),
    row("s/b", "jax", Verdict.AMBIGUOUS, error_over_bound=0.1, ulps=1.0, message="reading 'one'"),
    row(
        "s/b",
        "keras",
        Verdict.KNOWN,
        observed=Verdict.DIVERGES,
        error_over_bound=9.0,
        ulps=99.0,
        message="expected 1, got 2",
        diagnosis="as if rounded. It rounds",
        listed="It rounds",
        cause="narrower: float32",
    ),
    row("s/b", "torch", Verdict.DIVERGES, error_over_bound=8.0, ulps=88.0, message="expected 1, got 3"),
]


def test_figures_of_a_processor_stand_apart():
    view = View(report_of(MEASURED))
    lines = json.loads(render_json(view))["results"]
    assert lines == [
        {"case": "s/a", "adapters": ["keras", "torch"], "route": "native", "verdict": "within_bound"},
        {"case": "s/b", "adapters": ["jax"], "route": "native", "verdict": "ambiguous", "message": "reading 'one'"},
        {
            "case": "s/b",
            "adapters": ["keras"],
            "route": "native",
            "verdict": "known",
            "observed": "diverges",
            "cause": "narrower: float32",
            "diagnosis": "It rounds",
            "repeat": MEASURED[3].repeat,
        },
        {
            "case": "s/b",
            "adapters": ["torch"],
            "route": "native",
            "verdict": "diverges",
            "error_over_bound": 8.0,
            "ulps": 88.0,
            "message": "expected 1, got 3",
            "repeat": MEASURED[4].repeat,
        },
    ]
    measured = json.loads(render_measurements(view))
    jsonschema.validate(measured, measurements_json_schema())
    assert [(line["case"], *line["adapters"]) for line in measured["results"]] == [
        ("s/a", "keras"),
        ("s/a", "torch"),
        ("s/b", "jax"),
        ("s/b", "keras"),
        ("s/b", "torch"),
    ]
    assert measured["results"][0] == {
        "case": "s/a",
        "adapters": ["keras"],
        "error_over_bound": 0.5,
        "ulps": 2.0,
        "accumulation": "float32",
    }
    assert measured["results"][1] == {"case": "s/a", "adapters": ["torch"], "subnormals": "keeps"}
    assert measured["results"][3]["message"] == "expected 1, got 2"
    assert measured["results"][3]["diagnosis"] == "as if rounded. It rounds"


def test_only_what_every_processor_shares_stands_in_the_environment_of_the_report():
    report = replace(report_of(MEASURED), environment={"cpu": "avx2", "harness": "1", "numpy": "2", "system": "Linux"})
    assert json.loads(render_json(View(report)))["environment"] == {"harness": "1", "numpy": "2"}
    assert json.loads(render_measurements(View(report)))["environment"] == report.environment


def test_what_is_said_alike_is_one_line():
    lines = [line for line in written()["results"] if line["case"] == "s/a"]
    assert lines[0]["adapters"] == ["jax"]
    assert lines[0]["outputs"] == ["input_grad", "output"]
    assert {"case": "s/a", "adapters": ["keras", "torch"], "route": "native", "verdict": "exact"} in lines
    assert {"case": "s/a", "adapters": ["meta"], "route": "native", "verdict": "exact", "outputs": ["shape"]} in lines
    assert {
        "case": "s/a",
        "adapters": ["numpy"],
        "route": "inexpressible",
        "verdict": "inexpressible",
        "message": "n",
    } in lines
    assert len(lines) == 6


def test_a_case_says_what_is_not_usual_of_it():
    assert case_line(CaseInfo("s/a", "about", "")) == {"case": "s/a", "about": "about"}
    full = CaseInfo("s/a", "about", "a page", "a-rule", "float16", ASKED, ("B1",))
    assert case_line(full) == {**asdict(full), "outputs": list(ASKED), "examples": ["B1"]}


@pytest.mark.parametrize("change", [{"verdict": "fine"}, {"adapters": []}, {"adapter": "torch"}, {"route": "far"}])
def test_another_form_is_not_of_the_schema(change):
    data = written()
    data["results"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, report_json_schema())


def test_a_file_of_another_form_cannot_be_read():
    with pytest.raises(KeyError):
        list(read_rows({"results": []}))
