from __future__ import annotations

import json

from harness.core.results import Verdict
from harness.reports.comparison import Stored, compare
from harness.reports.comparison_formats import MOST_SHOWN, render_json, render_markdown, render_text
from harness.tests.browser.pages import report_of, row

E, D = Verdict.EXACT, Verdict.DIVERGES


def comparison():
    old = [row("s/a", "keras", E), row("s/b", "keras", D), row("s/c", "keras", E)]
    new = [row("s/a", "keras", D, message="at [0] | <b>", diagnosis="rotated"), row("s/b", "keras", E), old[2]]
    return compare(Stored.of_report(report_of(old)), Stored.of_report(report_of(new)))


def test_text():
    assert render_text(comparison()) == (
        "worse (1)\n  s/a on keras: exact -> diverges\n    at [0] | <b>\n    rotated\n\n"
        "better (1)\n  s/b on keras: diverges -> exact\n\n"
        "1 worse, 1 better, 1 as before\n"
    )


def test_markdown_escapes_foreign_text():
    text = render_markdown(comparison())
    assert "1 worse, 1 better, 1 as before." in text
    assert "| s/a | keras | exact -> diverges | at [0] \\| &lt;b>; rotated |" in text
    assert "### better (1)" in text


def test_json_holds_everything():
    content = json.loads(render_json(comparison()))
    assert list(content) == [
        "worse", "better", "other_verdict", "other_cause", "other_message", "new", "gone", "versions", "same",
    ]  # fmt: skip
    (worse,) = content["worse"]
    assert (worse["case"], worse["adapter"], worse["outputs"]) == ("s/a", "keras", ["output"])
    assert (worse["old"]["verdict"], worse["new"]["verdict"], worse["new"]["diagnosis"]) == (
        "exact",
        "diverges",
        "rotated",
    )
    assert content["same"] == 1


def test_only_what_is_worse_is_listed_to_the_end():
    rows = [row(f"s/{number:03}", "keras", E) for number in range(MOST_SHOWN + 2)]
    failing = [row(one.case, "keras", D) for one in rows]
    reports = [Stored.of_report(report_of(found)) for found in (rows, failing)]
    worse, better = render_text(compare(*reports)), render_text(compare(*reversed(reports)))
    assert worse.count(" on keras") == MOST_SHOWN + 2
    assert better.count(" on keras") == MOST_SHOWN
    assert "better (52)" in better
    assert "  and 2 more\n" in better
    assert "… and 2 more." in render_markdown(compare(*reversed(reports)))
    assert len(json.loads(render_json(compare(*reversed(reports))))["better"]) == MOST_SHOWN + 2
