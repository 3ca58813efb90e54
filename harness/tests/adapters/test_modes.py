"""The suite about modes gives every way to run a framework enough to say in every number type."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from harness.adapters import choose
from harness.adapters.program import Inexpressible
from harness.engine.check import MODES, is_requested, plan_check
from harness.suites.selection import select

OWN = [one for one in choose() if one.target.startswith("harness.adapters.") and one.name != "published-numpy"]
FLOATS = ("float64", "float32", "float16", "bfloat16")
ENOUGH = 30


@pytest.fixture(scope="module")
def cases():
    return list(select([f"cases/{MODES}.yaml"]).cases())


@pytest.mark.parametrize("chosen", OWN, ids=lambda one: one.name)
def test_it_can_say_enough_cases_of_each_output_in_each_type(chosen, cases):
    checks = [plan_check(case, replace(chosen, requested_by_name=True)) for case in cases]
    said = [check for check in checks if check is not None and not isinstance(check.plan, Inexpressible)]
    counts = Counter((check.case.dtype, output) for check in said for output in check.outputs)
    outputs = set(chosen.adapter.outputs)
    if chosen.name.endswith("ops"):
        outputs -= {"bias_grad"}  # the function has no bias
    assert {(dtype, output) for dtype in FLOATS for output in outputs} == set(counts)
    assert min(counts.values()) >= ENOUGH


def test_every_way_but_the_expensive_is_asked_them_by_default(cases):
    asked = {one.name for one in OWN if all(is_requested(case, one) for case in cases)}
    assert {one.name for one in OWN} - asked == {"pytorch:compile"}
