from __future__ import annotations

from dataclasses import replace

from harness.core.results import BEFORE_BIAS, CaseInfo, Verdict
from harness.reports.number_types import ELSEWHERE
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

GRADIENTS = ("output", "kernel_grad")


def report(*rows, **dtypes):
    """A report of ``rows``; the cases in ``dtypes`` have that dtype and ask for a gradient too."""
    whole = report_of(rows)
    cases = (
        CaseInfo(info.case, "", "", dtype=dtypes[name], outputs=GRADIENTS) if name in dtypes else info
        for info in whole.cases
        for name in [info.case.partition("/")[2]]
    )
    return replace(whole, cases=tuple(cases))


def texts(matrix):
    return [
        (subject, output, *((one.text, one.kind, one.note) for one in cells)) for subject, output, cells in matrix.lines
    ]


def test_cases_are_counted_by_dtype_and_output():
    found = View(
        report(
            row("s/a", "torch", Verdict.EXACT),
            row("s/b", "torch", Verdict.REFUSES),
            row("s/c", "torch", Verdict.KNOWN),
            row("s/h", "torch", Verdict.WITHIN_BOUND),
            row("s/h", "torch", Verdict.DIVERGES, output="kernel_grad"),
            row("s/h", "meta", Verdict.EXACT, output="shape"),
            h="float16",
        )
    ).matrix
    assert found.dtypes == ("float32", "float16")
    assert texts(found) == [
        ("meta", "shape", ("–", "none", 0), ("1", "good", 0)),
        ("torch", "output", ("2 + 1 known", "known", 0), ("1", "good", 0)),
        ("torch", "kernel_grad", ("–", "none", 0), ("1 failing", "bad", 0)),
    ]
    assert found.notes == ()


def test_what_cannot_be_said_has_its_reason_for_every_output_that_was_asked():
    silent = {"route": "inexpressible"}
    found = View(
        report(
            row("s/a", "torch", Verdict.EXACT),
            row("s/a", "torch", Verdict.EXACT, output="kernel_grad"),
            row("s/b", "torch", Verdict.INEXPRESSIBLE, message="one", **silent),
            row("s/g", "torch", Verdict.INEXPRESSIBLE, message="no bfloat16", **silent),
            row("s/h", "torch", Verdict.INEXPRESSIBLE, message="two", **silent),
            row("s/i", "torch", Verdict.INEXPRESSIBLE, message="three", **silent),
            a="float32",
            b="float32",
            g="bfloat16",
            h="float16",
            i="float16",
        )
    ).matrix
    assert found.dtypes == ("float32", "float16", "bfloat16")
    cells = (("1", "good", 0), ("–", "none", 1), ("–", "none", 2))
    assert texts(found) == [("torch", "output", *cells), ("torch", "kernel_grad", *cells)]
    assert found.notes == (ELSEWHERE, "no bfloat16")


def test_an_adapter_that_was_judged_on_nothing_has_one_line():
    found = View(report(row("s/a", "torch", Verdict.UNAVAILABLE, message="not there"), a="float64")).matrix
    assert texts(found) == [("torch", "output", ("–", "none", 1))]
    assert found.notes == ("not there",)


def rounded(case, precision, ratio, **rest):
    figures = {"error_over_bound": ratio, "ulps": 1.0, "accumulation": precision}
    return row(case, "torch", Verdict.WITHIN_BOUND, **(figures | rest))


def test_one_output_that_wide_sums_do_not_explain_is_enough():
    half = [rounded("s/h", "float32", 0.5), rounded("s/i", "float32", 0.125, output="kernel_grad")]
    (sums,) = View(report(*half, h="float16", i="float16")).sums
    assert (sums.subject, sums.dtype, sums.text, sums.largest) == ("torch", "float16", "float32, in all 2 outputs", 0.5)
    narrow = rounded("s/i", "float16", 0.75)
    (sums,) = View(report(*half, narrow, h="float16", i="float16")).sums
    assert sums.text == "float16 only: 1 of 3 outputs are off by more than sums in float32 explain"
    assert sums.largest == 0.75


def test_a_bias_added_apart_is_no_narrow_sum():
    half = [rounded("s/h", "float32", 0.5), rounded("s/i", f"float32{BEFORE_BIAS}", 0.125)]
    (sums,) = View(report(*half, h="float16", i="float16")).sums
    assert sums.text == "float32, in 1 of 2 outputs, rounded before the bias"
    (sums,) = View(report(*half, rounded("s/j", "float16", 0.75), h="float16", i="float16", j="float16")).sums
    assert sums.text == "float16 only: 1 of 3 outputs are off by more than sums in float32 explain"


def test_only_half_precisions_and_rounded_values_say_anything():
    rows = [rounded("s/a", "float32", 0.5), row("s/h", "torch", Verdict.EXACT)]
    assert View(report(*rows, h="bfloat16")).sums == []


def test_subnormals_are_counted_by_adapter_and_dtype():
    rows = [row(f"s/{letter}", "torch", Verdict.EXACT, subnormals="keeps") for letter in "ab"]
    rows += [row("s/a", "tf", Verdict.EXACT, subnormals="flushes"), row("s/c", "tf", Verdict.EXACT)]
    found = View(report(*rows, a="float32", b="float32", c="float16")).subnormals
    assert [(one.subject, one.dtype, one.text) for one in found] == [
        ("tf", "float32", "flushes to zero, in all 1 outputs that show it"),
        ("torch", "float32", "keeps, in all 2 outputs that show it"),
    ]
    mixed = row("s/b", "tf", Verdict.WITHIN_BOUND, subnormals="keeps")
    (one,) = View(report(rows[2], mixed, a="float32", b="float32")).subnormals
    assert one.text == "flushes to zero in 1 of 2 outputs that show it, else keeps"
