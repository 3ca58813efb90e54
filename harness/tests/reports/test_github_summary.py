from __future__ import annotations

from dataclasses import replace

from harness.core.results import Verdict
from harness.reports.github_summary import MOST_SHOWN, render_summary
from harness.reports.view import View
from harness.tests.build import make_row as row
from harness.tests.reports.test_reports import ABSENT, BAD, GOOD, GRADIENT, KNOWN, report


def test_the_summary_has_counts_and_each_failure_with_its_evidence():
    text = render_summary(View(report(GOOD, replace(BAD, diagnosis="as if rotated"), KNOWN)))
    assert "3 cases, 3 checks, 3 verdicts, 1 failing." in text
    assert (
        "| adapter | versions | exact | known | diverges |\n|---|---|---:|---:|---:|\n| torch | torch 1.0 | 1 | 1 | 1 |"
        in text
    )
    assert "### diverges: s/bad\\|pipe on torch\n\n```text\nmessage of s/bad|pipe\nas if rotated\nharness run" in text


def test_many_failures_are_cut_and_counted():
    rows = [row(f"s/{index:03}", Verdict.DIVERGES) for index in range(MOST_SHOWN + 5)]
    text = render_summary(View(report(*rows)))
    assert text.count("### ") == MOST_SHOWN
    assert "… and 5 more." in text


def test_an_absent_adapter_that_was_asked_for_is_named_once():
    text = render_summary(View(report(*ABSENT, asked=True)))
    assert "2 checks, 2 verdicts, not available: keras." in text
    assert "###" not in text


def test_foreign_text_cannot_end_its_fence():
    text = render_summary(View(report(replace(BAD, message="```\n# boo"))))
    assert text.count("```") == 2


def test_a_failing_gradient_is_named():
    assert "### diverges: s/good on torch (kernel_grad)" in render_summary(View(report(GRADIENT)))
