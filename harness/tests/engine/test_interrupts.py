"""Ctrl-C, SIGTERM and SIGHUP end a run in time and in order, and a run goes on from what it kept."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.engine.interrupts import interruptible
from harness.tests.engine.test_process import ended, wait_for
from harness.tests.faulty import FOLDER

SUITE = """
suite: Small
about: enough checks to be interrupted among them
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - {id: plain, about: the plain thing, strides: [2, 1], padding: [1, 0], bias: true}
  - {id: real, about: real data, data: real}
  - {id: too-much-padding-added, about: output_padding at the stride, output_padding: 1, expect: {error: true}}
  - {id: sizes, about: every size, sweep: {strides: [1, 2, 3], padding: [0, [1, 0]], dilations: [1, 2]}}
"""
CHECKS = 2 * 15
FAST = [
    "-a",
    "harness.tests.stopping:Stopping",
    "-a",
    "mutant:KernelRotated",
    "-j",
    "2",
]
WHOLE = ("conformance.json", "conformance.md", "conformance.html")
CODE = """
import signal, sys
for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(one, signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL)
from harness.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
SLACK = 10.0
"""Seconds: two are meant, on a machine that does nothing else."""


@pytest.fixture
def folder(tmp_path):
    with settled(tmp_path):
        yield tmp_path


@contextmanager
def settled(path):
    """``path`` as the working folder, with a suite."""
    (path / "pids").mkdir()
    (path / "cases").mkdir()
    (path / "cases" / "small.yaml").write_text(SUITE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setenv(FOLDER, str(path / "pids"))
        yield


def run(report_dir, *more, stop_at=None):
    """The exit code of a run whose Stopping adapter waits forever at its ``stop_at``-th call."""
    Path("stop").write_text(str(stop_at or 0))
    return [sys.executable, "-c", CODE, "run", "cases", *FAST, "--report-dir", report_dir, *more]


def interrupt(folder, report_dir, signals, *more, stop_at=9):
    """Start a run, send ``signals`` once it stands still; the exit code, what it said and the seconds it took."""
    (folder / "pids" / "waiting").unlink(missing_ok=True)
    command = run(report_dir, *more, stop_at=stop_at)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    ) as parent:
        try:
            wait_for(folder / "pids", "waiting")
            for line in parent.stderr or ():
                if "checks done" in line:  # so there is something to keep
                    break
            begin = time.monotonic()
            for one in signals:
                os.kill(parent.pid, one)
            _, error = parent.communicate(timeout=60)
            seconds = time.monotonic() - begin
        finally:
            parent.kill()
    for pid in wait_for(folder / "pids", "*", 0):
        assert ended(pid), "a worker is left"
    print(f"ended in {seconds:.2f} s")
    return parent.returncode, error, seconds


def content(folder):
    return {path: path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


TWICE = [signal.SIGINT, signal.SIGINT, signal.SIGINT]
SIGNALS = {
    "ctrl-c": [signal.SIGINT],
    "ctrl-c-often": TWICE,
    "term": [signal.SIGTERM],
    "both": [*TWICE, signal.SIGTERM],
    "hang-up": [signal.SIGHUP],
}


@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_ends_the_run_keeps_what_was_found_and_leaves_no_process(folder, kind):
    (folder / "out").mkdir()
    for name in WHOLE:
        (folder / "out" / name).write_text("earlier")
    before = content("out")
    code, error, seconds = interrupt(folder, "out", SIGNALS[kind])
    assert code == 130
    assert "Traceback" not in error
    assert f"of {CHECKS} checks; out/partial.jsonl keeps them, and --resume goes on from there" in error
    assert seconds < SLACK
    kept = content("out")
    header, *lines = map(json.loads, kept.pop(Path("out/partial.jsonl")).splitlines())
    assert kept == before
    assert header["partial"] == 2
    assert header["checks"] == CHECKS
    rows = [row for line in lines for row in line.get("rows", [])]
    assert 0 < len(rows) < CHECKS
    assert {row["verdict"] for row in rows} <= {"exact", "within_bound", "diverges", "refuses", "accepts"}


def test_a_terminal_that_closes_ends_the_run_in_order(folder):
    master, slave = os.openpty()
    Path("stop").write_text("9")
    with subprocess.Popen(run("out", stop_at=9), stdout=slave, stderr=slave, start_new_session=True) as parent:
        try:
            wait_for(folder / "pids", "waiting")
            deadline = time.monotonic() + 30
            while not Path("out/partial.jsonl").exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            os.close(slave)
            os.close(master)  # what is written now raises OSError
            os.kill(parent.pid, signal.SIGHUP)
            assert parent.wait(60) == 130
        finally:
            parent.kill()
    for pid in wait_for(folder / "pids", "*", 0):
        assert ended(pid), "a worker is left"
    assert Path("out/partial.jsonl").read_text().endswith("\n")


def test_a_resumed_run_writes_the_bytes_of_an_uninterrupted_one(folder):
    subprocess.run(run("whole"), check=False, capture_output=True, timeout=300)
    for more, stop_at in ((), 4), (["--resume"], 9):
        assert interrupt(folder, "parts", [signal.SIGINT], *more, stop_at=stop_at)[0] == 130
    done = subprocess.run(run("parts", "--resume"), check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert f"{CHECKS} checks" not in done.stderr, "only what is missing is asked"
    assert not Path("parts/partial.jsonl").exists()
    for name in WHOLE:
        assert Path("parts", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_without_reports_nothing_is_kept_and_said_so(folder):
    Path("stop").write_text("9")
    (folder / "pids" / "waiting").unlink(missing_ok=True)
    command = [sys.executable, "-c", CODE, "run", "cases", *FAST]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as parent:
        try:
            wait_for(folder / "pids", "waiting")
            os.kill(parent.pid, signal.SIGINT)
            _, error = parent.communicate(timeout=60)
        finally:
            parent.kill()
    assert parent.returncode == 130
    assert "checks; nothing is kept" in error
    assert not Path("reports").exists()


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """The partial report of a run that was interrupted."""
    path = tmp_path_factory.mktemp("interrupted")
    with settled(path):
        assert interrupt(path, "out", [signal.SIGINT])[0] == 130
    return path / "out" / "partial.jsonl"


@pytest.fixture
def kept(folder, partial):
    """That report, in ``out``, where the run goes on."""
    Path("stop").write_text("0")
    Path("out").mkdir()
    return shutil.copy(partial, Path("out/partial.jsonl"))


def resume(*more):
    return main(["run", "cases", *FAST, "--report-dir", "out", "--resume", *more])


def test_another_run_is_not_gone_on_with(folder, kept, capfd):
    before = content("out")
    small = folder / "cases" / "small.yaml"
    known = folder / "cases" / "known_divergences.yaml"
    header, *lines = kept.read_text().splitlines(keepends=True)
    stored = json.loads(header)

    def refused(part, *more):
        assert resume(*more) == 2
        error = capfd.readouterr().err
        assert f"partial.jsonl: another run was interrupted: the {part}" in error
        assert "Traceback" not in error

    refused("cases differ (small)", "-k", "sizes")
    refused("settings differ (runs)", "--runs", "3")
    refused("settings differ (answer_limit)", "--time-limit", "7")
    refused("adapters differ", "-a", "mutant:Honest")
    small.write_text(SUITE.replace("bias: true", "bias: [1, 2, 3]"))
    refused("cases differ (small)")
    small.write_text(SUITE)
    known.write_text(
        "divergences:\n  - {cases: small/*, adapter: x, verdict: rejects, why: w, upstream: u, versions: {numpy: '>1'}}\n"
    )
    refused("known divergences differ")
    known.unlink()
    assert content("out") == before
    stored["run"]["environment"]["harness"] = "0.0.0"
    kept.write_text("".join([json.dumps(stored), "\n", *lines]))
    refused("environment differ (harness)")


def test_other_versions_of_a_framework_are_refused(folder, kept, capfd):
    text = kept.read_text()
    changed, count = re.subn(r'("versions":{"\w+":{"numpy":)"[^"]*"', r'\1"1.0"', text)
    assert count
    kept.write_text(changed)
    for _ in range(2):  # nothing of the other version is taken for the earlier run's
        assert resume() == 2
        assert " had the versions numpy 1.0 and now has numpy" in capfd.readouterr().err
    assert [path.name for path in Path("out").iterdir()] == ["partial.jsonl"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:20],
        lambda text: "[]",
        lambda text: '{"partial": 2}',
        lambda text: text.replace('"partial":2', '"partial":1'),
        lambda text: text.replace('"verdict":"', '"verdict":"x', 1),
        lambda text: text.replace('"data":"', '"data":"AAAA', 1),
        lambda text: text.replace('"data":"', '"data":"*', 1),
        lambda text: text.replace('"dtype":"f4"', '"dtype":"O8"', 1),
        lambda text: "[" * 100_000,
        lambda text: "\udcff",
    ],
)
def test_a_damaged_partial_report_is_refused(folder, kept, capfd, damage):
    text = damage(kept.read_text())
    kept.write_bytes(text.encode(errors="surrogateescape"))
    assert resume() == 2
    error = capfd.readouterr().err
    assert error.startswith("out/partial.jsonl: is ")
    assert error.count("hint: run without --resume") == 1


def test_there_must_be_something_to_go_on_from(folder, capfd):
    Path("stop").write_text("0")
    assert resume() == 2
    assert "out/partial.jsonl: there is no partial report to go on from" in capfd.readouterr().err
    assert main(["run", "cases", *FAST, "--resume"]) == 2
    assert "--resume: a part of a run keeps nothing" in capfd.readouterr().err


def test_a_whole_run_takes_the_place_of_a_partial_report(folder, kept):
    assert main(["run", "cases", *FAST, "--report-dir", "out"]) == 1
    assert not kept.exists()
    assert Path("out/conformance.json").exists()


@pytest.fixture
def handlers():
    """Signals are handled as before once a test is over."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield before
    for one, handler in before.items():
        signal.signal(one, handler)


def test_the_first_signal_interrupts_and_later_ones_do_not(handlers):
    for one in handlers:
        signal.signal(one, signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    assert {signal.getsignal(one) for one in handlers} == {signal.SIG_IGN}


def test_without_a_signal_everything_is_as_before(handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN, "as the process was told"
        assert signal.getsignal(signal.SIGTERM) is not handlers[signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is handlers[signal.SIGTERM]


def test_other_threads_cannot_be_interrupted(handlers):
    seen = []

    def enter():
        with interruptible():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [handlers[signal.SIGTERM]]
