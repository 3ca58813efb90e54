"""A plain script: import the frameworks one after the other and make every call once, checking nothing.

A call is a list, as ``describe_calls`` makes it: [adapter target, call, x shape, w shape, b shape, dtype, name]. What
the plain script does not need is imported where it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.adapters import load_adapter
from harness.quality.benchmarks.runner import CrashedError, program_of, run_program

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.adapters.plan import Plan
    from harness.operations.conv_transpose.case import Case


def make_calls(path: str, progress: str = "") -> int:
    """Make every call in the file at ``path``, and say how many there were.

    The number of the call under way is kept in the file at ``progress``, if that is given.
    """
    generator = np.random.default_rng(0)
    adapters: dict[str, Any] = {}
    calls = json.loads(Path(path).read_text(encoding="utf-8"))
    for number, (target, call, *shapes, dtype, _) in enumerate(calls):
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        if progress:
            Path(progress).write_text(str(number), encoding="utf-8")
        x, w, b = (None if s is None else generator.normal(size=s).astype(dtype) for s in shapes)
        with suppress(Exception):
            adapters[target].prepare(call, x, w, b)()
    return len(calls)


def describe_calls(cases: Iterable[Case], chosen: Sequence[Chosen]) -> list[list[Any]]:
    """The framework calls behind ``cases``, one per group where a plan splits, sorted by adapter."""
    from harness.adapters.plan import Plan
    from harness.engine.check import plan_check

    listed, calls = list(cases), []
    for one in chosen:
        for case in listed:
            check = plan_check(case, one)
            if check is None or not isinstance(check.plan, Plan):
                continue
            calls += [[*_describe(case, one.target, check.plan), f"{case.name} on {one.name}"]] * check.plan.splits
    return calls


def drop_crashing(described: Path) -> list[str]:
    """Take out of the calls in ``described`` those that end the process, and say which: in one process nothing follows.

    Raises RuntimeError where the plain script fails otherwise, or before its first call.
    """
    calls, progress = json.loads(described.read_text(encoding="utf-8")), described.with_suffix(".progress")
    kept, crashed, left = list[Any](), list[str](), calls
    while left:
        described.write_text(json.dumps(left), encoding="utf-8")
        died = len(left)
        try:
            run_program(program_of(make_calls, str(described), str(progress)))
        except CrashedError:
            if not progress.exists():
                raise
            died = int(progress.read_text(encoding="utf-8"))
            progress.unlink()
            crashed.append(left[died][-1])
        kept, left = kept + left[:died], left[died + 1 :]
    described.write_text(json.dumps(kept), encoding="utf-8")
    return crashed


def _describe(case: Case, target: str, plan: Plan) -> list[Any]:
    x = dict(zip("NCHW", (case.batch, case.in_channels // plan.splits, *case.input_size), strict=True))
    sizes = (case.in_channels // plan.splits, case.out_channels // max(case.groups, 1), *case.kernel_size)
    w = dict(zip("IOHW", sizes, strict=True))
    bias = [case.out_channels // plan.splits] if plan.bias == "native" else None
    shapes = [[x[letter] for letter in plan.data_layout], [w[letter] for letter in plan.kernel_layout], bias]
    return [target, dict(plan.call), *shapes, case.dtype]
