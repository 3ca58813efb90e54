from __future__ import annotations

from dataclasses import replace

from harness.core.results import Verdict
from harness.reports.error_conformance import Answer, RefusalTable
from harness.reports.html_report import divergences
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

E, K, D = Verdict.EXACT, Verdict.KNOWN, Verdict.DIVERGES


def test_cases_share_a_line_where_every_adapter_says_the_same_and_none_is_lost():
    report = report_of(
        [
            row("s/a", "torch", E),
            row("s/b", "torch", E, route="composed"),
            row("s/c", "torch", E),
            row("s/c", "keras", E),
            row("s/d", "torch", E),
            row("t/a", "keras", D),
        ]
    )
    first, second = View(report).suites
    assert (first.suite, len(first.cases), first.adapters) == ("s", 4, ("keras", "torch"))
    assert first.alike == {("–", "exact"): ["a", "d"], ("–", "exact*"): ["b"], ("exact", "exact"): ["c"]}
    assert (second.adapters, second.alike) == (("keras",), {("diverges",): ["a"]})


def test_a_divergence_of_several_adapters_is_shown_once_with_each_count():
    rows = [
        row(f"s/{case}", adapter, K, observed=D, message="m", diagnosis="because")
        for adapter, cases in (("keras", "abc"), ("torch", "a"), ("tf", "ab"))
        for case in cases
    ]
    other = row("s/d", "torch", K, observed=D, message="n", diagnosis="because of another")
    found = list(divergences(View(report_of([*rows, other]))))
    assert [(row.case, row.adapter, verdict, more) for row, verdict, more in found] == [
        ("s/a", "keras", D, ", and 2 more like it; also on tf (2); also on torch (1)"),
        ("s/d", "torch", D, ""),
    ]


def test_other_messages_are_other_divergences():
    rows = [row("s/a", name, K, observed=D, message=f"by {name}", diagnosis="because") for name in ("keras", "torch")]
    assert len(list(divergences(View(report_of(rows))))) == 2
    assert len(list(divergences(View(report_of([replace(one, message="m") for one in rows]))))) == 1


def test_equal_answers_to_a_rule_stand_once_with_their_adapters():
    refuses = Answer(Verdict.REFUSES, "refuses: ValueError (1)", "no")
    accepts = Answer(Verdict.ACCEPTS, "accepts (1)", "")
    table = RefusalTable(("a", "b", "c", "d"), (("rule", "sentence", ((refuses,), (accepts,), (), (refuses,))),))
    assert table.by_answer == [("rule", "sentence", {(refuses,): ["a", "d"], (accepts,): ["b"]})]
