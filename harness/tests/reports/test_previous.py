from __future__ import annotations

from harness.core.results import Verdict
from harness.reports.json_report import render_json
from harness.reports.previous import last_verdicts
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row


def test_outputs_are_named_where_they_differ(tmp_path):
    rows = [
        row("s/a", "torch", Verdict.EXACT),
        row("s/a", "torch", Verdict.KNOWN, output="kernel_grad", observed=Verdict.DIVERGES, message="m", diagnosis="d"),
        row("s/a", "torch", Verdict.EXACT, output="input_grad"),
        row("s/b", "torch", Verdict.DIVERGES, message="m"),
    ]
    (tmp_path / "conformance.json").write_text(render_json(View(report_of(rows))))
    assert last_verdicts(tmp_path) == {
        ("s/a", "torch"): ["input_grad and output: exact", "kernel_grad: known (diverges)", "m", "d"],
        ("s/b", "torch"): ["diverges", "m"],
    }


def test_what_is_no_report_says_nothing(tmp_path):
    assert last_verdicts(tmp_path) == {}
    for text in ("{", "[]", '{"results": [{}]}', '{"results": 3, "cases": []}', '{"results": [3], "cases": []}'):
        (tmp_path / "conformance.json").write_text(text)
        assert last_verdicts(tmp_path) == {}
