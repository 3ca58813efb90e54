"""Reads the transposed convolutions of other projects' tests from their packages, for a process of its own."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from harness.quality.peers.row import Row, in_nchw
from harness.suites.selection import parse_expression

TESTS = {"onnx": "convtranspose and not pytorch", "torch": "conv_transpose2d"}
"""Which tests of each suite are read."""


def read(name: str) -> dict[str, Any]:
    """What the suite called ``name`` requests of a two-dimensional transposed convolution, as plain data.

    It holds ``version``, and ``samples`` of numbers and nested lists.
    """
    match = parse_expression(TESTS[name])
    module = import_module(f"harness.quality.peers.{name}_rows")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data made for other operators, and of other packages
        rows = [row for row in module.rows(match) if row.operation]
    ((package, version),) = module.versions().items()
    return {"version": f"{package} {version}", "samples": [_sample(*numbered) for numbered in enumerate(rows, 1)]}


def _sample(number: int, row: Row) -> dict[str, Any]:
    """One row; an input without a batch becomes a batch of one, and what is only computed is not expected."""
    words, padding = row.words, row.words.get("padding")
    if isinstance(padding, list) and isinstance(padding[0], int):
        padding = [[one, one] for one in padding]
    return {
        "id": row.name if row.expected else f"sample-{number:02}",
        "dialect": words["dialect"],
        "input": in_nchw(*row.inputs["input"]).tolist(),
        "kernel": row.inputs["kernel"][1].tolist(),
        "bias": words.get("bias"),
        "expected": row.results["output"][1].tolist() if row.expected else None,
        "strides": words.get("strides", [1, 1]),
        "dilations": words.get("dilations", [1, 1]),
        "groups": words.get("groups", 1),
        "output_padding": words.get("output_padding"),
        "output_size": words.get("output_size"),
        "padding": padding,
    }
