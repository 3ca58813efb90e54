"""A plain script: import the frameworks one after the other and make every call once, checking nothing.

Reads a JSON list of calls, as ``describe_calls`` makes it: [adapter target, call, x shape, w shape, b shape, dtype].
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from harness.adapters import Chosen
from harness.adapters.plan import Plan
from harness.case import Case
from harness.engine import plan_check
from harness.worker import load_adapter


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


def main(path: Path) -> dict[str, float]:
    """Seconds from the first import to the last call, and how many calls were made."""
    start = time.perf_counter()
    generator = np.random.default_rng(0)
    adapters: dict[str, Any] = {}
    calls = json.loads(path.read_text(encoding="utf-8"))
    for target, call, *shapes, dtype in calls:
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        x, w, b = (None if s is None else generator.normal(size=s).astype(dtype) for s in shapes)
        with suppress(Exception):
            adapters[target].prepare(call, x, w, b)()
    return {"seconds": time.perf_counter() - start, "calls": len(calls)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
