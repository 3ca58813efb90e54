from __future__ import annotations

from dataclasses import replace

from harness.core.results import Verdict
from harness.reports.error_conformance import Answer, RefusalTable
from harness.reports.html_tables import answers_once, divergences, every_check
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
    first, second = every_check(View(report))
    assert (first.suite, first.count, first.adapters) == ("s", 4, ("keras", "torch"))
    assert first.lines == ((("a", "d"), ("–", "exact")), (("b",), ("–", "exact*")), (("c",), ("exact", "exact")))
    assert (second.adapters, second.lines) == (("keras",), ((("a",), ("diverges",)),))


def test_a_divergence_of_several_adapters_is_shown_once_with_each_count():
    rows = [
        row(f"s/{case}", adapter, K, observed=D, message="m", diagnosis="because")
        for adapter, cases in (("keras", "abc"), ("torch", "a"), ("tf", "ab"))
        for case in cases
    ]
    other = row("s/d", "torch", K, observed=D, message="n", diagnosis="because of another")
    found = divergences(View(report_of([*rows, other])))
    assert [(one.row.case, one.row.adapter, one.counts) for one in found] == [
        ("s/a", "keras", (("keras", 3), ("tf", 2), ("torch", 1))),
        ("s/d", "torch", (("torch", 1),)),
    ]
    assert found[0].words == ", and 2 more like it; also on tf (2); also on torch (1)"
    assert found[1].words == ""


def test_other_messages_are_other_divergences():
    rows = [row("s/a", name, K, observed=D, message=f"by {name}", diagnosis="because") for name in ("keras", "torch")]
    assert len(divergences(View(report_of(rows)))) == 2
    assert len(divergences(View(report_of([replace(one, message="m") for one in rows])))) == 1


def test_equal_answers_to_a_rule_stand_once_with_their_adapters():
    refuses = Answer(Verdict.REFUSES, "refuses: ValueError (1)", "no")
    accepts = Answer(Verdict.ACCEPTS, "accepts (1)", "")
    table = RefusalTable(("a", "b", "c", "d"), (("rule", "sentence", ((refuses,), (accepts,), (), (refuses,))),))
    assert list(answers_once(table)) == [("rule", "sentence", {(refuses,): ["a", "d"], (accepts,): ["b"]})]
