from __future__ import annotations

import json

import pytest

from harness.core.results import Verdict
from harness.reports.badges import file_name, render_badges
from harness.reports.view import View
from harness.tests.build import make_row as row
from harness.tests.reports.test_reports import BAD, GOOD, GRADIENT, KNOWN, OUTPUTS, report


def badge(*rows):
    (text,) = render_badges(View(report(*rows))).values()
    return json.loads(text)


@pytest.mark.parametrize(
    ("rows", "message", "color"),
    [
        ([GOOD], "1 conform", "brightgreen"),
        ([GOOD, KNOWN], "1 conform, 1 known divergences", "yellow"),
        ([GOOD, BAD, KNOWN], "1 of 3 fail", "red"),
        ([*OUTPUTS, KNOWN], "1 conform, 1 known divergences", "yellow"),
        ([*OUTPUTS, GRADIENT, BAD, KNOWN], "2 of 3 fail", "red"),
        ([row("s/a", Verdict.UNAVAILABLE)], "unavailable", "lightgrey"),
        ([row("s/a", Verdict.INEXPRESSIBLE)], "nothing run", "lightgrey"),
    ],
)
def test_a_badge_says_how_an_adapter_stands(rows, message, color):
    assert badge(*rows) == {"schemaVersion": 1, "label": "torch 1.0", "message": message, "color": color}


def test_there_is_one_file_for_each_adapter_whatever_its_name():
    rows = [row("s/a", Verdict.EXACT, "keras:torch"), row("s/a", Verdict.EXACT, "x/../y")]
    assert sorted(render_badges(View(report(*rows)))) == ["keras-torch.json", "x-..-y.json"]
    rows = [row("s/a", Verdict.EXACT, "x:y"), row("s/a", Verdict.DIVERGES, "x-y")]
    badges = render_badges(View(report(*rows)))
    assert [json.loads(badges[name])["message"] for name in ("x-y.json", "x-y-.json")] == ["1 of 1 fail", "1 conform"]
    assert file_name("pytorch") == "pytorch"
