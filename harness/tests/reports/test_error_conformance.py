"""The table of error conformance, and that both reports show it."""

from __future__ import annotations

import json
from dataclasses import replace

from harness.core.results import CaseInfo, Verdict
from harness.engine.excerpts import Excerpts
from harness.reports.error_conformance import LONGEST
from harness.reports.html_report import render_html
from harness.reports.json_report import render_json
from harness.reports.markdown import render_markdown
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

RULES = {
    "s/zero": "stride-zero",
    "s/zero-too": "stride-zero",
    "s/zero-again": "stride-zero",
    "s/twin": "stride-zero",
    "s/rank": "kernel-rank",
    "s/empty": "empty-axis",
}


def refuses(case, adapter, message, **rest):
    return row(case, adapter, Verdict.REFUSES, message=message, **rest)


def of(*rows):
    report = report_of(rows)
    cases = tuple(replace(info, rule=RULES.get(info.case, "")) for info in report.cases)
    return replace(report, cases=cases)


def answers(report, rule, column):
    table = View(report).refusals
    (found,) = (cells for name, _, cells in table.rows if name == rule)
    return [(answer.verdict, answer.text, answer.message) for answer in found[table.columns.index(column)]]


def test_refusals_of_one_rule_are_counted_by_their_type():
    report = of(
        refuses("s/zero", "torch", "RuntimeError: not positive: 0"),
        refuses("s/zero-too", "torch", "ValueError: no"),
        refuses("s/zero-again", "torch", "RuntimeError"),
    )
    text = "refuses: RuntimeError (2), ValueError (1)"
    assert answers(report, "stride-zero", "torch") == [(Verdict.REFUSES, text, "not positive: 0")]


def test_other_answers_stand_apart_and_what_is_known_says_so():
    report = of(
        refuses("s/zero", "torch", "ValueError: no"),
        row("s/zero-too", "torch", Verdict.KNOWN, observed=Verdict.ACCEPTS, message="an array came"),
        row("s/zero-again", "torch", Verdict.CRASHES, message="SIGABRT: Check failed"),
        row("s/twin", "torch", Verdict.EXACT),
        row("s/twin", "torch", Verdict.DIVERGES, output="input_grad"),
        row("s/empty", "torch", Verdict.AMBIGUOUS, message="reading 'refused': TypeError: empty"),
        row("s/rank", "torch", Verdict.ACCEPTS, message="an array came"),
    )
    assert answers(report, "stride-zero", "torch") == [
        (Verdict.EXACT, "computes a legal twin (1)", ""),
        (Verdict.REFUSES, "refuses: ValueError (1)", "no"),
        (Verdict.KNOWN, "accepts, known (1)", ""),
        (Verdict.CRASHES, "crashes (1)", "SIGABRT: Check failed"),
    ]
    assert answers(report, "empty-axis", "torch") == [
        (Verdict.AMBIGUOUS, "one of the readings: refused (1)", "TypeError: empty")
    ]
    assert answers(report, "kernel-rank", "torch") == [(Verdict.ACCEPTS, "accepts (1)", "")]


def test_a_legal_twin_that_is_refused_or_wrong_is_told_from_an_illegal_case():
    known = {"observed": Verdict.REJECTS, "message": "TypeError: int64"}
    report = of(
        row("s/twin", "torch", Verdict.DIVERGES, message="values differ"),
        row("s/zero", "torch", Verdict.KNOWN, **known),
        row("s/zero-too", "torch", Verdict.INEXPRESSIBLE, message="no such word"),
    )
    assert [(text, message) for _, text, message in answers(report, "stride-zero", "torch")] == [
        ("rejects a legal twin, known: TypeError (1)", "int64"),
        ("cannot be expressed (1)", "no such word"),
        ("fails a legal twin (1)", ""),
    ]


def test_columns_are_the_adapters_that_ran_a_case_of_a_rule():
    report = of(
        refuses("s/zero", "tf", "AbortedError: no"),
        refuses("s/rank", "torch", "ValueError: no"),
        row("s/zero", "absent", Verdict.UNAVAILABLE),
        row("s/other", "other", Verdict.EXACT),
    )
    table = View(report).refusals
    assert table.columns == ("tf", "torch")
    assert [name for name, _, _ in table.rows] == ["stride-zero", "kernel-rank"]
    assert answers(report, "stride-zero", "torch") == []
    assert answers(report, "stride-zero", "tf")[0][1] == "refuses: AbortedError (1)"


def test_a_long_message_is_cut():
    report = of(refuses("s/zero", "torch", f"ValueError: {'x' * 500}"))
    ((_, _, message),) = answers(report, "stride-zero", "torch")
    assert message == "x" * LONGEST + "…"


def test_markdown_and_html_show_the_table_and_quote_what_a_framework_says():
    report = of(refuses("s/zero", "torch", "ValueError: <b>a|b</b> *x*"), refuses("s/rank", "keras", "TypeError: no"))
    text = render_markdown(View(report))["details.md"]
    line = next(line for line in text.splitlines() if line.startswith("| **stride-zero**"))
    shown = r"refuses: ValueError (1)<br>&lt;b>a\|b&lt;/b> \*x\*"
    assert line == rf"| **stride-zero** A stride is at least 1, not 0. | – | {shown} |"
    assert "| rule | keras | torch |" in text
    page = render_html(View(report), (), Excerpts(), lambda *_: "")
    assert "refuses: ValueError (1)</span> &lt;b&gt;a|b&lt;/b&gt; *x*" in page
    assert "A kernel has four axes." in page


def test_reports_without_rules_say_so():
    report = of(row("s/other", "torch", Verdict.EXACT))
    assert "No case names a rule." in render_markdown(View(report))["details.md"]
    assert "No case names a rule." in render_html(View(report), (), Excerpts(), lambda *_: "")


def test_the_rule_of_a_case_is_in_the_json_report():
    cases = json.loads(render_json(View(of(refuses("s/zero", "torch", "ValueError: no")))))["cases"]
    assert [case["rule"] for case in cases] == ["stride-zero"]
    assert CaseInfo("s/a", "about", "").rule == ""
