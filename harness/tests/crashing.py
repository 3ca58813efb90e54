"""Adapters whose process ends once, later than the fault, or in its gradients alone; and one that is slow."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from harness.tests.differentiating import Differentiating
from harness.tests.faulty import FOLDER


def first_time(name: str) -> bool:
    """Whether no process of this test has asked before."""
    mark = Path(os.environ[FOLDER]) / f"{name}.mark"
    if mark.exists():
        return False
    mark.touch()
    return True


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


class CrashesOnce(Differentiating):
    """In the call, and in the first process alone."""

    def prepare(self, call, x, w, b):
        if call["case"] == "suite/bad" and first_time("call"):
            crash()
        return super().prepare(call, x, w, b)


class CrashesOnceInGradients(Differentiating):
    """In the first process alone."""

    def differentiate(self, call, x, w, b, g):
        if call["case"] == "suite/bad" and first_time("gradients"):
            crash()
        return super().differentiate(call, x, w, b, g)


class CrashesElsewhere(CrashesOnceInGradients):
    """In the gradients of the first process, in the call of the second."""

    def prepare(self, call, x, w, b):
        mark = Path(os.environ[FOLDER])
        if call["case"] == "suite/bad" and (mark / "gradients.mark").exists() and first_time("call"):
            crash()
        return super().prepare(call, x, w, b)


class HangsInCallElsewhere(CrashesOnceInGradients):
    """Crashes in the gradients of the first process, hangs in the call of the second."""

    def prepare(self, call, x, w, b):
        if call["case"] == "suite/bad" and (Path(os.environ[FOLDER]) / "gradients.mark").exists():
            time.sleep(3600)
        return super().prepare(call, x, w, b)


class HangsInGradientsElsewhere(Differentiating):
    """Crashes in the gradients of the first process, hangs in those of the second."""

    def differentiate(self, call, x, w, b, g):
        if call["case"] == "suite/bad":
            if first_time("hanging-gradients"):
                crash()
            time.sleep(3600)
        return super().differentiate(call, x, w, b, g)


class SpoilsItsProcess(Differentiating):
    """The case called ``bad`` writes where it should not, and the next one dies of it."""

    spoilt = False

    def prepare(self, call, x, w, b):
        if SpoilsItsProcess.spoilt:
            crash()
        SpoilsItsProcess.spoilt = call["case"] == "suite/bad"
        return super().prepare(call, x, w, b)


class SlowCalls(Differentiating):
    """Each call takes its time, and all of a check together more than one may."""

    def finish(self, y):
        time.sleep(0.4)
        return y


class SlowPreparations(Differentiating):
    """Each preparation and each call takes less time than one may, and two of them more."""

    reusable = False

    def prepare(self, call, x, w, b):
        return self.slowed(super().prepare(call, x, w, b))

    def differentiate(self, call, x, w, b, g):
        return self.slowed(super().differentiate(call, x, w, b, g))

    def slowed(self, run):
        def late():
            time.sleep(0.9)
            return run()

        time.sleep(0.9)
        return late


class HangsInGradients(Differentiating):
    """On the case called ``bad``."""

    def differentiate(self, call, x, w, b, g):
        if call["case"] == "suite/bad":
            time.sleep(3600)
        return super().differentiate(call, x, w, b, g)
