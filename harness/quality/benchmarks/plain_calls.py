"""A plain script: import the frameworks one after the other and make every call once, checking nothing.

A call is as ``describe_calls`` makes it: the adapter's target, the program, the shape of each of its arrays, a name.
What the plain script does not need is imported where it is needed.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.adapters import load_adapter
from harness.adapters.program import Program
from harness.adapters.text import run_text, text_of
from harness.core.dtypes import DTYPES
from harness.quality.benchmarks.runner import CrashedError, program_of, run_program

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.operations.conv_transpose.case import Case


Described = tuple[str, Program, tuple[tuple[int, ...], ...], str]


def make_calls(path: str, progress: str = "") -> int:
    """Make every call in the file at ``path``, and return how many there were.

    The number of the call under way is kept in the file at ``progress``, if that is given.
    """
    generator = np.random.default_rng(0)
    adapters: dict[str, Any] = {}
    calls: list[Described] = pickle.loads(Path(path).read_bytes())  # noqa: S301 - written by drop_crashing
    for number, (target, program, shapes, _) in enumerate(calls):
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        if progress:
            Path(progress).write_text(str(number), encoding="utf-8")
        arrays = [generator.normal(size=shape).astype(DTYPES[program.dtype].numpy) for shape in shapes]
        with suppress(Exception):
            functions = run_text(text_of(program, adapters[target].runtime), program.handed)
            functions["prepare"](*(functions["arrange"](*arrays) if "arrange" in functions else arrays))()
    return len(calls)


def describe_calls(cases: Iterable[Case], chosen: Sequence[Chosen]) -> list[Described]:
    """The framework calls behind ``cases``, sorted by adapter."""
    from harness.engine.check import plan_checks
    from harness.operations.conv_transpose.case import transposed_convolution

    listed = list(cases)
    return [
        (
            one.target,
            check.plan,
            _shapes(transposed_convolution(check.case), check.plan),
            f"{check.case.name} on {one.name}",
        )
        for one in chosen
        for check in plan_checks(listed, [one])
        if isinstance(check.plan, Program)
    ]


def drop_crashing(described: Path) -> list[str]:
    """Take the calls that end the process out of those in ``described``, and return which they were.

    Raises RuntimeError where the plain script fails otherwise, or before its first call.
    """
    calls, progress = pickle.loads(described.read_bytes()), described.with_suffix(".progress")  # noqa: S301 - our own
    kept, crashed, left = list[Any](), list[str](), calls
    while left:
        described.write_bytes(pickle.dumps(left))
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
    described.write_bytes(pickle.dumps(kept))
    return crashed


def _shapes(case: Case, program: Program) -> tuple[tuple[int, ...], ...]:
    shapes = {
        "input": (case.batch, case.in_channels, *case.input_size),
        "kernel": (case.in_channels, case.out_channels // max(case.groups, 1), *case.kernel_size),
        "bias": (case.out_channels,),
    }
    return tuple(shapes[name] for name in program.given)
