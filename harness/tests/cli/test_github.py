"""What a run leaves for GitHub: the lines that its log shows beside the suites."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.tests.badrows import BAD, ROWS, UNEXPECTED

HONEST, ROTATED, WORSE_IN_ONE = "mutant:Honest", "mutant:KernelRotated", "mutant:BiasMissing"
LINES = {name: line for line, name in enumerate(("plain", "too-much-padding-added", "sizes"), 6)}


@pytest.fixture
def annotated(folder, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))

    def run(*arguments, code):
        capsys.readouterr()
        assert main(["run", "--github-annotations", *arguments]) == code
        lines = capsys.readouterr().out.splitlines()
        return [line[: line.index("::", 2)] for line in lines if line.startswith("::")]

    return run


def at(kind, name, title="diverges"):
    return f"::{kind} file=cases/small.yaml,line={LINES[name]},title={title}"


def test_failing_cases_are_errors_at_their_lines_and_conforming_ones_are_nothing(annotated, folder):
    text = (folder / "cases" / "small.yaml").read_text().splitlines()
    assert [text[line - 1].split("{id: ")[1].split(",")[0] for line in LINES.values()] == list(LINES)
    assert annotated("-a", HONEST, code=0) == []
    assert annotated("-a", WORSE_IN_ONE, code=1) == [at("error", "plain")]
    assert annotated("-a", ROTATED, code=1) == [at("error", "plain"), at("error", "sizes")]


def test_without_the_option_nothing_is_annotated(folder, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["run", "-a", ROTATED]) == 1
    assert "::error" not in capsys.readouterr().out


def test_with_a_baseline_only_what_is_worse_is_an_error(annotated):
    main(["run", "-a", WORSE_IN_ONE, "--report-dir", "old"])
    path = Path("old", "conformance.json")
    path.write_text(path.read_text().replace('"biasmissing"', '"kernelrotated"'))
    assert annotated("-a", ROTATED, "--baseline", "old", code=1) == [at("error", "sizes"), at("warning", "plain")]
    main(["run", "-a", ROTATED, "--report-dir", "old"])
    expected = [at("warning", "plain"), at("warning", "sizes")]
    assert annotated("-a", ROTATED, "--baseline", "old", code=0) == expected


def test_cases_that_cannot_be_used_are_errors_at_their_lines(annotated, folder):
    (folder / "rows.yaml").write_text(ROWS)
    found = annotated("rows.yaml", "-a", HONEST, code=2)
    lines = re.findall(r"^::error file=rows\.yaml,line=(\d+),title=cannot be used$", "\n".join(found), re.MULTILINE)
    shown = [re.findall(r"\bid: (\w+)", ROWS.splitlines()[int(line) - 1])[0] for line in lines]
    assert sorted(shown) == sorted([*BAD, UNEXPECTED])
