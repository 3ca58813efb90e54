from __future__ import annotations

from harness.core.results import Verdict
from harness.reports.error_conformance import Answer, RefusalTable
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

E, D = Verdict.EXACT, Verdict.DIVERGES


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


def test_a_check_is_counted_under_each_verdict_that_one_of_its_outputs_has():
    rows = [
        row("s/a", "torch", E),
        row("s/a", "torch", E, output="input_grad"),
        row("s/a", "torch", D, output="bias_grad"),
    ]
    assert View(report_of([*rows, row("s/b", "torch", E)])).given == {"torch": {E: 2, D: 1}}


def test_equal_answers_to_a_rule_stand_once_with_their_adapters():
    refuses = Answer(Verdict.REFUSES, "refuses: ValueError (1)", "no")
    accepts = Answer(Verdict.ACCEPTS, "accepts (1)", "")
    table = RefusalTable(("a", "b", "c", "d"), (("rule", "sentence", ((refuses,), (accepts,), (), (refuses,))),))
    assert table.by_answer == [("rule", "sentence", {(refuses,): ["a", "d"], (accepts,): ["b"]})]
