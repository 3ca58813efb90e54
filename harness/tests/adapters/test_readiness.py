"""A framework that is installed but does not work is broken, whatever it answers later; a working one is not."""

from __future__ import annotations

import sys
from importlib import import_module

import numpy as np
import pytest

from harness.adapters import choose
from harness.adapters.base import NotInstalledError
from harness.adapters.published_numpy import PublishedNumpy
from harness.adapters.readiness import make_ready, smoke
from harness.operations.conv_transpose.mutants import mutant_called
from harness.quality import mutant_adapter
from harness.quality.mutant_adapter import Honest
from harness.tests.raising import raise_it


class Working(Honest):
    smoke = True


class Turned(Working):
    mutant = mutant_called("KernelRotated")


class Zero(Working):
    def finish(self, y):
        return y * 0


class Nothing(Working):
    def finish(self, y):
        return y * np.nan


class Short(Working):
    def finish(self, y):
        return y[..., :2]


class Raising(Working):
    def finish(self, y):
        return raise_it(RuntimeError("no kernel image is available"))


class Slipping(Working):
    def finish(self, y):
        raise KeyError("oops")


class SlippingBefore(Working):
    def plan(self, case, geometry):
        raise KeyError("oops")


class Listing(Working):
    packages = {"no_such_framework": "no-such-framework", "harness": "harness"}

    def start(self):
        import_module(self.missing)
        return {}

    missing = "no_such_framework"


class ListingAnother(Listing):
    missing = "no_such_part"


class ListingAPart(Listing):
    missing = "harness.no_such_part"


class Needing(Working):
    def start(self):
        raise NotInstalledError("there is no compiler")


class ForgettingVersions(Working):
    def start(self):
        pass


class NumberingVersions(Working):
    def start(self):
        return {"framework": 2.5}


class Leaving(Working):
    def start(self):
        sys.exit(3)


def test_an_adapter_that_answers_rightly_is_ready():
    ready = make_ready(Working)
    assert ready.fault == {}
    assert ready.versions == {"numpy": np.__version__}


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (Turned, "its smoke call, [1, 2] under a kernel of [3, 5], gave [5, 13, 6] where [3, 11, 10] is right"),
        (Zero, "gave [0, 0, 0] where"),
        (Nothing, "gave [nan, nan, nan] where"),
        (Short, "gave (1, 1, 1, 2) where"),
        (Raising, "its smoke call raised RuntimeError: no kernel image is available; see whether"),
        (Raising, "install it anew with what it needs, or set smoke = False in the adapter"),
    ],
)
def test_an_adapter_that_answers_a_small_call_wrongly_is_broken(adapter, message):
    ready = make_ready(adapter)
    assert message in ready.fault["broken"]
    assert ready.versions, "so other adapters may use the process"


@pytest.mark.parametrize(
    ("adapter", "verdict", "message"),
    [
        (Listing, "unavailable", "not installed (No module named 'no_such_framework'): pip install no-such-framework"),
        (Needing, "unavailable", "there is no compiler"),
        (ListingAnother, "broken", "does not start: ModuleNotFoundError: No module named 'no_such_part'"),
        (ForgettingVersions, "broken", "does not start: TypeError: start gave NoneType: expected a dict of versions"),
        (
            NumberingVersions,
            "broken",
            "does not start: TypeError: start gave 2.5 for a name or a version: expected texts",
        ),
        (Leaving, "broken", "does not start: SystemExit: 3"),
        (ListingAPart, "broken", "does not start: ModuleNotFoundError: No module named 'harness.no_such_part'"),
    ],
)
def test_what_is_missing_decides_whether_an_adapter_is_unavailable_or_broken(adapter, verdict, message):
    ready = make_ready(adapter)
    assert ready.versions is None
    assert ready.fault[verdict].startswith(message)


@pytest.mark.parametrize("adapter", [Slipping, SlippingBefore])
def test_an_adapter_that_makes_a_mistake_of_its_own_is_no_broken_framework(adapter):
    assert make_ready(adapter).fault == {}


def test_a_mutant_is_judged_and_not_taken_for_a_broken_framework():
    assert make_ready(mutant_adapter.KernelRotated).fault == {}


def test_an_adapter_that_cannot_say_the_call_makes_none():
    assert smoke(PublishedNumpy()) == ""


def test_every_adapter_states_what_it_needs():
    for one in choose():
        assert one.adapter.packages or not one.adapter.framework, one.name


@pytest.mark.parametrize("name", ["pytorch", "pytorch:meta", "pytorch:non-contiguous"])
def test_a_real_framework_is_ready(frameworks, name):
    (one,) = choose([name])
    assert make_ready(lambda: one.adapter).fault == {}
