"""Cases of other projects' test suites, read from their installed packages by another process."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.base import ONE_THREAD
from harness.core.case import Expect, LiteralTensor, Padding, Pads, Pair
from harness.core.comparator import judge_value
from harness.core.errors import IllegalCaseError
from harness.core.outcome import Value
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.quality.benchmarks.runner import apart
from harness.quality.public_suites_reader import read

SUITES = {"onnx": "ConvTranspose node tests of onnx", "torch": "conv_transpose2d samples of torch's OpInfo"}
"""Name of each suite that can be read, and what it is called in reports."""
LIMIT = 300.0
"""Seconds that reading a suite may take."""


@dataclass(frozen=True, slots=True)
class PublicSuite:
    """A suite as read. ``absent`` says why it could not be; ``notes`` what was changed to run it here."""

    title: str
    version: str = ""
    cases: tuple[Case, ...] = ()
    absent: str = ""
    notes: tuple[str, ...] = ()


def read_suite(name: str) -> PublicSuite:
    """The suite called ``name``, absent where its package or one that it needs is not there."""
    title = SUITES[name]
    try:
        found = apart(read, name, environment=ONE_THREAD, limit=LIMIT)
    except subprocess.TimeoutExpired:
        return PublicSuite(title, absent=f"not read within {LIMIT:g} s")
    except RuntimeError as error:
        return PublicSuite(title, absent=str(error).strip().splitlines()[-1])
    return suite_of(title, name, found)


def suite_of(title: str, name: str, found: Mapping[str, Any]) -> PublicSuite:
    """The suite that a reader has written down.

    A sample that the specification leaves ambiguous is run in the reading that its expected output has. One whose
    expected output is not what the oracle gives is left out, and noted.
    """
    cases, notes = [], []
    for sample in found["samples"]:
        case, note = _settled(_case(name, sample), sample["expected"])
        if case is not None:
            cases.append(case)
        if note:
            notes.append(f"{name}/{sample['id']}: {note}")
    return PublicSuite(title, found["version"], tuple(cases), notes=tuple(notes))


def _case(suite: str, sample: Mapping[str, Any]) -> Case:
    x, w = np.shape(sample["input"]), np.shape(sample["kernel"])
    words = Words(
        _padding(sample["padding"]),
        None if sample["output_padding"] is None else _pair(sample["output_padding"]),
        None if sample["output_size"] is None else _pair(sample["output_size"]),
    )
    return Case(
        suite=suite,
        id=sample["id"],
        about=SUITES[suite],
        dialect=sample["dialect"],
        batch=x[0],
        in_channels=x[1],
        out_channels=w[1] * sample["groups"],
        input_size=_pair(x[2:]),
        kernel_size=_pair(w[2:]),
        strides=_pair(sample["strides"]),
        dilations=_pair(sample["dilations"]),
        groups=sample["groups"],
        words=words,
        bias=False if sample["bias"] is None else tuple(sample["bias"]),
        input=LiteralTensor("NCHW", x, sample["input"]),
        kernel=LiteralTensor("IOHW", w, sample["kernel"]),
    )


def _padding(stated: Any) -> Padding | None:
    return stated if stated is None or isinstance(stated, str) else (_pair(stated[0]), _pair(stated[1]))  # type: ignore[return-value]


def _pair(values: Any) -> Pair:
    first, second = values
    return first, second


def _settled(case: Case, expected: Any) -> tuple[Case | None, str]:
    """``case``, or the same in canonical words where it is ambiguous, or None; and what there is to note."""
    try:
        geometry = lower(case)
    except IllegalCaseError as error:
        for crops in _readings(full_geometry(case), expected):
            settled = replace(case, dialect="canonical", words=Words(crops), expect=Expect())
            if _gives(settled, lower(settled), expected):
                return settled, f"ambiguous ({error}), so run in the reading of its expected output"
        return None, f"left out: {error}"
    if expected is not None and not _gives(case, geometry, expected):
        return None, "left out: the oracle gives another output than the expected one"
    return case, ""


def _readings(full: Geometry, expected: Any) -> list[Pads]:
    """Every way to crop ``full`` to the expected size."""
    if expected is None:
        return []
    sizes = np.shape(expected)[2:]
    each = []
    for axis, size in zip(full.axes, sizes, strict=True):
        total = axis.full - size
        each.append([(begin, total - begin) for begin in range(min(total, 0), max(total, 0) + 1)])
    return [(height, width) for height, width in itertools.product(*each)]


def _gives(case: Case, geometry: Geometry, expected: Any) -> bool:
    reference = make_tensors(case, geometry).reference(geometry)
    return judge_value(case, reference, Value(np.array(expected, dtype=case.dtype))).verdict.conforms
