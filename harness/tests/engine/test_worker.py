"""One worker from both sides: what goes over the wire, how it starts and how it ends."""

from __future__ import annotations

import json
import marshal
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import load_adapter
from harness.adapters.program import Program
from harness.core.errors import WorkerBrokenError, WorkerDiedError, WorkerHungError, WorkerUnavailableError
from harness.engine.held_back import HeldBack
from harness.engine.process import Worker, WorkerSpec
from harness.engine.protocol import job_of
from harness.engine.pulse import Pulse
from harness.engine.worker import answer, pack, pack_jobs, serve, unpack
from harness.operations.conv_transpose.data import Tensors
from harness.quality.mutant_adapter import Honest, Unstable
from harness.tests import faulty
from harness.tests.asking import make_case

HONEST = "harness.quality.mutant_adapter:Honest"


def make_job(name="plain", adapter=None, runs=2):
    case = make_case(name)
    program = (adapter or Honest()).program(case)
    assert isinstance(program, Program)
    tensors = Tensors(np.ones((2, 2, 3, 4), np.float32), np.ones((2, 4, 3, 2), np.float32), None)
    return job_of(program, tensors, ("output",), runs)


def started(adapter=HONEST, environment=(), **rest):
    worker = Worker(WorkerSpec(adapter, dict(environment), **rest))
    try:
        worker.start()
    except BaseException:
        worker.close()
        raise
    return closing(worker)


class Reporter(Honest):
    """Answers nothing; its versions tell about the process."""

    def start(self):
        return {
            "thread": str(threading.current_thread() is threading.main_thread()),
            "leader": str(os.getsid(0) == os.getpid()),
            "interrupt": str(signal.getsignal(signal.SIGINT)),
            "value": os.environ.get("HARNESS_TEST_VALUE", ""),
            "folder": str(Path.cwd()),
        }


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "complex64", "bool", ">f4"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
def test_pack_and_unpack_are_inverse(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)
    there = unpack(pack(array))
    assert (there.dtype, there.shape, there.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert there.flags.writeable


@pytest.mark.parametrize("dtype", ["object", "V4", "U3", [("a", "f4")], "M8[s]"])
def test_what_is_no_number_goes_as_its_shape(dtype):
    there = unpack(pack(np.zeros((2, 3), dtype)))
    assert (there.dtype, there.shape) == (np.dtype(object), (2, 3))


def test_pack_makes_the_order_c():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert np.array_equal(unpack(pack(array)), array)


def test_answer_gives_the_array_and_whether_it_was_stable():
    given = answer(Honest(), make_job())["output"]
    assert set(given) == {"array"}
    assert unpack(given["array"]).shape == (2, 4, 5, 5)
    unstable = answer(Unstable(), make_job(adapter=Unstable()))["output"]
    assert (unpack(unstable["again"]) - unpack(unstable["array"])).max() == 1


def test_answer_gives_an_error_by_type_and_first_line():
    adapter = faulty.MultiLine()
    assert answer(adapter, make_job("bad", adapter)) == {
        "output": {"error": "ValueError", "message": "what went wrong"}
    }


def test_load_adapter():
    assert isinstance(load_adapter(HONEST), Honest)
    with pytest.raises(AttributeError):
        load_adapter("harness.quality.mutant_adapter:Nobody")
    with pytest.raises(ModuleNotFoundError):
        load_adapter("harness.tests.nowhere:Nobody")


class Wire:
    """A channel within this process."""

    def __init__(self, *items):
        self.items: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.sent: list[dict[str, Any]] = []
        for item in items:
            self.items.put(item)

    def receive(self):
        return self.items.get_nowait()

    def send(self, item):
        self.sent += map(marshal.loads, marshal.loads(item)) if isinstance(item, bytes) else [item]

    def __iter__(self):
        while not self.items.empty():
            yield self.items.get()


@pytest.fixture
def undisturbed(monkeypatch):
    """``serve`` takes over a process; here it may not."""
    monkeypatch.setattr("harness.engine.worker.signal.signal", lambda *_: None)
    monkeypatch.setattr("harness.engine.worker._redirect_stderr", lambda _: None)
    monkeypatch.setattr("harness.engine.worker.warnings.simplefilter", lambda _: None)


@pytest.fixture
def pulse():
    made = Pulse.make()
    yield made
    made.remove()


@pytest.fixture
def held():
    made = HeldBack.make()
    yield made
    made.remove()


@pytest.mark.usefixtures("undisturbed")
def test_serve_sends_its_id_then_versions_then_an_answer_for_each_job(pulse, held):
    asked = [pack_jobs([{**make_job(), "id": 7}]), pack_jobs([{**make_job(runs=1), "id": 8}])]
    wire = Wire({"adapter": HONEST, "log": "", "pulse": pulse.path, "held": held.path}, *asked)
    serve(wire)
    assert wire.sent[:2] == [{"pid": os.getpid()}, {"versions": {"numpy": np.__version__}}]
    assert [sent.pop("id") for sent in wire.sent[2:]] == [7, 8]
    assert [set(sent) for sent in wire.sent[2:]] == [{"output"}] * 2
    assert 0 < pulse.last <= time.monotonic()


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize(
    ("adapter", "verdict", "message"),
    [
        ("harness.tests.faulty:ImportFails", "unavailable", "not installed (No module named 'no_such_framework'): pip"),
        ("harness.tests.nowhere:Nobody", "broken", "ModuleNotFoundError: No module named 'harness.tests.nowhere'"),
        (
            "harness.quality.mutant_adapter:Nobody",
            "broken",
            "AttributeError: there is no mutant called Nobody; see `harness list --mutants` for the names",
        ),
    ],
)
def test_serve_says_why_there_is_no_adapter(adapter, verdict, message, pulse, held):
    wire = Wire({"adapter": adapter, "log": "", "pulse": pulse.path, "held": held.path}, make_job())
    serve(wire)
    ((found, said),) = wire.sent[1].items()
    assert found == verdict
    assert message in said
    assert len(wire.sent) == 2


@pytest.mark.usefixtures("undisturbed")
def test_an_adapter_that_joins_a_process_and_cannot_be_run_answers_with_the_reason(pulse, held):
    targets = [HONEST, "harness.tests.faulty:StartRaises", HONEST]
    packed = [pack_jobs([{**make_job(), "adapter": one, "id": place}]) for place, one in enumerate(targets)]
    wire = Wire({"adapter": HONEST, "log": "", "pulse": pulse.path, "held": held.path}, *packed)
    serve(wire)
    first, other, last = wire.sent[2:]
    assert "another NumPy" in other["output"]["broken"]
    assert first["output"].keys() == last["output"].keys() == {"array"}


def test_a_worker_answers_in_order():
    with started() as worker:
        for runs in (1, 2, 3):
            worker.send(make_job(runs=runs))
        answers = [worker.receive() for _ in range(3)]
    assert worker.versions == {"numpy": np.__version__}
    assert [unpack(given["output"]["array"]).shape for given in answers] == [(2, 4, 5, 5)] * 3


@pytest.mark.parametrize("value", ["", "plain", "a b", "http://x//y=z", "größer\n"])
def test_a_worker_has_its_own_environment(value):
    with started("harness.tests.engine.test_worker:Reporter", {"HARNESS_TEST_VALUE": value}) as worker:
        assert worker.versions["value"] == value
    assert "HARNESS_TEST_VALUE" not in os.environ


@pytest.mark.parametrize("attempt", range(5))
def test_a_worker_runs_in_its_main_thread_and_in_a_session_of_its_own(attempt):
    with started("harness.tests.engine.test_worker:Reporter", {"HARNESS_TEST_VALUE": str(attempt)}) as worker:
        assert (worker.versions["thread"], worker.versions["leader"]) == ("True", "True")
        assert worker.versions["interrupt"] == str(signal.SIG_IGN)
        assert worker.versions["folder"] == str(Path.cwd())


def test_many_workers_may_start_at_once():
    """execnet used to run some of them outside their main thread, where they could not set a signal."""
    failures = []

    def one():
        try:
            with started(environment={"HARNESS_TEST_VALUE": "x"}):
                pass
        except WorkerUnavailableError as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_worker_needs_numpy_and_its_framework_alone():
    code = "import sys, json, harness.engine.worker, harness.quality.mutant_adapter; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    foreign = {"click", "execnet", "jinja2", "packaging", "pydantic", "tqdm", "yaml", "tensorflow", "keras", "torch"}
    assert "numpy" in loaded
    assert not loaded & foreign


def test_a_worker_that_died_is_told_from_one_that_hangs():
    with started("harness.tests.faulty:Segfault") as worker:
        worker.send(make_job("bad", faulty.Segfault()))
        with pytest.raises(WorkerDiedError, match=r"^SIGSEGV$"):
            worker.receive()
    with started("harness.tests.faulty:Sleeps", answer_limit=0.5) as worker:
        worker.send(make_job("bad", faulty.Sleeps()))
        with pytest.raises(WorkerHungError, match=r"^no answer within 0.5 s$"):
            worker.receive()


def test_what_was_answered_before_the_end_is_not_lost():
    with started("harness.tests.faulty:Segfault") as worker:
        for name in ("good", "good", "bad", "good"):
            worker.send(make_job(name, faulty.Segfault()))
        assert all("output" in worker.receive() for _ in range(2))
        with pytest.raises(WorkerDiedError):
            worker.receive()
        with pytest.raises(WorkerDiedError):
            worker.receive()


def test_any_thread_may_kill():
    with started("harness.tests.faulty:Sleeps") as worker:
        worker.send(make_job("bad", faulty.Sleeps()))
        threading.Timer(0.2, worker.kill).start()
        with pytest.raises(WorkerDiedError, match="SIGKILL"):
            worker.receive()


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_a_signal_to_all_does_not_end_a_process_that_is_starting(name, tmp_path):
    """As Ctrl-C on a terminal reaches it, before its first line of Python."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nkill -{name} $$\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without
    try:
        with started(python=str(python)) as worker:
            assert worker.versions
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_worker_killed_before_it_starts_is_broken(tmp_path, monkeypatch):
    monkeypatch.setenv(faulty.FOLDER, str(tmp_path))
    with closing(Worker(WorkerSpec("harness.tests.faulty:StartSleeps", {}))) as worker:
        worker.kill()
        with pytest.raises(WorkerBrokenError, match="does not start: SIGKILL"):
            worker.start()


def test_a_job_that_is_no_plain_data_is_an_error_of_the_harness():
    with started() as worker:
        worker.send({**make_job(), "runs": lambda: 2})
        with pytest.raises(Exception, match=r"(?i)can't (pickle|get local object)"):
            worker.receive()


def test_close_ends_the_process_and_removes_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(faulty.FOLDER, str(tmp_path))
    with started("harness.tests.faulty:Slow") as worker:
        (pid,) = (int(path.read_text()) for path in tmp_path.glob("Slow-*"))
        assert list(tmp_path.glob("harness-worker-*.log"))
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not list(tmp_path.glob("harness-worker-*.log"))
    worker.close()


def test_threads_end_with_their_worker():
    with started():
        pass
    before = threading.active_count()
    for _ in range(3):
        with started() as worker:
            worker.send(make_job())
            worker.receive()
    assert threading.active_count() <= before


@pytest.mark.parametrize("python", ["/no/such/python", "/no/such folder/python"])
def test_an_interpreter_that_does_not_start_is_unavailable(python):
    with pytest.raises(WorkerUnavailableError, match="no interpreter /no/such"):
        started(python=python)


def test_an_interpreter_in_a_folder_with_a_blank(tmp_path):
    python = tmp_path / "a b" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    with started(python=str(python)) as worker:
        assert worker.versions
