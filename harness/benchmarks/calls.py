"""The framework calls behind the cases, written down for the plain script, which must not spend time on planning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.adapters import Chosen
from harness.adapters.plan import Plan
from harness.case import Case
from harness.check import plan_check


def describe_calls(cases: Iterable[Case], chosen: Sequence[Chosen]) -> list[list[Any]]:
    """The framework calls behind ``cases``, one per group where a plan splits, sorted by adapter."""
    listed, calls = list(cases), []
    for one in chosen:
        for case in listed:
            check = plan_check(case, one)
            if check is None or not isinstance(check.plan, Plan):
                continue
            calls += [_describe(case, one.target, check.plan)] * check.plan.splits
    return calls


def _describe(case: Case, target: str, plan: Plan) -> list[Any]:
    x = dict(zip("NCHW", (case.batch, case.in_channels // plan.splits, *case.input_size), strict=True))
    sizes = (case.in_channels // plan.splits, case.out_channels // max(case.groups, 1), *case.kernel_size)
    w = dict(zip("IOHW", sizes, strict=True))
    bias = [case.out_channels // plan.splits] if plan.bias == "native" else None
    shapes = [[x[letter] for letter in plan.data_layout], [w[letter] for letter in plan.kernel_layout], bias]
    return [target, dict(plan.call), *shapes, case.dtype]
