"""What a lane makes of a process that ends: to which output it is charged, and whether it comes again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters.base import ALL_OUTPUTS
from harness.core.results import Verdict
from harness.engine.check import plan_checks
from harness.engine.lane import Lane, Settings
from harness.engine.process import Worker
from harness.suites.known_divergences import KnownDivergences
from harness.suites.known_forms import EntryForm
from harness.tests import crashing, differentiating
from harness.tests.asking import chosen, make_case
from harness.tests.faulty import FOLDER

GRADIENTS = ALL_OUTPUTS[1:]
EXACT = dict.fromkeys(ALL_OUTPUTS, Verdict.EXACT)
NAMES = ["first", "bad", "third", "fourth"]
AGAIN = "SIGSEGV (did not come again in a second process)"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))


@pytest.fixture
def started(monkeypatch):
    """The adapter of every process that is started."""
    starts = []

    class Counted(Worker):
        def __init__(self, spec):
            starts.append(spec.adapter)
            super().__init__(spec)

    monkeypatch.setattr("harness.engine.lane.Worker", Counted)
    return starts


def run(adapter, *, isolated=(), settings=None, known=None, names=NAMES):
    """The rows of some checks, by the name of the case and the output."""
    cases = [make_case(name, bias=True, outputs=ALL_OUTPUTS) for name in names]
    checks = [replace(one, isolated=one.case.id in isolated) for one in plan_checks(cases, [chosen(adapter)])]
    lane = Lane(chosen(adapter), settings or Settings(), known or KnownDivergences())
    try:
        rows = list(lane.run(checks))
    finally:
        lane.close()
    return {name: {row.output: row for row in rows if row.case == f"suite/{name}"} for name in names}


def verdicts(rows):
    return {output: row.verdict for output, row in rows.items()}


def assert_others_exact(found, name="bad"):
    assert all(verdicts(rows) == EXACT for other, rows in found.items() if other != name)


def test_a_crash_of_the_call_that_does_not_come_again_is_charged_to_the_call_alone():
    found = run(crashing.CrashesOnce)
    assert verdicts(found["bad"]) == EXACT | {"output": Verdict.CRASHES}
    assert found["bad"]["output"].message == AGAIN
    assert_others_exact(found)


def test_a_crash_of_the_gradients_that_does_not_come_again_is_charged_to_them_alone():
    found = run(crashing.CrashesOnceInGradients)
    assert verdicts(found["bad"]) == dict.fromkeys(GRADIENTS, Verdict.CRASHES) | {"output": Verdict.EXACT}
    assert {found["bad"][name].message for name in GRADIENTS} == {AGAIN}
    assert_others_exact(found)


def test_no_crash_of_either_process_is_lost():
    found = run(crashing.CrashesElsewhere)
    assert set(verdicts(found["bad"]).values()) == {Verdict.CRASHES}
    assert found["bad"]["output"].message == "SIGSEGV (in a second process, not in the first)"
    assert_others_exact(found)


def test_no_hang_of_the_second_process_is_lost():
    hang, settings = "no answer within 1 s", Settings(answer_limit=1.0)
    found = run(crashing.HangsInCallElsewhere, settings=settings)
    assert verdicts(found["bad"]) == dict.fromkeys(GRADIENTS, Verdict.CRASHES) | {"output": Verdict.HANGS}
    assert found["bad"]["output"].message == f"{hang} (in a second process, not in the first)"
    assert {found["bad"][name].message for name in GRADIENTS} == {AGAIN}
    assert_others_exact(found)
    found = run(crashing.HangsInGradientsElsewhere, settings=settings)
    assert verdicts(found["bad"]) == dict.fromkeys(GRADIENTS, Verdict.CRASHES) | {"output": Verdict.EXACT}
    assert {found["bad"][name].message for name in GRADIENTS} == {f"SIGSEGV (in a second process it hangs: {hang})"}
    assert_others_exact(found)


def test_a_crash_that_comes_again_is_reported_as_it_is(started):
    found = run(differentiating.AbortingGradient)
    assert found["bad"]["output"].verdict is Verdict.EXACT
    assert {found["bad"][name].message for name in GRADIENTS} == {"SIGABRT"}
    assert_others_exact(found)
    assert len(started) == 3


def test_a_listed_crash_is_not_tried_again(started):
    entry = EntryForm(
        cases=["suite/bad"],
        adapter=["abortinggradient"],
        versions={"numpy": ">=1"},
        verdict=[Verdict.CRASHES],
        outputs=list(GRADIENTS),
        why="it aborts",
        upstream="none",
    )
    found = run(differentiating.AbortingGradient, known=KnownDivergences([entry]))
    assert {found["bad"][name].verdict for name in GRADIENTS} == {Verdict.KNOWN}
    assert len(started) == 2


def test_a_hang_of_the_gradients_leaves_the_output(started):
    found = run(crashing.HangsInGradients, settings=Settings(answer_limit=1.0))
    assert verdicts(found["bad"]) == dict.fromkeys(GRADIENTS, Verdict.HANGS) | {"output": Verdict.EXACT}
    assert_others_exact(found)
    assert len(started) == 2


def test_the_time_limit_is_that_of_one_call():
    found = run(crashing.SlowCalls, settings=Settings(runs=4, answer_limit=1.0), names=["first", "second"])
    assert_others_exact(found)
    assert_others_exact(run(crashing.SlowPreparations, settings=Settings(answer_limit=1.7), names=["first"]))
    found = run(crashing.SlowCalls, settings=Settings(answer_limit=0.2), names=["first"])
    assert verdicts(found["first"]) == {"output": Verdict.HANGS}


def test_what_spoils_its_process_is_run_in_one_of_its_own(started):
    found = run(crashing.SpoilsItsProcess)
    assert found["third"]["output"].message == AGAIN
    assert_others_exact(found, "third")
    started.clear()
    found = run(crashing.SpoilsItsProcess, isolated={"bad"})
    assert_others_exact(found, "none")
    assert len(started) == 2


def test_isolated_checks_do_not_use_up_the_restarts(monkeypatch):
    monkeypatch.setattr("harness.engine.lane.RESTARTS", 1)
    assert_others_exact(run(differentiating.Differentiating, isolated=set(NAMES)), "none")
