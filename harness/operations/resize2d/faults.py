"""Ways to be wrong in resizing: other matrices, other images, other gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np

from harness.core.case import OutputName
from harness.operations.faults import Answer, Change, Fault, of_right, of_tensor
from harness.operations.oracle import Array, Arrays
from harness.operations.resize2d.axis import Axis
from harness.operations.resize2d.case import ResizeCase
from harness.operations.resize2d.oracle import both, references, tables
from harness.operations.usual import usual_faults

Lines = tuple[Array, ...]
"""Matrices for the height (o, n) and for the width."""
Matrices = Callable[[ResizeCase], Lines]
"""What a wrong implementation applies."""


def weights(axis: Axis) -> Array:
    """The right matrix of ``axis``."""
    return tables(axis, 0.0).weights


def by_axis(change: Callable[[Axis], Array]) -> Matrices:
    """The same change of both axes."""
    return lambda case: tuple(map(change, case.axes))


right = by_axis(weights)
"""The matrices of a case."""


def stated_as(**words: Any) -> Matrices:
    """As other words of the case say."""
    return lambda case: right(replace(case, **words))


def back(lines: Lines, g: Array) -> Array:
    """The transpose of both ``lines`` applied to ``g`` (N, C, o_h, o_w)."""
    rows, columns = lines
    return both(rows.T, g, columns.T)


def hats(axis: Axis, places: Sequence[Any], reach: float = 1.0) -> Array:
    """Weights that fall linearly to 0 at the distance ``reach`` from ``places`` (o)."""
    away = np.abs(np.array([float(s) for s in places])[:, None] - np.arange(axis.n))
    return np.asarray(np.maximum(0.0, 1 - away / reach))


def _of_tables(change: Callable[[Array], Array]) -> Matrices:
    """A change of the right matrices."""
    return by_axis(lambda axis: change(weights(axis)))


def _bilinear(change: Callable[[Axis], Array]) -> Matrices:
    """A change of bilinear axes alone."""
    return by_axis(lambda axis: change(axis) if axis.method == "bilinear" else weights(axis))


def _sized_by_scale(axis: Axis) -> Array:
    """The scale takes part where corners are aligned."""
    if axis.coordinates != "align_corners" or axis.scale is None:
        return weights(axis)
    return hats(axis, [axis.clamped(j / axis.scale) for j in range(axis.o)])


def _exchanged(case: ResizeCase) -> Lines:
    """Each axis has the ratio of the other one."""
    if case.coordinates == "align_corners":
        return right(case)
    pairs = zip(case.axes, reversed(case.axes), strict=True)
    return tuple(weights(replace(axis, scale=1 / other.ratio)) for axis, other in pairs)


def _single(axis: Axis) -> Array:
    if axis.coordinates == "align_corners" and axis.o == 1:
        return hats(axis, [Fraction(axis.n - 1, 2)])
    return weights(axis)


def _extended(axis: Axis) -> Array:
    """The first and the last two elements go on as a straight line beyond the image."""
    table = np.zeros((axis.o, axis.n))
    for j, s in enumerate(axis.sources):
        below = min(max(int(np.floor(float(s))), 0), max(axis.n - 2, 0))
        table[j, below] += 1 - float(s - below) if axis.n > 1 else 1.0
        if axis.n > 1:
            table[j, below + 1] += float(s - below)
    return table


def _antialiased(axis: Axis) -> Array:
    """Each output is made of all the elements that it covers, as where an image is to shrink smoothly."""
    table = hats(axis, axis.sources, max(float(axis.ratio), 1.0))
    return np.asarray(table / table.sum(1, keepdims=True))


def _smooth(table: Array) -> Array:
    return np.asarray(table**2 * (3 - 2 * table))


def _mirrored(table: Array) -> Array:
    """The two weights are exchanged."""
    return np.where((table > 0) & (table < 1), 1 - table, table)


def _rows_only(case: ResizeCase) -> Lines:
    return right(case)[0], right(replace(case, method="nearest"))[1]


def _narrow(dtype: Any) -> Callable[[Axis], Array]:
    """Coordinates in ``dtype``; an element is picked, or two are weighed, where they say."""

    def change(axis: Axis) -> Array:
        ratio = dtype(float(axis.ratio))
        numbers = np.arange(axis.o).astype(dtype)
        if axis.coordinates == "half_pixel":
            centres = (numbers + dtype(0.5)) * ratio
            places = centres if axis.method == "nearest" else centres - dtype(0.5)
        else:
            places = numbers * ratio
        if axis.method == "nearest":
            places = np.floor(places)
        return hats(axis, [min(max(float(s), 0.0), axis.n - 1.0) for s in places])

    return change


def _last_repeated(table: Array) -> Array:
    return table[np.minimum(np.arange(len(table)), max(len(table) - 2, 0))]


def _rounded_up(axis: Axis) -> Array:
    """A size that is no whole number is rounded up."""
    return weights(axis if axis.scale is None else replace(axis, o=math.ceil(axis.n * axis.scale)))


def _turned(case: ResizeCase) -> Lines:
    height, width = case.axes
    return weights(replace(height, o=width.o)), weights(replace(width, o=height.o))


def _one_row_more(case: ResizeCase) -> Lines:
    height, width = right(case)
    return np.concatenate([height, height[-1:]]), width


def _first_touch(table: Array) -> Array:
    """Of the outputs that touch an element only the last one."""
    later = np.cumsum(table[::-1] > 0, axis=0)[::-1]
    return np.where(later == 1, table, 0.0)


def _mean(table: Array) -> Array:
    """The weights of each element sum to 1."""
    sums = table.sum(0)
    return np.asarray(table / np.where(sums > 0, sums, 1.0))


def _inner(axis: Axis) -> Array:
    """Outputs beyond the outermost centres add nothing."""
    inside = [axis.clamped(s) == s for s in axis.sources]
    return np.asarray(weights(axis) * np.array(inside)[:, None])


def _resized_back(axis: Axis) -> Array:
    """The transpose of resizing from ``o`` to ``n``."""
    return weights(replace(axis, n=axis.o, o=axis.n, scale=None)).T


MATRICES: Sequence[tuple[str, str, Matrices]] = (
    ("half-pixel", "coordinates are half_pixel", stated_as(coordinates="half_pixel", rounding=None)),
    ("align-corners", "coordinates are align_corners", stated_as(coordinates="align_corners", rounding=None)),
    ("asymmetric", "coordinates are asymmetric", stated_as(coordinates="asymmetric", rounding=None)),
    ("nearest", "the nearest element is picked", stated_as(method="nearest")),
    ("bilinear", "the values are interpolated linearly", stated_as(method="bilinear")),
    ("ties-down", "halves are rounded down", stated_as(rounding="round_prefer_floor")),
    ("rounds-down", "the element below is picked", stated_as(rounding="floor")),
    ("rounds-up", "the element above is picked", stated_as(rounding="ceil")),
    (
        "scale-of-the-sizes",
        "the sizes say the ratio, not the scale",
        by_axis(lambda axis: weights(replace(axis, scale=None))),
    ),
    ("scale-between-corners", "the scale says the ratio between aligned corners", by_axis(_sized_by_scale)),
    ("ratios-exchanged", "each axis has the ratio of the other", _exchanged),
    ("single-pixel-centred", "a single pixel lies between the corners", by_axis(_single)),
    ("edges-extended", "the slope goes on beyond the outermost centres", _bilinear(_extended)),
    ("edges-of-zero", "zeros lie around the image", _bilinear(lambda axis: hats(axis, axis.sources))),
    ("antialiased", "a shrunken image is smoothed", _bilinear(_antialiased)),
    ("smooth-weights", "the weights follow a smooth step", _of_tables(_smooth)),
    ("weights-exchanged", "the two weights are exchanged", _of_tables(_mirrored)),
    ("rows-only", "only rows are interpolated", _rows_only),
    ("float32-coordinates", "a rounded coordinate falls to the pixel before", by_axis(_narrow(np.float32))),
    ("bfloat16-coordinates", "coordinates are rounded to bfloat16", by_axis(_narrow(ml_dtypes.bfloat16))),
    ("last-repeated", "the last row and column repeat those before", _of_tables(_last_repeated)),
    ("moved-down", "the result is moved by one row", lambda c: (np.roll(right(c)[0], 1, 0), right(c)[1])),
    ("moved-right", "the result is moved by one column", lambda c: (right(c)[0], np.roll(right(c)[1], 1, 0))),
    ("upside-down", "the rows come in reverse order", lambda c: (right(c)[0][::-1], right(c)[1])),
    ("size-rounded-up", "the scaled size is rounded up", by_axis(_rounded_up)),
    ("sizes-exchanged", "height and width of the result are exchanged", _turned),
    ("one-row-more", "there is one row more", _one_row_more),
)
IMAGES: Sequence[tuple[str, str, Change]] = (
    ("whole-numbers", "the result is rounded to whole numbers", np.rint),
    ("float32-values", "the result is rounded to float32", lambda y: y.astype(np.float32).astype(np.float64)),
    ("no-negatives", "negative values are cut off", lambda y: np.maximum(y, 0.0)),
)
GRADIENTS: Sequence[tuple[str, str, Matrices]] = (
    ("gradient-resized-back", "the cotangent is resized back", by_axis(_resized_back)),
    ("gradient-of-nearest", "the gradient is that of nearest", stated_as(method="nearest")),
    ("gradient-overwritten", "the last output overwrites the others", _of_tables(_first_touch)),
    ("gradient-mean", "the gradient is the mean over the outputs", _of_tables(_mean)),
    ("gradient-inner", "outputs beyond the outermost centres have no gradient", by_axis(_inner)),
    ("gradient-aligned", "the gradient aligns the corners", stated_as(coordinates="align_corners", rounding=None)),
    ("gradient-corner", "the gradient is asymmetric", stated_as(coordinates="asymmetric", rounding=None)),
    ("gradient-transposed", "the gradient has the ratios exchanged", _exchanged),
)
LEGALITY: Sequence[Fault] = (
    Fault("refuses-to-shrink", "a smaller size is refused", refuses=lambda c: any(a.o < a.n for a in c.axes)),
    Fault(
        "refuses-fractions", "ratios that are not whole are refused", refuses=lambda c: any(a.o % a.n for a in c.axes)
    ),
    Fault(
        "refuses-two-ratios", "two different ratios are refused", refuses=lambda c: len({a.ratio for a in c.axes}) > 1
    ),
    Fault("accepts-no-rows", "a size of 0 is accepted", accepts=lambda c: min(c.size) < 1),
    Fault("accepts-corners", "nearest accepts align_corners", accepts=lambda c: c.coordinates == "align_corners"),
    Fault(
        "accepts-both", "both a size and a scale are accepted", accepts=lambda c: None not in (c.scale, c.output_size)
    ),
)


def _forward(matrices: Matrices) -> Answer:
    """A fault of the output and of its gradient, if that has its shape."""

    def answer(case: ResizeCase, arrays: Arrays) -> Mapping[OutputName, Array]:
        rows, columns = matrices(case)
        found: dict[OutputName, Array] = {"output": both(rows, arrays["input"], columns)}
        g = arrays.get("cotangent")
        if g is not None and (len(rows), len(columns)) == g.shape[2:]:
            found["input_grad"] = back((rows, columns), g)
        return found

    return answer


def _gradient(matrices: Matrices) -> Answer:
    return of_tensor("input_grad", "cotangent", lambda case, g: back(matrices(case), g))


FAULTS: Sequence[Fault] = (
    *(Fault(name, text, _forward(matrices)) for name, text, matrices in MATRICES),
    *(Fault(name, text, of_right(references, ["output"], change)) for name, text, change in IMAGES),
    *(Fault(name, text, _gradient(matrices)) for name, text, matrices in GRADIENTS),
    *LEGALITY,
    *usual_faults(references, "relu"),
)
