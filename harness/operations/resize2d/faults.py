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
from harness.operations.faults import Answer, Fault
from harness.operations.oracle import Array, Arrays
from harness.operations.resize2d.axis import Axis
from harness.operations.resize2d.case import ResizeCase
from harness.operations.resize2d.oracle import both, references, tables
from harness.operations.usual import usual_faults

Matrices = Callable[[ResizeCase], tuple[Array, Array]]
"""What a wrong implementation applies to the height (o, n) and to the width."""
Change = Callable[[Array], Array]


def right(case: ResizeCase) -> tuple[Array, Array]:
    """The matrices of ``case``."""
    height, width = (tables(axis, 0.0).weights for axis in case.axes)
    return height, width


def stated_as(**words: Any) -> Matrices:
    """As other words of the case say."""
    return lambda case: right(replace(case, **words))


def by_axis(change: Callable[[Axis], Array]) -> Matrices:
    """The same change of both axes."""

    def matrices(case: ResizeCase) -> tuple[Array, Array]:
        height, width = map(change, case.axes)
        return height, width

    return matrices


def hats(axis: Axis, places: Sequence[Any], reach: float = 1.0) -> Array:
    """Weights that fall linearly to 0 at the distance ``reach`` from ``places`` (o)."""
    away = np.abs(np.array([float(s) for s in places])[:, None] - np.arange(axis.n))
    return np.asarray(np.maximum(0.0, 1 - away / reach))


def _of_tables(change: Callable[[Array], Array]) -> Matrices:
    """A change of the right matrices."""

    def matrices(case: ResizeCase) -> tuple[Array, Array]:
        height, width = map(change, right(case))
        return height, width

    return matrices


def _sized(case: ResizeCase) -> ResizeCase:
    """``case`` with its sizes in place of its scale."""
    return replace(case, output_size=case.size, scale=None)


def _bilinear(change: Callable[[Axis], Array]) -> Matrices:
    """A change of bilinear axes alone."""
    return by_axis(lambda axis: change(axis) if axis.method == "bilinear" else tables(axis, 0.0).weights)


def _sized_by_scale(case: ResizeCase) -> tuple[Array, Array]:
    """The scale takes part where corners are aligned."""
    if case.coordinates != "align_corners" or case.scale is None:
        return right(case)
    height, width = (
        hats(axis, [axis.clamped(j / Fraction(s)) for j in range(axis.o)])
        for axis, s in zip(case.axes, case.scales, strict=True)
    )
    return height, width


def _exchanged(case: ResizeCase) -> tuple[Array, Array]:
    """Each axis has the ratio of the other one."""
    if case.coordinates == "align_corners":
        return right(case)
    height, width = (
        tables(replace(axis, scale=1 / other.ratio), 0.0).weights
        for axis, other in zip(case.axes, reversed(case.axes), strict=True)
    )
    return height, width


def _single(axis: Axis) -> Array:
    if axis.coordinates == "align_corners" and axis.o == 1:
        return hats(axis, [Fraction(axis.n - 1, 2)])
    return tables(axis, 0.0).weights


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


def _smooth(axis: Axis) -> Array:
    table = tables(axis, 0.0).weights
    return np.asarray(table**2 * (3 - 2 * table))


def _mirrored(axis: Axis) -> Array:
    """The two weights are exchanged."""
    table = tables(axis, 0.0).weights
    return np.where((table > 0) & (table < 1), 1 - table, table)


def _rows_only(case: ResizeCase) -> tuple[Array, Array]:
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


def _last_repeated(axis: Axis) -> Array:
    table = tables(axis, 0.0).weights
    return table[np.minimum(np.arange(axis.o), max(axis.o - 2, 0))]


def _rounded_up(case: ResizeCase) -> tuple[Array, Array]:
    """A size that is no whole number is rounded up."""
    if case.scale is None:
        return right(case)
    height, width = (
        tables(replace(axis, o=math.ceil(axis.n * Fraction(s))), 0.0).weights
        for axis, s in zip(case.axes, case.scales, strict=True)
    )
    return height, width


def _turned(case: ResizeCase) -> tuple[Array, Array]:
    height, width = case.axes
    return tables(replace(height, o=width.o), 0.0).weights, tables(replace(width, o=height.o), 0.0).weights


def _one_row_more(case: ResizeCase) -> tuple[Array, Array]:
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
    return np.asarray(tables(axis, 0.0).weights * np.array(inside)[:, None])


def _resized_back(axis: Axis) -> Array:
    """The transpose of resizing from ``o`` to ``n``."""
    return tables(replace(axis, n=axis.o, o=axis.n, scale=None), 0.0).weights.T


MATRICES: Sequence[tuple[str, str, Matrices]] = (
    ("half-pixel", "coordinates are half_pixel", stated_as(coordinates="half_pixel", rounding=None)),
    ("align-corners", "coordinates are align_corners", stated_as(coordinates="align_corners", rounding=None)),
    ("asymmetric", "coordinates are asymmetric", stated_as(coordinates="asymmetric", rounding=None)),
    ("nearest", "the nearest element is picked", stated_as(method="nearest")),
    ("bilinear", "the values are interpolated linearly", stated_as(method="bilinear")),
    ("ties-down", "halves are rounded down", stated_as(rounding="round_prefer_floor")),
    ("rounds-down", "the element below is picked", stated_as(rounding="floor")),
    ("rounds-up", "the element above is picked", stated_as(rounding="ceil")),
    ("scale-of-the-sizes", "the sizes say the ratio, not the scale", lambda c: right(_sized(c))),
    ("scale-between-corners", "the scale says the ratio between aligned corners", _sized_by_scale),
    ("ratios-exchanged", "each axis has the ratio of the other", _exchanged),
    ("single-pixel-centred", "a single pixel lies between the corners", by_axis(_single)),
    ("edges-extended", "the slope goes on beyond the outermost centres", _bilinear(_extended)),
    ("edges-of-zero", "zeros lie around the image", _bilinear(lambda axis: hats(axis, axis.sources))),
    ("antialiased", "a shrunken image is smoothed", _bilinear(_antialiased)),
    ("smooth-weights", "the weights follow a smooth step", by_axis(_smooth)),
    ("weights-exchanged", "the two weights are exchanged", by_axis(_mirrored)),
    ("rows-only", "only rows are interpolated", _rows_only),
    ("float32-coordinates", "a rounded coordinate falls to the pixel before", by_axis(_narrow(np.float32))),
    ("bfloat16-coordinates", "coordinates are rounded to bfloat16", by_axis(_narrow(ml_dtypes.bfloat16))),
    ("last-repeated", "the last row and column repeat those before", by_axis(_last_repeated)),
    ("moved-down", "the result is moved by one row", lambda c: (np.roll(right(c)[0], 1, 0), right(c)[1])),
    ("moved-right", "the result is moved by one column", lambda c: (right(c)[0], np.roll(right(c)[1], 1, 0))),
    ("upside-down", "the rows come in reverse order", lambda c: (right(c)[0][::-1], right(c)[1])),
    ("size-rounded-up", "the scaled size is rounded up", _rounded_up),
    ("sizes-exchanged", "height and width of the result are exchanged", _turned),
    ("one-row-more", "there is one row more", _one_row_more),
)
IMAGES: Sequence[tuple[str, str, Change]] = (
    ("first-of-batch", "every image is the first of the batch", lambda y: np.repeat(y[:1], len(y), axis=0)),
    ("channels-reversed", "the channels come in reverse order", lambda y: y[:, ::-1]),
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
            found["input_grad"] = both(rows.T, g, columns.T)
        return found

    return answer


def _image(change: Change) -> Answer:
    return lambda case, arrays: {"output": change(both(right(case)[0], arrays["input"], right(case)[1]))}


def _gradient(matrices: Matrices) -> Answer:
    def answer(case: ResizeCase, arrays: Arrays) -> Mapping[OutputName, Array]:
        if "cotangent" not in arrays:
            return {}
        rows, columns = matrices(case)
        return {"input_grad": both(rows.T, arrays["cotangent"], columns.T)}

    return answer


FAULTS: Sequence[Fault] = (
    *(Fault(name, text, _forward(matrices)) for name, text, matrices in MATRICES),
    *(Fault(name, text, _image(change)) for name, text, change in IMAGES),
    *(Fault(name, text, _gradient(matrices)) for name, text, matrices in GRADIENTS),
    *LEGALITY,
    *usual_faults(references, "relu"),
)
