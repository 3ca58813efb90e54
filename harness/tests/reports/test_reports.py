from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from harness.core.results import SCHEMA_VERSION, AdapterInfo, CaseInfo, Report, Row, Verdict
from harness.reports.json_report import render_json
from harness.reports.json_schemas import report_json_schema
from harness.reports.markdown import render_markdown
from harness.reports.summary import failures_once, summary_table
from harness.reports.view import View
from harness.tests.build import make_row as row


def report(*rows: Row, asked: bool = False):
    names = sorted({one.adapter for one in rows})
    return Report(
        SCHEMA_VERSION,
        {"python": "3.11"},
        tuple(AdapterInfo(name, "pytorch", {name: "1.0"}, requested_by_name=asked) for name in names),
        tuple(CaseInfo(case, f"about {case}", "") for case in sorted({one.case for one in rows})),
        tuple(sorted(rows, key=lambda one: one.key)),
    )


GOOD = row("s/good", Verdict.EXACT, error_over_bound=0.0, ulps=0.0)
BAD = row("s/bad|pipe", Verdict.DIVERGES, error_over_bound=12.5, ulps=300.0)
KNOWN = row("t/known", Verdict.KNOWN, observed=Verdict.REJECTS, diagnosis="because (upstream#1)")
KNOWN_TOO = row("t/known-2", Verdict.KNOWN, observed=Verdict.REJECTS, diagnosis="because (upstream#1)")
ABSENT = [
    row(f"s/{name}", Verdict.UNAVAILABLE, "keras", message="ModuleNotFoundError") for name in ("good", "bad|pipe")
]


def test_json_has_the_form_of_its_schema_and_one_line_for_each_finding():
    whole = report(GOOD, BAD, KNOWN, *ABSENT)
    text = render_json(View(whole))
    data = json.loads(text)
    jsonschema.validate(data, report_json_schema())
    assert [(one["case"], one["adapters"], one["verdict"]) for one in data["results"]] == [
        ("s/bad|pipe", ["keras"], "unavailable"),
        ("s/bad|pipe", ["torch"], "diverges"),
        ("s/good", ["keras"], "unavailable"),
        ("s/good", ["torch"], "exact"),
        ("t/known", ["torch"], "known"),
    ]
    assert f"\n{json.dumps(data['results'][1], separators=(',', ':'))},\n" in text


def test_markdown_shows_evidence_of_each_failure_and_each_known_divergence_once():
    text = render_markdown(View(report(GOOD, BAD, KNOWN, KNOWN_TOO)))
    assert "4 cases, 4 checks, 4 verdicts, 1 failing." in text
    assert "### diverges: s/bad|pipe on torch" in text
    assert "error / bound: 12.5, 300.0 ULP" in text
    assert "### rejects: t/known on torch and 1 more" in text
    assert "why: because (upstream#1)" in text
    assert text.count("because (upstream#1)") == 1
    assert "| bad\\|pipe | diverges |" in text
    assert text.index("## Failing") < text.index("## Known divergences") < text.index("## Every check")


@pytest.mark.parametrize("empty", ["Failing", "Known divergences"])
def test_markdown_says_so_when_there_is_nothing(empty):
    text = render_markdown(View(report(GOOD)))
    assert f"## {empty}\n\nNone.\n" in text


def test_an_absent_adapter_is_reported_and_fails_only_when_asked_for():
    assert "| keras | 2 | ModuleNotFoundError |" in render_markdown(View(report(GOOD, *ABSENT)))
    assert report(GOOD, *ABSENT).failures == ()
    asked = report(GOOD, *ABSENT, asked=True)
    assert len(asked.failures) == 2
    assert list(failures_once(View(asked))) == [
        ["UNAVAILABLE  keras, which was requested by name", "  ModuleNotFoundError"]
    ]


def test_summary_counts_every_row():
    whole = report(GOOD, BAD, KNOWN, *ABSENT)
    assert sum(sum(counts.values()) for counts in View(whole).counts.values()) == len(whole.results)
    lines = summary_table(View(whole)).splitlines()
    assert lines[0].split() == ["adapter", "exact", "known", "unavailable", "diverges"]
    assert lines[1].split() == ["keras", "·", "·", "2", "·"]
    assert lines[-2:] == ["keras 1.0: keras", "torch 1.0: torch"]


def test_versions_of_many_adapters_are_said_once_and_the_summary_stays_narrow():
    names = [f"framework:variant-{number:02}" for number in range(28)]
    whole = report(*(row("s/good", verdict, name) for name in names for verdict in [Verdict.EXACT]))
    same = tuple(replace(adapter, versions={"framework": "1.0"}) for adapter in whole.adapters)
    text = summary_table(View(replace(whole, adapters=same)))
    assert text.count("framework 1.0") == 1
    assert all(name in text.partition("framework 1.0")[2] for name in names)
    assert max(map(len, text.splitlines())) <= 100


OUTPUTS = [row("s/good", Verdict.EXACT, output=name) for name in ("output", "bias_grad", "input_grad")]
GRADIENT = row("s/good", Verdict.DIVERGES, output="kernel_grad", error_over_bound=3.0, ulps=4.0)


def test_a_check_of_several_outputs_is_one_cell_and_one_check():
    text = render_markdown(View(report(*OUTPUTS, GRADIENT, KNOWN)))
    assert "2 cases, 2 checks, 5 verdicts, 1 failing." in text
    assert "| good | exact, kernel_grad diverges |" in text
    assert "### diverges: s/good on torch (kernel_grad)" in text


def test_a_suite_has_columns_only_of_adapters_that_were_asked():
    text = render_markdown(View(report(GOOD, row("t/known", Verdict.EXACT, "keras"), KNOWN)))
    assert "### s\n\n| case | torch |\n|---|---|\n| good | exact |\n" in text
    assert "### t\n\n| case | keras | torch |\n" in text


def test_a_failure_reads_as_what_where_why_and_how_to_repeat():
    ((first, *rest),) = failures_once(View(report(GOOD, BAD)))
    assert first == "DIVERGES  s/bad|pipe  on torch (native)"
    assert rest == ["  message of s/bad|pipe", "  repeat: harness run cases/s.yaml::bad|pipe -a torch"]
