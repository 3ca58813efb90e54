from __future__ import annotations

import json
import subprocess

import pytest

from harness.__main__ import main
from harness.core.results import Verdict
from harness.reports.json_report import render_json
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

E, D = Verdict.EXACT, Verdict.DIVERGES


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_json(View(report_of(list(rows)))))
    return str(path)


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = write(tmp_path / "good" / "conformance.json", row("s/a", "keras", E), row("s/b", "keras", D))
    bad = write(tmp_path / "bad.json", row("s/a", "keras", D), row("s/b", "keras", D))
    return good, bad


def test_worse_is_exit_1_and_better_or_the_same_is_0(reports, capsys):
    good, bad = reports
    assert main(["diff", "good", bad]) == 1  # a folder that holds one
    assert "s/a on keras: exact -> diverges" in capsys.readouterr().out
    assert main(["diff", bad, good]) == 0
    assert main(["diff", bad, bad]) == 0
    assert capsys.readouterr().out.endswith("2 as before\n")


def test_forms(reports, capsys):
    assert main(["diff", *reports, "--format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["worse"]) == 1
    assert main(["diff", *reports, "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("## Compared reports\n")


def git(*arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_revisions(reports, tmp_path, capsys):
    git("init", "-q")
    write(tmp_path / "reports" / "conformance.json", row("s/a", "keras", E), row("s/b", "keras", D))
    git("add", "reports", "good")
    git("commit", "-q", "-m", "one")
    write(tmp_path / "reports" / "conformance.json", row("s/a", "keras", D), row("s/b", "keras", D))
    assert main(["diff", "git:HEAD", "reports"]) == 1
    for place in ("good", "good/conformance.json"):
        assert main(["diff", f"git:HEAD:{place}", "git:HEAD"]) == 0
    capsys.readouterr()
    for named in ("git:nowhere", "git:HEAD:bad", "git:--help", "git:\0"):
        assert main(["diff", named, "reports"]) == 2
        error = capsys.readouterr().err
        assert "git has no such file" in error or "git cannot be run" in error
        assert "hint: expected" in error


TWICE = (
    b'{"schema_version":3,"environment":{},"adapters":[],"cases":[{"case":"s/a","about":"b"}],"results":['
    b'{"case":"s/a","adapters":["k"],"route":"native","verdict":"diverges"},'
    b'{"case":"s/a","adapters":["k"],"route":"native","verdict":"exact"}]}'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is no report of this version: Invalid JSON"),
        (b"\xff", "is no report of this version"),
        (b"[" * 10_000, "is no report of this version"),
        (b"[]", "is no report of this version: Input should be"),
        (b"{}", "is no report of this version: schema_version: Field required"),
        (
            (
                b'{"schema_version":3,"environment":{},"adapters":[],"cases":[],"results":['
                b'{"case":"s/a","adapters":["k"],"route":"native","verdict":"exact"}]}'
            ),
            "is no report: results are of 's/a', which is not among its cases",
        ),
        (TWICE, "is no report: it has two results for output of s/a on k\n"),
    ],
)
def test_bad_input_is_exit_2_with_one_message(reports, tmp_path, capsys, text, message):
    if text is not None:
        (tmp_path / "new.json").write_bytes(text)
    assert main(["diff", "good", "new.json"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"new.json: {message}")
    assert "hint: expected a conformance.json, a folder that holds one, or git:REV" in err


def test_without_git_there_is_a_message(reports, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "git:HEAD", "good"]) == 2
    assert "git cannot be run" in capsys.readouterr().err
