"""What a run shows while it goes on, and of failures that look alike."""

import sys
import time
from dataclasses import replace

import pytest

from harness.__main__ import main
from harness.cli import progress
from harness.cli.progress import RunTicker, announced, time_left
from harness.core.results import Verdict
from harness.reports.summary import failures_once
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

ROTATED = "as if the kernel is rotated by 180 degrees"


def failing(case, adapter="keras", **keys):
    return replace(row(case, adapter, Verdict.DIVERGES), message=f"values differ in {case}", **keys)


def test_failures_of_one_cause_are_counted_and_the_first_is_shown():
    rows = [failing(f"s/{name}", diagnosis=ROTATED) for name in "abcde"]
    rows += [failing("s/a", output="kernel_grad", diagnosis=ROTATED), failing("t/x", diagnosis="as if by chance")]
    view = View(report_of(rows))
    rotated, other = failures_once(view)
    assert rotated == [
        "DIVERGES  5 cases  on keras (output, kernel_grad)",
        "  s/a, s/b, s/c and 2 more",
        "  s/a on keras: values differ in s/a",
        f"  {ROTATED}",
        f"  repeat: {rows[0].repeat}",
    ]
    assert other[0] == "DIVERGES  t/x  on keras (native)"
    assert len(list(failures_once(view, verbose=True))) == len(rows)


def test_an_equal_message_is_stated_without_a_case_and_one_case_by_its_name():
    rows = [replace(failing("s/a", name), message="the same") for name in ("keras:jax", "keras")]
    assert next(failures_once(View(report_of(rows))))[:2] == ["DIVERGES  s/a  on keras, keras:jax", "  the same"]


def test_hypotheses_that_another_case_tells_apart_are_one_cause_whichever_case_that_is():
    text = f"{ROTATED}; or as if flipped (this case cannot tell these apart; s/{{}} does)"
    rows = [failing(f"s/{name}", diagnosis=text.format(name)) for name in "ab"]
    assert len(list(failures_once(View(report_of(rows))))) == 1


def test_a_run_states_a_cause_once_and_with_verbose_every_failure(folder, capsys):
    command = ["run", "cases/small.yaml", "-k", "sizes and not strides=1", "-a", "mutant:KernelRotated"]
    assert main(command) == 1
    out, error = capsys.readouterr()
    assert (out.count("DIVERGES"), error.count("diverges: ")) == (1, 1)
    assert "DIVERGES  4 cases  on kernelrotated\n" in out
    assert out.endswith("\n4 failing verdicts; --verbose shows each\n")
    assert main([*command, "--verbose"]) == 1
    out, error = capsys.readouterr()
    assert (out.count("DIVERGES"), error.count("diverges: ")) == (4, 4)
    assert out.endswith("\n4 failing verdicts\n")


def test_what_starts_is_named_before_the_first_check_ends(folder, capsys):
    main(["run", "cases/small.yaml", "-k", "plain", "-a", "mutant:Honest"])
    assert capsys.readouterr().err.splitlines()[-3:] == ["1 check", "starting honest", "1 of 1 checks done"]


@pytest.mark.parametrize(("patience", "noted"), [(0.01, "reading\n"), (30.0, "")])
def test_what_takes_long_is_not_done_in_silence(monkeypatch, capsys, patience, noted):
    monkeypatch.setattr(progress, "PATIENCE", patience)
    with announced("reading"):
        time.sleep(0.3)
    assert capsys.readouterr().err == noted
    ticker = RunTicker()
    time.sleep(0.3)
    ticker.begin(3)
    ticker.close()
    assert capsys.readouterr().err == ("preparing the checks\n" if noted else "") + "3 checks\n"


def test_a_log_says_how_long_it_will_take(monkeypatch, capsys):
    now = iter([100.0, 100.0, 130.0, 145.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    ticker = RunTicker()
    ticker.begin(10)
    for _ in range(3):
        ticker.row(row("s/a", "keras", Verdict.EXACT))
    ticker.close()
    assert capsys.readouterr().err.splitlines()[1:] == [
        "1 of 10 checks done",
        "2 of 10 checks done, about 4 min left",
        "3 of 10 checks done, about 3 min left",
    ]


def test_a_bar_names_what_starts_until_it_answers(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    ticker = RunTicker()
    ticker.begin(4)
    described: list[str] = []
    monkeypatch.setattr(ticker._bar, "set_description_str", described.append)
    ticker.starting(("keras", "keras:graph"))
    ticker.starting(("pytorch",))
    for adapter in ("keras:graph", "keras", "pytorch"):
        ticker.row(row("s/a", adapter, Verdict.EXACT))
    ticker.close()
    assert described == ["starting keras", "starting keras, pytorch", "starting pytorch", ""]


@pytest.mark.parametrize(
    ("seconds", "text"), [(4, ""), (61, ", about 61 s left"), (89, ", about 89 s left"), (100, ", about 2 min left")]
)
def test_the_time_that_is_left_is_rounded(seconds, text):
    assert time_left(seconds) == text
