"""Exact sums of integers beyond the 53 bits of float64.

Sums are made in int64 where none can leave it and in Python's own integers otherwise, tap by tap as the operation is
defined (see harness.operations.conv_transpose.oracle). They are made only where float64 does not hold every sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.core.long_integers import Integers
from harness.operations.conv_transpose.geometry import Geometry

_BEYOND_INT64, _SPARE = 2.0**63, 2.0**-30
"""What int64 does not hold, and more than a sum in float64 is off by."""


def exact_sums(geometry: Geometry, x: Integers, w: Integers, b: Integers | None, most: float) -> Integers:
    """The output (N, C_out, H_out, W_out) of integers x (N, C_in, H, W), w (C_in, C_out/G, kH, kW) and b (C_out).

    ``most`` is the largest sum of absolute products and bias, in float64. Where int64 holds that, the result is int64,
    else it holds Python's integers.
    """
    kind: Any = np.int64 if most * (1 + _SPARE) < _BEYOND_INT64 else object
    x, w = x.astype(kind), w.astype(kind)
    rows, columns = geometry.axes
    full = np.zeros((geometry.batch, geometry.out_channels, max(rows.full, 0), max(columns.full, 0)), kind)
    split = zip(*(np.split(t, geometry.groups, axis) for t, axis in ((x, 1), (w, 0), (full, 1))), strict=True)
    for data, kernel, landed in split if x.size and w.size else ():
        for row, column in np.ndindex(rows.k, columns.k):
            products = np.tensordot(kernel[:, :, row, column], data, axes=(0, 1)).swapaxes(0, 1)
            top, left = row * rows.d, column * columns.d
            height, width = (rows.n - 1) * rows.s + 1, (columns.n - 1) * columns.s + 1
            landed[:, :, top : top + height : rows.s, left : left + width : columns.s] += products
    margins = [(0, 0), (0, 0), *((max(-begin, 0), max(-end, 0)) for begin, end in geometry.crops)]
    padded = np.pad(full, margins)
    top, left = (max(begin, 0) for begin, _ in geometry.crops)
    height, width = geometry.output_size
    y = padded[:, :, top : top + height, left : left + width]
    return y if b is None else y + b.astype(kind)[:, None, None]
