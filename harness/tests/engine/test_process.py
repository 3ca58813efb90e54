"""Workers that die, hang or misbehave cost one verdict; nothing is lost and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import harness
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.engine.process import Worker
from harness.quality.mutant_adapter import Honest
from harness.suites.known_divergences import KnownDivergences
from harness.tests import answering, faulty, odd_results
from harness.tests.asking import chosen, make_case
from harness.tests.faulty import FOLDER, Searching, Segfault

NAMES = [f"good-{number:02}" for number in range(14)]
NAMES.insert(5, "bad")
CASES = [make_case(name, bias=True) for name in NAMES]
SETTINGS = Settings(answer_limit=3.0)
NUMBERED = [str(number) for number in range(8)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def ask(adapters, *, cases=CASES, jobs=1, settings=SETTINGS, on_row=lambda row: None):
    return run_all(lambda: iter(cases), [chosen(one) for one in adapters], KnownDivergences(), settings, jobs, on_row)


def ended(pid: int, patience: float = 5.0) -> bool:
    """Whether the process is gone, or dead and left to init."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def wait_for(folder: Path, pattern: str, count: int = 1) -> list[int]:
    """The ids that ``count`` processes left in ``folder``."""
    deadline = time.monotonic() + 30
    while len(found := sorted(path for path in folder.glob(pattern) if path.suffix != ".draft")) < count:
        assert time.monotonic() < deadline, f"no {pattern}"
        time.sleep(0.02)
    return [int(path.read_text()) for path in found]


CRASHES = {
    "Segfault": "SIGSEGV",
    "Abort": "SIGABRT",
    "FatalLog": "SIGABRT: Check failed: n == 1 (2 vs. 1)",
    "RealTimeSignal": f"signal {signal.SIGRTMIN + 3}",
    "SysExit": "the worker failed: SystemExit: 3",
    "OsExit": "exit status 4",
    "LeavesAFork": "SIGSEGV",
    "Interrupted": "the worker failed: keyboard-interrupted",
    "RaisesBase": "the worker failed: last",
    **dict.fromkeys(["AnswersLate", "AnswersNobody", "AnswersInWords"], "the worker answered another job"),
}
REJECTS = {
    "MultiLine": "ValueError: what went wrong",
    "NoMessage": "RuntimeError",
    "NonAscii": "ValueError: größer als ∞\x00\x1b[1m反卷积",
    "LoneSurrogate": "ValueError: a \\ud800 b",
    "Endless": "ValueError: " + "x" * 1000 + "…",
    "Unprintable": "UnprintableError: (no message: explaining it raised KeyError)",
    "FailsEverySecondCall": "RuntimeError: the second call",
    "OutOfMemory": "MemoryError: 8 GiB",
    "EndOfFile": "EOFError: short read",
    "Refuses": "KeyError: 'oops'",
}
MISTAKES = {
    "Mistaken": "KeyError: 'oops' (in misbehave, faulty.py:",
    "Ragged": "ValueError: setting an array element with a sequence",
    "EatsMemory": "MemoryError: Unable to allocate 16.0 GiB",
    "PlansNothing": "the program of conv_transpose2d gave NoneType: expected Program or Inexpressible",
    "PlansBadly": "the program of conv_transpose2d raised KeyError: 'oops' (in program, faulty.py:",
    "PlansWhatCannotBeSent": "the program of conv_transpose2d gave what cannot be sent to a worker: ",
    "PlansAnUnknownLayout": "of input: expected three orders of the same letters",
}
OTHERS = {
    "Sleeps": (Verdict.HANGS, "no answer within 3 s"),
    "HoldsStill": (Verdict.HANGS, "no answer within 3 s"),
    "Scalar": (Verdict.WRONG_SHAPE, "got [] (NCHW)"),
    "Empty": (Verdict.WRONG_SHAPE, "got [2, 4, 0, 5] (NCHW)"),
    "BigEndian": (Verdict.WRONG_DTYPE, "expected float32, got >f4"),
    "ObjectDtype": (Verdict.WRONG_DTYPE, "expected float32, got object"),
    "Structured": (Verdict.WRONG_DTYPE, "expected float32, got object"),
    "ReturnsNone": (Verdict.WRONG_DTYPE, "expected float32, got object"),
    "ReturnsList": (Verdict.WRONG_DTYPE, "expected float32, got float64"),
    "SpoilsItsInput": (Verdict.UNSTABLE, "two runs"),
    **dict.fromkeys(
        [
            "PrintsToStdout",
            "GarbageOnStdout",
            "FloodsStderr",
            "ReadOnly",
            "NonContiguous",
            "LeavesAChild",
            "ForksAndReturns",
            "ForksInStart",
            "ForksInStartAndExits",
            "ForksAndExits",
            "ForksAndExitsLater",
        ],
        (Verdict.EXACT, ""),
    ),
}
FAULTS = {
    **{name: (Verdict.CRASHES, message) for name, message in CRASHES.items()},
    **{name: (Verdict.REJECTS, message) for name, message in REJECTS.items()},
    **{name: (Verdict.ADAPTER_ERROR, message) for name, message in MISTAKES.items()},
    **OTHERS,
}


def assert_only_bad(rows, verdict, message):
    """Every case has one row, and only that of ``bad`` differs from the honest one."""
    assert [row.case for row in rows] == sorted(case.name for case in CASES)
    for row in rows:
        if row.case == "suite/bad":
            assert row.verdict is verdict
            assert message in row.message
        else:
            assert (row.verdict, row.message) == (Verdict.EXACT, "")


LEFT = {"LeavesAFork": "fork", "LeavesAChild": "child"}
"""The files with the ids of the processes that a worker starts."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_one_verdict_and_what_the_worker_started_ends_with_it(fault, folder):
    (module,) = [one for one in (answering, faulty, odd_results) if hasattr(one, fault)]
    rows = ask([getattr(module, fault)]).rows
    assert_only_bad(rows, *FAULTS[fault])
    if left := LEFT.get(fault):
        (pid,) = wait_for(folder, left)
        assert ended(pid)


@pytest.mark.parametrize("jobs", [2, 8])
@pytest.mark.parametrize("fault", ["Segfault", "OsExit", "SysExit", "MultiLine", "Sleeps"])
def test_a_fault_costs_one_verdict_for_any_number_of_jobs(fault, jobs):
    rows = ask([getattr(faulty, fault)], jobs=jobs).rows
    assert_only_bad(rows, *FAULTS[fault])


@pytest.mark.parametrize("fault", ["AnswersInWords", "AnswersNobody", "AnswersLate", "OsExit", "SysExit"])
def test_what_is_charged_does_not_depend_on_when_answers_are_read(monkeypatch, fault):
    class Late(Worker):
        def receive(self):
            if not self._received:
                time.sleep(0.5)  # until several are made and sent
            return super().receive()

    monkeypatch.setattr("harness.engine.lane.Worker", Late)
    module = answering if hasattr(answering, fault) else faulty
    assert_only_bad(ask([getattr(module, fault)]).rows, *FAULTS[fault])


def test_a_second_answer_to_one_job_is_not_taken_for_that_to_the_next():
    rows = {row.case: row for row in ask([answering.AnswersTwice]).rows}
    after = f"suite/{NAMES[NAMES.index('bad') + 1]}"
    assert rows[after].verdict is Verdict.CRASHES
    message = "the worker answered another job than the one that was due (did not come again in a second process)"
    assert rows[after].message == message
    assert {row.verdict for name, row in rows.items() if name != after} == {Verdict.EXACT}
    assert len(rows) == len(CASES)


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_adapters_do_not_disturb_each_other(jobs):
    together = [Segfault, faulty.ImportFails, faulty.NoMessage, Honest, faulty.Abort]
    rows = ask(together, jobs=jobs).rows
    assert len(rows) == len(together) * len(CASES)
    assert_only_bad([row for row in rows if row.adapter == "segfault"], *FAULTS["Segfault"])
    assert_only_bad([row for row in rows if row.adapter == "abort"], *FAULTS["Abort"])
    assert_only_bad([row for row in rows if row.adapter == "nomessage"], *FAULTS["NoMessage"])
    assert_only_bad([row for row in rows if row.adapter == "honest"], Verdict.EXACT, "")
    assert {row.verdict for row in rows if row.adapter == "importfails"} == {Verdict.UNAVAILABLE}


@pytest.mark.parametrize("place", [0, 1, 7, 8, 9, 14])
def test_the_case_at_fault_is_named_wherever_it_stands(place):
    names = [name for name in NAMES if name != "bad"]
    names.insert(place, "bad")
    rows = ask([Segfault], cases=[make_case(name, bias=True) for name in names]).rows
    assert_only_bad(rows, *FAULTS["Segfault"])


class AlwaysCrashes(faulty.Segfault):
    def prepare(self, call, x, w, b):
        return lambda: self.misbehave(None)


def test_every_case_may_crash():
    rows = ask([AlwaysCrashes], cases=CASES[:3], jobs=2).rows
    assert len(rows) == 3
    assert {(row.verdict, row.message) for row in rows} == {(Verdict.CRASHES, "SIGSEGV")}


def test_restarts_come_to_an_end(monkeypatch):
    monkeypatch.setattr("harness.engine.lane.RESTARTS", 3)
    rows = ask([AlwaysCrashes]).rows
    assert [row.verdict for row in rows].count(Verdict.CRASHES) == 3
    assert {row.message for row in rows if row.verdict is Verdict.BROKEN} == {"given up after 3 restarts"}
    assert len(rows) == len(CASES)


@pytest.mark.parametrize(
    ("fault", "verdict", "message"),
    [
        ("ImportFails", Verdict.UNAVAILABLE, "not installed (No module named 'no_such_framework'): pip install"),
        ("HalfInstalled", Verdict.BROKEN, "does not start: ModuleNotFoundError: No module named 'no_such_part'"),
        ("StartRaises", Verdict.BROKEN, "does not start: ImportError: another NumPy"),
        ("StartCrashes", Verdict.BROKEN, "does not start: SIGSEGV"),
        ("StartExits", Verdict.BROKEN, "does not start: SystemExit: no licence"),
        ("StartSleeps", Verdict.BROKEN, "does not start: no answer within 1 s"),
    ],
)
def test_an_adapter_that_is_not_installed_is_unavailable_and_one_that_does_not_start_is_broken(fault, verdict, message):
    asked = ask([getattr(faulty, fault)], settings=Settings(start_limit=1.0))
    assert [row.case for row in asked.rows] == sorted(case.name for case in CASES)
    ((found, said),) = {(row.verdict, row.message) for row in asked.rows}
    assert found is verdict
    assert said.startswith(message)
    assert asked.versions == {fault.lower(): {}}


def test_a_worker_finds_the_harness_where_it_is_not_installed_and_none_of_its_parts_alone():
    (versions,) = ask([Searching], cases=CASES[:1]).versions.values()
    folders, package = versions["path"].split(os.pathsep), Path(harness.__file__).parent
    assert str(package.parent) in folders
    assert str(package) not in folders


def test_a_worker_that_closes_its_connection_and_lives_on_is_ended(monkeypatch):
    monkeypatch.setattr("harness.engine.process._DYING", 0.2)
    rows = ask([faulty.ClosesItsPipes]).rows
    assert_only_bad(rows, Verdict.CRASHES, "the process closed its connection")


def test_a_worker_that_holds_still_does_not_block_the_sender():
    big = {"batch": 1, "in_channels": 1, "out_channels": 1, "input_size": (300, 301)}
    names = ["bad", *NUMBERED]
    rows = ask([faulty.HoldsStill], cases=[make_case(name, **big) for name in names]).rows
    assert [row.verdict for row in rows] == [*[Verdict.EXACT] * len(NUMBERED), Verdict.HANGS]


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_kill_from_outside_costs_one_verdict(jobs, folder):
    def kill():
        killed = set[int]()
        while len(killed) < 2:  # it is asked again in a second process
            pid = wait_for(folder, "waiting")[0]
            if pid not in killed:
                subprocess.run(["kill", "-9", str(pid)], check=True)
                killed.add(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    rows = ask([faulty.Waits], jobs=jobs, settings=Settings()).rows
    killer.join()
    assert_only_bad(rows, Verdict.CRASHES, "SIGKILL")


def test_kill_at_any_moment_costs_one_verdict(folder):
    seen = []

    def on_row(row):
        seen.append(row)
        if len(seen) == 4:
            subprocess.run(["kill", "-9", str(wait_for(folder, "Slow-*")[0])], check=True)

    rows = ask([faulty.Slow], on_row=on_row).rows
    assert [row.case for row in rows] == sorted(case.name for case in CASES)
    assert sorted(row.verdict for row in rows) == [Verdict.CRASHES, *[Verdict.EXACT] * (len(CASES) - 1)]
    killed = "SIGKILL (did not come again in a second process)"
    assert [row.message for row in rows if row.verdict is Verdict.CRASHES] == [killed]
    pids = wait_for(folder, "Slow-*", 3)
    assert len(pids) == 3
    assert all(ended(pid) for pid in pids)


PARENT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without
from harness.engine.pool import run_all
from harness.engine.lane import Settings
from harness.suites.known_divergences import KnownDivergences
from harness.tests import faulty
from harness.tests.asking import chosen, make_case

adapters = [chosen(getattr(faulty, name)) for name in {names}]
cases = lambda: (make_case(str(number)) for number in range(30))
run_all(cases, adapters, KnownDivergences(), Settings(), 2, lambda row: print("row", row.verdict, flush=True))
"""


@pytest.mark.parametrize(("names", "left"), [(["Slow", "VerySlow"], "*Slow-*"), (["StartSleeps", "Slow"], "starting")])
def test_an_interrupt_leaves_no_process_behind(names, left, folder):
    code, pipe = textwrap.dedent(PARENT.format(names=names)), subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as parent:
        try:
            workers = wait_for(folder, left, count=2 if "*" in left else 1)
            time.sleep(0.3)
            os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
            out, err = parent.communicate(timeout=20)
        finally:
            parent.kill()
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert "crashes" not in out
    assert all(ended(pid) for pid in [*workers, *wait_for(folder, "*", 0)])


MEASURE = """
import tracemalloc
from harness.engine.pool import run_all
from harness.engine.lane import Settings
from harness.suites.known_divergences import KnownDivergences
from harness.quality.mutant_adapter import Honest
from harness.tests.asking import chosen, make_case

def ask(count):
    cases = lambda: (make_case(str(number), batch=1, in_channels=1, out_channels=1, input_size=(32, 33)) for number in range(count))
    return run_all(cases, [chosen(Honest)], KnownDivergences(), Settings(runs=1), 1, lambda row: None)

ask(20)
tracemalloc.start()
asked = ask({count})
kept, peak = tracemalloc.get_traced_memory()
print(len(asked.rows), kept, peak)
"""


def test_memory_does_not_grow_with_the_cases_beyond_their_rows():
    """The input alone of one case is 4 KiB; a row takes less than 2 KiB. What one adapter is asked is not kept."""
    count = 2000
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(count=count)], capture_output=True, text=True, check=True, timeout=120
    )
    rows, kept, peak = map(int, done.stdout.split())
    assert rows == count
    assert kept < 2048 * count
    assert peak - kept < 4 << 20
