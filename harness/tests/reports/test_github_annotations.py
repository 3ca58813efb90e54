from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.core.errors import Problem
from harness.core.results import Verdict
from harness.reports.github_annotations import MOST, MOST_MESSAGES, Note, commands, note_of, notes_of
from harness.tests.build import make_row as row

NASTY = "a: b, c=d 100%25 %0A ::error::x\r\nnext\ttab – ü"


def unescape(text, names):
    for letter in names:
        text = text.replace(f"%{ord(letter):02X}", letter)
    return text.replace("%25", "%")


def read(command):
    """Kind, properties and message as GitHub's runner reads a line of the log."""
    ((kind, properties, message),) = re.findall(r"^::(\w+) (.*?)::(.*)$", command)
    pairs = (one.partition("=") for one in properties.split(","))
    return kind, {key: unescape(value, "\r\n:,") for key, _, value in pairs}, unescape(message, "\r\n")


def test_a_failing_case_stands_at_its_line():
    failing = row("s/a", Verdict.DIVERGES, "keras", message="values differ", diagnosis="as if rotated")
    assert commands("error", notes_of([failing], {"s/a": ("cases/s.yaml", 12)}), ".") == [
        "::error file=cases/s.yaml,line=12,title=diverges::s/a on keras: values differ%0Aas if rotated%0Arepeat: "
        + failing.repeat
    ]


def test_whatever_stands_in_names_and_messages_comes_through():
    (command,) = commands("warning", [Note(NASTY, 3, NASTY, NASTY)], ".")
    assert len(command.splitlines()) == 1
    assert read(command) == ("warning", {"file": NASTY, "line": "3", "title": NASTY}, NASTY)


def test_no_more_places_than_github_shows_and_a_sweep_is_one():
    rows = [row(f"s/{number:02}", Verdict.DIVERGES) for number in range(MOST + 5)]
    places = {one.case: ("s.yaml", number) for number, one in enumerate(rows, 1)}
    found = [read(line)[1]["line"] for line in commands("error", notes_of(rows, places), ".")]
    assert found == [str(number) for number in range(1, MOST + 1)]
    rows[-1] = replace(rows[-1], verdict=Verdict.CRASHES)
    (command,) = commands("error", notes_of(rows, dict.fromkeys(places, ("s.yaml", 4))), ".")
    _, properties, message = read(command)
    assert properties == {"file": "s.yaml", "line": "4", "title": "diverges, crashes"}
    assert message.count("message of") == MOST_MESSAGES
    assert message.endswith(f"\nand {len(rows) - MOST_MESSAGES} more")


@pytest.mark.parametrize("verdict", [Verdict.UNAVAILABLE, Verdict.BROKEN])
def test_an_adapter_that_did_not_start_is_named_once_and_at_no_line(verdict):
    rows = [row(f"s/{name}", verdict, "keras", message="no module") for name in "ab"]
    assert commands("error", notes_of(rows, {}), ".") == [f"::error title={verdict}::keras: no module"]


def test_files_are_those_of_the_repository(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    notes = [
        Note("s.yaml", 1, "t", "m"),
        Note(str(tmp_path / "u.yaml"), 2, "t", "m"),
        Note("shipped:bias", 3, "t", "m"),
    ]
    assert commands("error", notes, str(tmp_path)) == [
        "::error file=inner/s.yaml,line=1,title=t::m",
        "::error file=u.yaml,line=2,title=t::m",
        "::error title=t::m",
    ]


def test_a_case_that_cannot_be_used_is_shown_with_its_hint():
    problem = Problem("s.yaml", 7, 3, "strides", "expected a number", "give one", "a")
    assert commands("error", [note_of(problem)], ".") == [
        "::error file=s.yaml,line=7,title=cannot be used::s.yaml:7:3: a: strides: expected a number%0A    hint: give one"
    ]
