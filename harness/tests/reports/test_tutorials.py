from __future__ import annotations

from dataclasses import replace

from harness.core.results import Verdict
from harness.engine.session import Session
from harness.reports.tutorials import published, render_published
from harness.reports.view import View
from harness.reports.writing import write_reports
from harness.suites.tutorials import EXAMPLES, TITLES
from harness.tests.browser.pages import report_of, row

SHOWN = {"s/a[strides=1]": ("A", "B1"), "s/a[strides=2]": ("A", "B1"), "s/b": ("A",), "s/c": ()}


def report():
    rows = [
        row("s/a[strides=1]", "torch", Verdict.EXACT, repeat="harness run 'cases/s.yaml::a[strides=1]' -a torch"),
        row("s/a[strides=2]", "torch", Verdict.EXACT, repeat="harness run 'cases/s.yaml::a[strides=2]' -a torch"),
        row("s/a[strides=2]", "torch", Verdict.DIVERGES, output="kernel_grad"),
        row("s/b", "torch", Verdict.REFUSES),
        row("s/b", "torch:graph", Verdict.EXACT),
        row("s/b", "torch:xla", Verdict.EXACT),
        row("s/b", "torch:slow", Verdict.REJECTS),
        row("s/c", "tf", Verdict.CRASHES),
    ]
    made = report_of(rows)
    return replace(made, cases=tuple(replace(info, examples=SHOWN[info.case]) for info in made.cases))


def test_every_example_has_one_line_with_its_commands_and_verdicts():
    lines = {line.name: line for line in published(View(report()))}
    assert list(lines) == list(EXAMPLES)
    assert lines["A"].commands == ("harness run cases/s.yaml::a", "harness run cases/s.yaml::b")
    assert lines["A"].verdicts == ("–", "exact (1), refuses (1), diverges (1)")
    assert lines["A"].modes == "torch:graph, torch:xla: exact (1); torch:slow: rejects (1)"
    assert lines["B1"].commands == ("harness run cases/s.yaml::a",)
    assert lines["B1"].verdicts == ("–", "exact (1), diverges (1)")
    assert lines["B1"].modes == "–"


def test_whole_networks_name_their_command_and_what_was_not_run_says_so():
    lines = {line.name: line for line in published(View(report()))}
    assert lines["D4"].commands == ("harness port",)
    assert lines["C1"].commands == ()
    text = render_published(View(report()))
    assert "| no case in this run | – | – | – |" in text
    assert "which a run does not execute" in text


def test_the_tables_are_whole():
    text = render_published(View(report()))
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {letter}. {title}" for letter, title in TITLES.items()
    ]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    named = [line.split(" | ")[0].removeprefix("| ") for line in rows]
    assert [name for name in named if name != "example"] == list(EXAMPLES)
    assert len({line.count("|") for line in rows}) == 1


def test_it_is_written_beside_the_other_reports(tmp_path):
    assert tmp_path / "published.md" in write_reports(tmp_path, Session(report(), 1.0), View(report()))
    assert (tmp_path / "published.md").read_text("utf-8") == render_published(View(report()))


def test_it_is_left_alone_where_no_case_shows_an_example(tmp_path):
    (tmp_path / "published.md").write_text("of another run", "utf-8")
    none = replace(report(), cases=tuple(replace(info, examples=()) for info in report().cases))
    assert tmp_path / "published.md" not in write_reports(tmp_path, Session(none, 1.0), View(none))
    assert (tmp_path / "published.md").read_text("utf-8") == "of another run"


def test_it_names_what_was_asked_with_its_versions():
    assert "The adapters are tf (tf 1.0); torch (torch 1.0); torch:graph (torch:graph 1.0);" in render_published(
        View(report())
    )
