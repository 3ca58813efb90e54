"""The reference of average unpooling: picked values, and sums of the cotangent over windows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from harness.core.case import OutputName
from harness.core.dtypes import DTYPES
from harness.core.reference import ReferenceValues, summed
from harness.operations.avg_unpool2d.case import AvgUnpoolCase
from harness.operations.oracle import Array, Arrays, Draw, ImageOracle, drawn_input, summed_in_windows


def references(case: AvgUnpoolCase, arrays: Arrays) -> Mapping[OutputName, ReferenceValues]:
    """``output``, and ``input_grad`` where a cotangent is there."""
    found: dict[OutputName, ReferenceValues] = {"output": ReferenceValues(unpool(case, arrays["input"]))}
    if "cotangent" in arrays:
        g = arrays["cotangent"]
        counts = sum_windows(case, np.ones(g.shape)).astype(np.int64)
        found["input_grad"] = summed(case, g, partial(sum_windows, case), counts)
    return found


def unpool(case: AvgUnpoolCase, x: Array) -> Array:
    """Every value of ``x`` (N, C, H, W) in its window."""
    (rows, columns), (height, width) = case.pool_size, case.size
    return np.repeat(np.repeat(x, rows, axis=2), columns, axis=3)[:, :, :height, :width]


def sum_windows(case: AvgUnpoolCase, g: Array) -> Array:
    """The sums of ``g`` (N, C, H_out, W_out) over the windows, of which the last may be cut."""
    sums: Any = g
    for axis, k in zip((2, 3), case.pool_size, strict=True):
        sums = np.add.reduceat(sums, np.arange(0, g.shape[axis], k), axis=axis)
    return np.asarray(sums)


def data(case: AvgUnpoolCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C, H, W): values are only copied, so they may have all bits."""
    return drawn_input(case, draw, DTYPES[case.dtype].exact_limit)


ORACLE = ImageOracle(data, references, summed_in_windows)
