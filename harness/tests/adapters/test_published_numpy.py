"""The published hand-written code gives the result that was printed with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.adapters.program import Program
from harness.adapters.published_numpy import PublishedNumpy
from harness.core.case import LiteralTensor
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.suites.known_divergences import KnownDivergences
from harness.tests.adapters.texts import outputs
from harness.tests.asking import chosen, make_case

INPUT: Any = [
    [[1, 0, 1], [0, 2, 1], [1, 1, 0]],
    [[2, 0, 2], [0, 1, 0], [1, 0, 0]],
    [[1, 1, 1], [2, 2, 0], [1, 1, 1]],
    [[1, 1, 2], [1, 0, 1], [0, 2, 2]],
]
WEIGHTS: Any = [
    [
        [[1, 0, 1], [-1, 1, 0], [0, -1, 0]],
        [[-1, 0, 1], [0, 0, 1], [1, 1, 1]],
        [[0, 1, 1], [2, 0, 1], [1, 2, 1]],
        [[1, 1, 1], [0, 2, 1], [1, 0, 1]],
    ],
    [
        [[1, 0, 2], [-2, 1, 1], [1, -1, 0]],
        [[-1, 0, 1], [-1, 2, 1], [1, 1, 1]],
        [[0, 0, 0], [2, 2, 1], [1, -1, 1]],
        [[2, 1, 1], [0, -1, 1], [1, 1, 1]],
    ],
]
PRINTED = """
4 4 3 1 6 7 2 0 7 7 3 2
4 5 3 6 3 0 2 1 7 8 5 5
8 8 6 0 8 8 5 -2 11 14 2 2
3 3 2 3 7 9 2 8 3 1 3 0
5 3 5 0 11 13 3 0 9 11 3 2
2 3 1 5 4 3 5 1 4 3 4 0
"""
"""Rows of (channel 0, channel 1) pairs."""
SHAPES: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 2,
    "input_size": (3, 3),
    "kernel_size": (3, 3),
    "strides": (2, 2),
}
CASE = make_case(
    "printed",
    dialect="tensorflow",
    batch=1,
    words=Words("same", output_size=(6, 6)),
    input=LiteralTensor("CHW", (4, 3, 3), INPUT),
    kernel=LiteralTensor("OIHW", (2, 4, 3, 3), WEIGHTS, rotated=True),
    **SHAPES,
)


def printed():
    values = np.array([row.split() for row in PRINTED.split("\n") if row], dtype=np.float32)
    return values.reshape(6, 6, 2)


def test_it_gives_the_printed_result():
    geometry = lower(CASE)
    adapter, tensors = PublishedNumpy(), make_tensors(CASE, geometry)
    program = adapter.program(CASE)
    assert isinstance(program, Program)
    output = outputs(adapter, program, {"input": tensors.x, "kernel": tensors.w})["output"]
    assert np.array_equal(output[0].transpose(1, 2, 0), printed())
    assert output.dtype == np.float32


def test_the_oracle_gives_the_printed_result():
    geometry = lower(CASE)
    reference = make_tensors(CASE, geometry).reference(geometry)
    assert np.array_equal(reference.output[0].transpose(1, 2, 0), printed())


def test_it_is_exact_in_every_dtype_and_on_rectangles():
    cases = [CASE]
    for dtype in ("float64", "float32", "float16"):
        rest = {**SHAPES, "input_size": (2, 5), "batch": 3, "dtype": dtype}
        cases.append(make_case(dtype, dialect="tensorflow", words=Words("same"), **rest))
    rows = run_all(
        lambda: iter(cases), [chosen(PublishedNumpy)], KnownDivergences(), Settings(), 1, lambda row: None
    ).rows
    assert [row.verdict for row in rows] == [Verdict.EXACT] * 4
