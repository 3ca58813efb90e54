"""Adapters whose process or call fails on the case called ``bad`` alone."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.quality.mutant_adapter import Honest
from harness.tests.raising import raise_it

TABLE: dict[str, Any] = {}
FOLDER = "HARNESS_TEST_FOLDER"
"""Environment variable: where ``leave_pid`` writes."""


def leave_pid(name: str) -> None:
    """Tell the test this process's id, all at once."""
    folder = Path(os.environ[FOLDER])
    draft = folder / f"{name}.draft"
    draft.write_text(str(os.getpid()))
    draft.rename(folder / name)


class Faulty(Honest):
    """Honest except where ``misbehave`` says otherwise."""

    def prepare(self, call, x, w, b):
        honest = super().prepare(call, x, w, b)
        return (lambda: self.misbehave(honest)) if call["case"] == "suite/bad" else honest

    def misbehave(self, honest: Callable[[], Array]) -> Any:
        return honest()


class Segfault(Faulty):
    def misbehave(self, honest):
        os.kill(os.getpid(), signal.SIGSEGV)


class Abort(Faulty):
    def misbehave(self, honest):
        os.abort()


class FatalLog(Faulty):
    """As a C++ library ends a process."""

    def misbehave(self, honest):
        os.write(2, b"a warning\nF0000 00:00:00.1  77 conv.cc:12] Check failed: n == 1 (2 vs. 1)\n*** stack ***\n")
        os.abort()


class RealTimeSignal(Faulty):
    """A signal without a name."""

    def misbehave(self, honest):
        os.kill(os.getpid(), signal.SIGRTMIN + 3)
        time.sleep(60)


class SysExit(Faulty):
    def misbehave(self, honest):
        sys.exit(3)


class OsExit(Faulty):
    def misbehave(self, honest):
        os._exit(4)


class Sleeps(Faulty):
    def misbehave(self, honest):
        time.sleep(3600)


class Waits(Faulty):
    """For its end."""

    def misbehave(self, honest):
        leave_pid("waiting")
        time.sleep(3600)


class HoldsStill(Faulty):
    """Not even the thread that reads messages runs any more."""

    def misbehave(self, honest):
        os.kill(os.getpid(), signal.SIGSTOP)


class ClosesItsPipes(Faulty):
    def misbehave(self, honest):
        os.closerange(3, 256)
        time.sleep(3600)


class LeavesAFork(Faulty):
    """The fork keeps the pipe to the harness open after the worker has died."""

    def misbehave(self, honest):
        if os.fork() == 0:
            leave_pid("fork")
            time.sleep(3600)
        os.kill(os.getpid(), signal.SIGSEGV)


class LeavesAChild(Faulty):
    """Harmless in itself, but nothing may be left after the run."""

    def misbehave(self, honest):
        child = subprocess.Popen(["sleep", "3600"])
        (Path(os.environ[FOLDER]) / "child").write_text(str(child.pid))
        return honest()


class ForksAndReturns(Faulty):
    """Two processes come back from the call, and both would answer."""

    def misbehave(self, honest):
        os.fork()
        return honest()


class ForksInStart(Faulty):
    """Two processes have started."""

    def start(self):
        os.fork()
        return super().start()


class ForksInStartAndExits(Faulty):
    """One of them ends as a program does."""

    def start(self):
        if not os.fork():
            sys.exit(0)
        return super().start()


class ForksAndExits(Faulty):
    """The copy ends as a program does, while its parent waits for it."""

    def misbehave(self, honest):
        if not (child := os.fork()):
            sys.exit(0)
        os.waitpid(child, 0)
        return honest()


class ForksAndExitsLater(Faulty):
    """The copy ends so during a later call."""

    def misbehave(self, honest):
        if not os.fork():
            time.sleep(0.05)
            raise KeyboardInterrupt
        return honest()


class ImportFails(Faulty):
    def start(self):
        import no_such_framework  # type: ignore[import-not-found]

        return {"no": no_such_framework}


class HalfInstalled(Faulty):
    """The module that is there imports one that is not."""

    def start(self):
        loader = "import no_such_part"
        exec(compile(loader, "site-packages/framework/__init__.py", "exec"), {})
        return {}


class StartRaises(Faulty):
    def start(self):
        raise ImportError("another NumPy was there when it was compiled")


class StartCrashes(Faulty):
    def start(self):
        os.kill(os.getpid(), signal.SIGSEGV)
        return {}


class StartExits(Faulty):
    def start(self):
        sys.exit("no licence")


class StartSleeps(Faulty):
    def start(self):
        leave_pid("starting")
        time.sleep(3600)
        return {}


class PrintsToStdout(Faulty):
    def misbehave(self, honest):
        print("hello" * 1000, flush=True)
        return honest()


class GarbageOnStdout(Faulty):
    def misbehave(self, honest):
        os.write(1, bytes(range(256)) * 100)
        return honest()


class FloodsStderr(Faulty):
    def misbehave(self, honest):
        for _ in range(5):
            os.write(2, b"W: much ado\n" * 90_000)
        return honest()


class SpoilsItsInput(Faulty):
    """Computes in place, so that the second run starts from other data."""

    def prepare(self, call, x, w, b):
        def run() -> Array:
            y: Array = super(SpoilsItsInput, self).prepare(call, x, w, b)()
            x.fill(0)
            return y

        return run if call["case"] == "suite/bad" else super().prepare(call, x, w, b)


class Raises(Faulty):
    """Calls what raises ``error``."""

    error: BaseException

    def misbehave(self, honest):
        raise_it(self.error)


class MultiLine(Raises):
    error = ValueError("\n\n  what went wrong  \nand a hint\n")


class NoMessage(Raises):
    error = RuntimeError()


class NonAscii(Raises):
    error = ValueError("größer als ∞\x00\x1b[1m反卷积")


class LoneSurrogate(Raises):
    error = ValueError("a \ud800 b")


class Endless(Raises):
    error = ValueError("x" * 3_000_000)


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise KeyError("no")


class Unprintable(Raises):
    error = UnprintableError()


class OutOfMemory(Raises):
    error = MemoryError("8 GiB")


class EatsMemory(Faulty):
    """Past the limit of its address space."""

    def misbehave(self, honest):
        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, before[1]))
        try:
            return np.ones(16 << 30, np.uint8)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)


class Mistaken(Faulty):
    """Fails by a mistake of its own."""

    def misbehave(self, honest):
        return TABLE["oops"]


class Refuses(Mistaken):
    """Means it."""

    refusals = (KeyError,)


class PlansNothing(Faulty):
    def program(self, case):
        return None if case.id == "bad" else super().program(case)


class PlansBadly(Faulty):
    def program(self, case):
        return TABLE["oops"] if case.id == "bad" else super().program(case)


class PlansWhatCannotBeSent(Faulty):
    def program(self, case):
        program: Any = super().program(case)
        return replace(program, call={**program.call, "extra": lambda: 0}) if case.id == "bad" else program


class PlansAnUnknownLayout(Faulty):
    def program(self, case):
        program: Any = super().program(case)
        return replace(program, layouts={"input": ("NCHW", "NXYZ", "NXYZ")}) if case.id == "bad" else program


class FailsEverySecondCall(Faulty):
    calls = 0

    def misbehave(self, honest):
        self.calls += 1
        if self.calls % 2 == 0:
            raise_it(RuntimeError("the second call"))
        return honest()


class EndOfFile(Raises):
    """The error by which the harness itself knows a dead process."""

    error = EOFError("short read")


class Interrupted(Raises):
    error = KeyboardInterrupt()


class RareError(BaseException):
    """Not an Exception."""


class RaisesBase(Raises):
    error = RareError("first\nlast")


class Slow(Honest):
    """A little time for each call, and its id for the test."""

    seconds = 0.02

    def start(self):
        leave_pid(f"{type(self).__name__}-{os.getpid()}")
        return super().start()

    def finish(self, y):
        time.sleep(self.seconds)
        return y


class VerySlow(Slow):
    seconds = 3600.0


class Searching(Honest):
    """Tells where its process looks for modules."""

    def start(self):
        return {"path": os.pathsep.join(sys.path)}
