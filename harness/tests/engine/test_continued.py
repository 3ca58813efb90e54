"""A process that has nothing left goes on with the checks of another adapter whose framework it has loaded."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness.adapters import choose
from harness.core.results import Row, Verdict
from harness.engine import lane as lanes
from harness.engine import pool
from harness.engine.lane import Settings
from harness.engine.pool import AllRows, run_all
from harness.engine.process import Worker
from harness.operations.conv_transpose.mutants import mutant_called
from harness.quality.mutant_adapter import Honest
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case

pytestmark = pytest.mark.xdist_group("engine")


class Early(Honest):
    """Runs first."""

    process = "early"
    environment: ClassVar[Mapping[str, str]] = {**Honest.environment, "HARNESS_TEST": "1"}
    weight = 9

    def start(self) -> dict[str, str]:
        return super().start() | {"process": str(os.getpid())}


class Later(Early):
    """Goes on in the process of the first."""

    process = "later"
    continues = "early"
    weight = 1


class Between(Honest):
    """Runs while the process of the first is kept for the other."""

    weight = 5


class Elsewhere(Later):
    """Needs another environment than the first."""

    environment: ClassVar[Mapping[str, str]] = {**Early.environment, "HARNESS_TEST": "2"}


class Wanting(Later):
    """Would be kept for, if that other environment were none."""

    process = "wanting"


class Alone(Later):
    """Shares no process."""

    continues = ""


class Rotated(Later):
    """With a fault."""

    mutant = mutant_called("KernelRotated")


LOADED: list[str] = []
"""The adapters called ``Loads`` that have started in this process."""


class Loads(Early):
    def start(self) -> dict[str, str]:
        LOADED.append(self.name)
        return super().start()


class RaisesThere(Later):
    """Does not start where the first adapter is."""

    def start(self) -> dict[str, str]:
        if LOADED:
            raise RuntimeError
        return super().start()


class DiesThere(Later):
    """Ends that process."""

    def start(self) -> dict[str, str]:
        if LOADED:
            os._exit(3)
        return super().start()


class EndsThere(Later):
    """Its calls end a process in which another adapter was."""

    def finish(self, y: Any) -> Any:
        if LOADED:
            os._exit(9)
        return y


@pytest.fixture
def begun(monkeypatch):
    """The adapters that processes were started for, and those that were to begin in one that was there, in order."""
    found: list[str] = []

    class Counted(Worker):
        def __init__(self, spec: Any) -> None:
            found.append(f"start {spec.adapter.rpartition(':')[2]}")
            super().__init__(spec)

        def begin(self, adapter: str) -> bool:
            done = super().begin(adapter)
            found.append(f"{'begin' if done else 'refuse'} {adapter.rpartition(':')[2]}")
            return done

    monkeypatch.setattr(lanes, "Worker", Counted)
    monkeypatch.setattr(pool, "CONTINUED", 1)
    return found


def run(*adapters: type[Honest], jobs: int = 1, on_row: Callable[[Row], None] = lambda _: None) -> AllRows:
    cases = [make_case(str(number)) for number in range(4)]
    return run_all(lambda: iter(cases), [chosen(one) for one in adapters], KnownDivergences(), Settings(), jobs, on_row)


def test_another_adapter_goes_on_in_a_process_that_has_nothing_left(begun):
    found = run(Early, Rotated)
    assert begun == ["start Early", "begin Rotated"]
    assert found.versions["early"] == found.versions["rotated"]
    assert Counter((row.adapter, row.verdict) for row in found.rows) == {
        ("early", Verdict.EXACT): 4,
        ("rotated", Verdict.DIVERGES): 4,
    }


def test_a_process_that_is_kept_is_not_taken_by_an_adapter_of_another_environment(begun):
    found = run(Early, Elsewhere, Wanting)
    assert begun == ["start Early", "start Elsewhere", "begin Wanting"]
    assert found.versions["early"]["process"] == found.versions["wanting"]["process"]


@pytest.mark.parametrize("other", [Elsewhere, Alone])
def test_an_adapter_of_another_environment_or_none_that_continues_has_its_own_process(begun, other):
    found = run(Early, other)
    assert begun == ["start Early", f"start {other.__name__}"]
    assert found.versions["early"]["process"] != found.versions[other.name]["process"]


@pytest.mark.parametrize("other", [RaisesThere, DiesThere])
def test_what_does_not_begin_there_starts_by_itself_and_is_not_blamed(begun, other):
    found = run(Loads, other)
    assert begun == ["start Loads", f"refuse {other.__name__}", f"start {other.__name__}"]
    assert {row.verdict for row in found.rows} == {Verdict.EXACT}
    assert len(found.rows) == 8


def test_the_first_end_of_a_process_that_another_adapter_had_says_so_and_is_not_lost(begun):
    found = run(Loads, EndsThere)
    assert begun[:3] == ["start Loads", "begin EndsThere", "start EndsThere"]
    ended = [row for row in found.rows if row.verdict is not Verdict.EXACT]
    assert [(row.adapter, row.case, row.verdict) for row in ended] == [("endsthere", "suite/0", Verdict.CRASHES)]
    once = "did not come again in a second process; another adapter had the first one"
    assert ended[0].message == f"exit status 9 ({once})"


def test_a_process_is_not_kept_for_few_checks(begun, monkeypatch):
    monkeypatch.setattr(pool, "CONTINUED", 5)
    run(Early, Later)
    assert begun == ["start Early", "start Later"]


@pytest.mark.parametrize("name", ["early", "between", "later"])
def test_a_run_that_ends_early_leaves_no_process_behind(begun, monkeypatch, name):
    def stop(row: Row) -> None:
        if row.adapter == name:
            raise KeyboardInterrupt

    pids: list[int] = []

    class Noting(lanes.Lane):
        def _send(self, items):
            if self._worker is not None:
                pids.append(self._worker._pid)
            super()._send(items)

    monkeypatch.setattr(pool, "Lane", Noting)
    with pytest.raises(KeyboardInterrupt):
        run(Early, Between, Later, on_row=stop)
    assert pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_adapters_that_continue_state_the_environment_of_the_other():
    adapters = [one.adapter for one in choose()]
    continuing = [one for one in adapters if one.continues]
    assert "keras" in {one.name for one in continuing}
    for one in continuing:
        hosts = [other for other in adapters if other.process == one.continues]
        assert hosts
        assert all(other.environment == one.environment for other in hosts)
