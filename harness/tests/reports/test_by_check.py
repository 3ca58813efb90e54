from __future__ import annotations

from harness.core.results import Verdict
from harness.reports.by_check import Checked
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row


def check(**verdicts):
    return Checked(row("s/a", "torch", verdict, output=name) for name, verdict in verdicts.items())


def test_rows_come_check_by_check_the_result_first():
    outputs = ("bias_grad", "output", "kernel_grad")
    rows = [row("s/a", "torch", Verdict.EXACT, output=name) for name in outputs]
    view = View(report_of([*rows, row("s/a", "keras", Verdict.EXACT, output="shape")]))
    found = [[(one.adapter, one.output) for one in check.rows] for check in view.checks]
    assert found == [[("keras", "shape")], [("torch", "output"), ("torch", "kernel_grad"), ("torch", "bias_grad")]]
    assert view.count() == "1 case, 2 checks, 4 verdicts, 0 failing"
    assert view.by_case == {"s/a": {"keras": view.checks[0], "torch": view.checks[1]}}


def test_what_is_counted_is_counted_once():
    view = View(report_of([row("s/a", "torch", Verdict.EXACT)]))
    assert view.checks is view.checks
    assert view.suites is view.suites


def test_a_check_stands_for_its_worst_output():
    exact, known, bad = Verdict.EXACT, Verdict.KNOWN, Verdict.REJECTS
    assert check(output=exact, kernel_grad=exact).verdict is exact
    assert check(output=Verdict.WITHIN_BOUND, kernel_grad=exact).verdict is Verdict.WITHIN_BOUND
    assert check(output=exact, kernel_grad=known).verdict is known
    assert check(output=known, input_grad=exact, kernel_grad=bad).verdict is bad


def test_outputs_are_named_only_where_they_differ():
    exact, known = Verdict.EXACT, Verdict.KNOWN
    assert check(output=exact, kernel_grad=exact).text == "exact"
    assert check(output=exact, kernel_grad=known).text == "exact, kernel_grad known"
    assert check(output=known, input_grad=exact, kernel_grad=exact).text == "known, input_grad and kernel_grad exact"


def test_parts_differ_by_what_is_stated_of_them():
    one, other = (row("s/a", "torch", Verdict.EXACT, output=name, message=name) for name in ("output", "kernel_grad"))
    assert [about for _, about in Checked([one, other]).parts] == [("output",), ("kernel_grad",)]
    alike = check(output=Verdict.EXACT, kernel_grad=Verdict.EXACT)
    assert [about for _, about in alike.parts] == [("output", "kernel_grad")]
