"""Ways to be wrong in average unpooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.operations.avg_unpool2d.case import AvgUnpoolCase
from harness.operations.avg_unpool2d.oracle import references, sum_windows, unpool
from harness.operations.faults import Fault, of_right, of_tensor
from harness.operations.oracle import Array
from harness.operations.usual import rolled, usual_faults, without_last

Change = Callable[[AvgUnpoolCase, Array], Array]
_output = partial(of_tensor, "output", "input")
_right = partial(of_right, references, ["output"])
_gradient = partial(of_tensor, "input_grad", "cotangent")


def _corner(row: int, column: int) -> Change:
    """The value in one corner of its window and zeros elsewhere."""

    def change(case: AvgUnpoolCase, x: Array) -> Array:
        height, width = case.size
        y = np.zeros((*x.shape[:2], x.shape[2] * case.pool_size[0], x.shape[3] * case.pool_size[1]))
        y[:, :, row % case.pool_size[0] :: case.pool_size[0], column % case.pool_size[1] :: case.pool_size[1]] = x
        return y[:, :, :height, :width]

    return change


def _swapped(case: AvgUnpoolCase, x: Array) -> Array:
    height, width = case.pool_size
    return unpool(replace(case, pool_size=(width, height), output_size=None), x)


def _tiled(case: AvgUnpoolCase, x: Array) -> Array:
    height, width = case.size
    return np.tile(x, (1, 1, *case.pool_size))[:, :, :height, :width]


def _bilinear(case: AvgUnpoolCase, x: Array) -> Array:
    """Between the centres of the windows, linearly; beyond the outermost ones, constant."""
    y: Any = x
    for axis, k in zip((2, 3), case.pool_size, strict=True):
        places = (np.arange(y.shape[axis] * k) + 0.5) / k - 0.5
        below = np.clip(np.floor(places).astype(int), 0, y.shape[axis] - 1)
        above = np.clip(below + 1, 0, y.shape[axis] - 1)
        weight = np.clip(places - below, 0.0, 1.0).reshape([-1 if one == axis else 1 for one in range(4)])
        y = np.take(y, below, axis) * (1 - weight) + np.take(y, above, axis) * weight
    height, width = case.size
    return np.asarray(y)[:, :, :height, :width]


def _resized(rows: int, columns: int) -> Change:
    def change(case: AvgUnpoolCase, x: Array) -> Array:
        height, width = case.size
        return np.pad(unpool(case, x), ((0, 0), (0, 0), (0, max(rows, 0)), (0, max(columns, 0))), "edge")[
            :, :, : height + rows, : width + columns
        ]

    return change


def _divided(case: AvgUnpoolCase, x: Array) -> Array:
    return unpool(case, x) / (case.pool_size[0] * case.pool_size[1])


def _uncut(case: AvgUnpoolCase, x: Array) -> Array:
    return unpool(replace(case, output_size=None), x)


def _cut_at_the_start(case: AvgUnpoolCase, x: Array) -> Array:
    height, width = case.size
    whole = _uncut(case, x)
    return whole[:, :, whole.shape[2] - height :, whole.shape[3] - width :]


def _mean(case: AvgUnpoolCase, g: Array) -> Array:
    return sum_windows(case, g) / sum_windows(case, np.ones(g.shape))


def _corner_of(case: AvgUnpoolCase, g: Array) -> Array:
    return g[:, :, :: case.pool_size[0], :: case.pool_size[1]]


def _last_window_left_out(case: AvgUnpoolCase, g: Array) -> Array:
    sums = sum_windows(case, g)
    sums[:, :, -1] = 0
    return sums


FAULTS: Sequence[Fault] = (
    Fault("corner-first", "only the first corner of each window is filled", _output(_corner(0, 0))),
    Fault("corner-last", "only the last corner of each window is filled", _output(_corner(-1, -1))),
    Fault("shifted-down", "the output is moved down by one", _right(rolled(1, 0))),
    Fault("shifted-right", "the output is moved right by one", _right(rolled(0, 1))),
    Fault("shifted-up", "the output is moved up by one", _right(rolled(-1, 0))),
    Fault("pool-size-swapped", "height and width of the window are exchanged", _output(_swapped)),
    Fault("tiled", "the whole image is repeated, not each value", _output(_tiled)),
    Fault("bilinear", "the values are interpolated linearly", _output(_bilinear)),
    Fault("last-row-zero", "the last row is zero", _right(without_last(2))),
    Fault("last-column-zero", "the last column is zero", _right(without_last(3))),
    Fault("one-row-more", "there is one row more", _output(_resized(1, 0))),
    Fault("one-column-less", "there is one column less", _output(_resized(0, -1))),
    Fault("divided", "each value is divided by the size of its window", _output(_divided)),
    Fault("uncut", "the output_size is ignored", _output(_uncut)),
    Fault("cut-at-the-start", "the output is cut at its start", _output(_cut_at_the_start)),
    Fault("gradient-mean", "the gradient is the mean over each window", _gradient(_mean)),
    Fault("gradient-of-the-corner", "the gradient is that of one corner", _gradient(_corner_of)),
    Fault("gradient-last-row-zero", "the gradient leaves the last row out", _gradient(_last_window_left_out)),
    Fault("gradient-negated", "the gradient has the other sign", of_right(references, ["input_grad"], np.negative)),
    Fault("refuses-a-cut", "an output_size is refused", refuses=lambda case: case.output_size is not None),
    Fault("refuses-rectangles", "rectangular windows are refused", refuses=lambda case: len(set(case.pool_size)) > 1),
    *usual_faults(references),
)
