"""Mutants as adapters: what ``-a mutant:NAME`` runs, for each operation."""

from __future__ import annotations

import pytest

from harness.adapters import choose
from harness.core.errors import BadInputError
from harness.engine.check import plan_check
from harness.engine.lane import Lane, Settings
from harness.operations import operation_of
from harness.operations.faults import killed
from harness.quality.fault_adapter import FaultAdapter
from harness.quality.mutant_adapter import Honest, adapter_called
from harness.suites.known_divergences import KnownDivergences
from harness.suites.selection import select


def test_a_mutant_is_chosen_by_its_name_in_any_spelling_and_repeated_as_it_was_written():
    (chosen,) = choose(["mutant:kernel-rotated"])
    assert isinstance(chosen.adapter, Honest)
    assert (chosen.name, chosen.requested_as) == ("kernelrotated", "mutant:kernel-rotated")
    assert adapter_called("KernelRotated").mutant is chosen.adapter.mutant


@pytest.mark.parametrize("name", ["Nobody", "max_unpool2d/nothing", "nothing/filled"])
def test_a_name_of_no_mutant_says_where_the_names_are(name):
    with pytest.raises(BadInputError, match=f"there is no mutant called {name}; see `harness list --mutants`"):
        choose([f"mutant:{name}"])


@pytest.mark.parametrize(
    ("fault", "suite"),
    [("max_unpool2d/filled", "max_unpooling"), ("max_pool2d_with_indices/mean", "max_pooling_with_indices")],
)
def test_a_fault_of_another_operation_fails_where_its_cases_kill_it(fault, suite):
    (chosen,) = choose([f"mutant:{fault}"])
    assert isinstance(chosen.adapter, FaultAdapter)
    expected, checks = set(), []
    for case in select([f"cases/{suite}.yaml"]).cases():
        if (check := plan_check(case, chosen)) is None or case.expect.readings:
            continue
        checks.append(check)
        operation = operation_of(case)
        if killed(case, operation.oracle.prepare(case), [chosen.adapter.fault]).killed:
            expected.add(case.name)
    lane = Lane(chosen, Settings(), KnownDivergences())
    try:
        rows = list(lane.run(checks))
    finally:
        lane.close()
    assert {row.case for row in rows if row.verdict.fails} == expected
    assert expected
    assert len(expected) < len(checks)
