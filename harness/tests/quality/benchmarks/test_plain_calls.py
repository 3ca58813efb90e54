"""The plain script makes every call in one process, and some calls end it."""

from __future__ import annotations

import json
import pickle
import subprocess

import pytest

from harness.adapters.base import Adapter
from harness.adapters.program import Program
from harness.quality.benchmarks.plain_calls import describe_calls, drop_crashing, make_calls
from harness.quality.benchmarks.runner import program_of
from harness.tests.asking import chosen, make_case

NAMES = ("good", "bad", "fine", "bad", "bad", "last")


class Ends(Adapter):
    """Ends its process in the case called bad."""

    name = "ends"
    dialect = "pytorch"
    dtypes = ("float32",)
    end = "os.abort()"

    def start(self):
        return {}

    def program(self, case):
        return Program({}, ("input",), (self.end if case.id == "bad" else "y = x",), imports=("import os, signal",))


class Segfault(Ends):
    name = "segfault"
    end = "os.kill(os.getpid(), signal.SIGSEGV)"


def written(folder, adapter, names=NAMES):
    described = folder / "calls.pickle"
    calls = describe_calls([make_case(name) for name in names], [chosen(adapter)])
    described.write_bytes(pickle.dumps(calls))
    return described


@pytest.mark.parametrize("adapter", [Ends, Segfault])
def test_calls_that_end_the_process_are_named_and_all_others_are_made(tmp_path, adapter):
    described = written(tmp_path, adapter)
    plain = program_of(make_calls, str(described))
    assert subprocess.run(plain, check=False, capture_output=True).returncode < 0
    assert drop_crashing(described) == [f"suite/bad on {adapter.name}"] * 3
    done = subprocess.run(plain, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == 3
    assert [call[-1].partition(" ")[0] for call in pickle.loads(described.read_bytes())] == [
        "suite/good",
        "suite/fine",
        "suite/last",
    ]


def test_the_last_of_the_calls_may_end_it_and_so_may_all(tmp_path):
    assert len(drop_crashing(written(tmp_path, Ends, ("good", "bad")))) == 1
    described = written(tmp_path, Ends, ("bad", "bad"))
    assert len(drop_crashing(described)) == 2
    assert pickle.loads(described.read_bytes()) == []


def test_a_plain_script_that_cannot_run_is_no_crash_of_a_call(tmp_path):
    described = tmp_path / "calls.pickle"
    described.write_bytes(pickle.dumps([("no.such.module:Class", Program({}, (), ()), (), "one")]))
    with pytest.raises(RuntimeError, match="exit 1"):
        drop_crashing(described)
