"""The framework calls behind the cases, written down for the plain script, which must not spend time on planning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.adapters import Chosen
from harness.adapters.plan import Plan
from harness.engine.check import plan_check
from harness.operations.conv_transpose.case import Case
from harness.quality.benchmarks.subprocesses import QUIET


def describe_calls(cases: Iterable[Case], chosen: Sequence[Chosen]) -> list[list[Any]]:
    """The framework calls behind ``cases``, one per group where a plan splits, sorted by adapter."""
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
        program = [sys.executable, "-m", "harness.quality.benchmarks.plain_script", str(described), str(progress)]
        environment = {**os.environ, **QUIET}
        done = subprocess.run(program, check=False, capture_output=True, env=environment)  # noqa: S603 - our own program
        if done.returncode == 0:
            kept += left
            break
        if done.returncode > 0 or not progress.exists():
            raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
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
