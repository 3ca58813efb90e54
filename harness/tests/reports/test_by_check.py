from __future__ import annotations

from harness.core.results import Verdict
from harness.reports.by_check import by_check, count_checks, in_words, parts, standing, subjects
from harness.tests.browser.pages import report_of, row


def rows(**verdicts):
    return [row("s/a", "torch", verdict, output=name) for name, verdict in verdicts.items()]


def test_rows_come_check_by_check_the_result_first():
    report = report_of(
        [
            *rows(bias_grad=Verdict.EXACT, output=Verdict.EXACT, kernel_grad=Verdict.EXACT),
            row("s/a", "keras", Verdict.EXACT, output="shape"),
        ]
    )
    found = [[(one.adapter, one.output) for one in check] for check in by_check(report.results)]
    assert found == [[("keras", "shape")], [("torch", "output"), ("torch", "kernel_grad"), ("torch", "bias_grad")]]
    assert count_checks(report) == 2


def test_a_check_stands_for_its_worst_output():
    exact, known, bad = Verdict.EXACT, Verdict.KNOWN, Verdict.REJECTS
    assert standing(rows(output=exact, kernel_grad=exact)) is exact
    assert standing(rows(output=Verdict.WITHIN_BOUND, kernel_grad=exact)) is Verdict.WITHIN_BOUND
    assert standing(rows(output=exact, kernel_grad=known)) is known
    assert standing(rows(output=known, input_grad=exact, kernel_grad=bad)) is bad


def test_outputs_are_named_only_where_they_differ():
    exact, known = Verdict.EXACT, Verdict.KNOWN
    assert in_words(rows(output=exact, kernel_grad=exact)) == "exact"
    assert in_words(rows(output=exact, kernel_grad=known)) == "exact, kernel_grad known"
    assert (
        in_words(rows(output=known, input_grad=exact, kernel_grad=exact)) == "known, input_grad and kernel_grad exact"
    )


def test_parts_are_told_apart_by_what_is_said_of_them():
    one, other = (row("s/a", "torch", Verdict.EXACT, output=name, message=name) for name in ("output", "kernel_grad"))
    assert [about for _, about in parts([one, other])] == [("output",), ("kernel_grad",)]
    assert [about for _, about in parts(rows(output=Verdict.EXACT, kernel_grad=Verdict.EXACT))] == [
        ("output", "kernel_grad")
    ]


def test_an_adapter_is_named_with_its_mode_only_where_it_has_several():
    found = [
        row("s/a", "x", Verdict.EXACT),
        row("s/a", "x", Verdict.EXACT, output="kernel_grad"),
        row("s/a", "y", Verdict.EXACT),
        row("s/a", "y", Verdict.EXACT, mode="graph"),
    ]
    assert list(subjects(report_of(found)).values()) == ["x", "y eager", "y graph"]
