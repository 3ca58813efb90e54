from __future__ import annotations

import json
from dataclasses import replace

import jsonschema

from harness.core.results import SCHEMA_VERSION, AdapterInfo, CaseInfo, Report, Row, Verdict
from harness.reports.badges import render_badges
from harness.reports.json_report import render_json
from harness.reports.json_schemas import report_json_schema
from harness.reports.markdown import render_markdown
from harness.reports.summary import failures_once, summary_table
from harness.reports.view import View
from harness.reports.writing import _remove_others
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


def test_markdown_opens_with_the_findings_and_shows_each_once():
    pages = render_markdown(View(report(GOOD, BAD, KNOWN, KNOWN_TOO)))
    assert sorted(pages) == ["conformance.md", "details.md", "suites/s.md", "suites/t.md"]
    text = pages["conformance.md"]
    assert "4 cases, 4 checks, 4 verdicts, 1 failing." in text
    assert "- **FAILS** **torch**: " in text
    assert "### diverges: s/bad|pipe on torch" in text
    assert "error / bound: 12.5, 300.0 ULP" in text
    assert text.count("- **torch**: because (upstream#1)\n") == 1
    assert "cases t/known, t/known-2\n" in text
    assert "| torch | 1 | 2 | 1 |  |" in text
    assert "- [s](suites/s.md): 2 cases, 1 diverges\n- [t](suites/t.md): 2 cases, 2 known\n" in text
    assert "| bad\\|pipe | diverges |" in pages["suites/s.md"]
    parts = ["### Wrong values without a warning", "### Rejects what is legal", "## Failing", "## Every check"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_markdown_says_so_when_there_is_nothing():
    text = render_markdown(View(report(GOOD)))["conformance.md"]
    assert "## Findings\n\nNone.\n" in text
    assert "## Failing" not in text


def test_a_page_of_a_suite_shows_the_variants_that_differ_from_their_framework():
    rows = [row("s/a", Verdict.EXACT, name) for name in ("keras", "keras:jax", "keras:torch")]
    rows += [row("s/b", Verdict.EXACT, "keras"), row("s/b", Verdict.REJECTS, "keras:jax", route="composed")]
    rows += [row("s/c", Verdict.REJECTS, "keras:jax"), row("s/c", Verdict.REJECTS, "keras:torch")]
    rows += [row("s/d", Verdict.EXACT, "torch")]
    page = render_markdown(View(report(*rows)))["suites/s.md"]
    assert page.partition("| case |")[2].splitlines() == [
        " keras | torch |",
        "|---|---|---|",
        "| a | exact | – |",
        "| b | exact; jax: rejects\\* | – |",
        "| c | jax, torch: rejects | – |",
        "| d | – | exact |",
    ]


def test_the_page_of_a_suite_that_is_gone_goes_and_no_other_file(tmp_path):
    kept = render_markdown(View(report(GOOD, KNOWN)))
    (tmp_path / "suites").mkdir()
    for name in ("suites/s.md", "suites/t.md"):
        (tmp_path / name).write_text(kept[name], encoding="utf-8")
    (tmp_path / "suites" / "README.md").write_text("# Mine\n")
    _remove_others(tmp_path, render_markdown(View(report(GOOD))))
    assert sorted(path.name for path in (tmp_path / "suites").iterdir()) == ["README.md", "s.md"]


def test_the_badge_of_an_adapter_that_is_gone_goes_and_no_other_file(tmp_path):
    (tmp_path / "badges").mkdir()
    for name, text in {**render_badges(View(report(GOOD, *ABSENT))), "mine.json": "{}"}.items():
        (tmp_path / "badges" / name).write_text(text, encoding="utf-8")
    kept = render_badges(View(report(GOOD)))
    _remove_others(tmp_path, {f"badges/{name}": text for name, text in kept.items()})
    assert sorted(path.name for path in (tmp_path / "badges").iterdir()) == sorted(["mine.json", *kept])


def test_an_absent_adapter_is_reported_and_fails_only_when_asked_for():
    assert "| keras | 2 | ModuleNotFoundError |" in render_markdown(View(report(GOOD, *ABSENT)))["details.md"]
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
    pages = render_markdown(View(report(*OUTPUTS, GRADIENT, KNOWN)))
    assert "2 cases, 2 checks, 5 verdicts, 1 failing." in pages["conformance.md"]
    assert "| good | exact, kernel_grad diverges |" in pages["suites/s.md"]
    assert "### diverges: s/good on torch (kernel_grad)" in pages["conformance.md"]


def test_a_suite_has_columns_only_of_frameworks_that_ran():
    pages = render_markdown(View(report(GOOD, row("t/known", Verdict.EXACT, "keras"), KNOWN)))
    assert "| case | torch |\n|---|---|\n| good | exact |\n" in pages["suites/s.md"]
    assert "| case | keras | torch |\n" in pages["suites/t.md"]


def test_a_failure_reads_as_what_where_why_and_how_to_repeat():
    ((first, *rest),) = failures_once(View(report(GOOD, BAD)))
    assert first == "DIVERGES  s/bad|pipe  on torch (native)"
    assert rest == ["  message of s/bad|pipe", "  repeat: harness run cases/s.yaml::bad|pipe -a torch"]
