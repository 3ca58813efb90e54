"""Ways to be wrong in max pooling with indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np

from harness.core.case import OutputName
from harness.core.dtypes import DTYPES
from harness.operations.faults import Answer, Fault, of_right, of_tensor, of_tensors
from harness.operations.index_spaces import Space, SpaceName
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_pool2d_with_indices.oracle import (
    Coordinates,
    Patches,
    patches,
    picked,
    references,
    scattered,
    winners,
)
from harness.operations.max_pool2d_with_indices.windows import Axis
from harness.operations.oracle import Array, Arrays
from harness.operations.usual import usual_faults

LaidOut = Callable[[Axis], Axis]
Taps = Callable[[Patches], Array]
_values = partial(of_tensor, "output", "input")
_gradient = partial(of_tensors, "input_grad")


def _picking(taps: Taps) -> Answer:
    """Another tap of each window is taken; its index goes with it."""

    def answer(case: MaxPoolCase, arrays: Arrays) -> Mapping[OutputName, Array]:
        found = patches(case.axes, arrays["input"])
        values, where = picked(found, taps(found))
        return {"output": values, "indices": case.space.flatten(where)}

    return answer


def _laid_out(change: LaidOut) -> Answer:
    """The windows lie elsewhere."""
    return _values(lambda case, x: _within([change(axis) for axis in case.axes], x))


def _of_another(change: Callable[[MaxPoolCase], MaxPoolCase]) -> Answer:
    """The parameters are misread."""
    return _values(lambda case, x: _within(change(case).axes, x))


def _within(axes: Sequence[Axis], x: Array) -> Array:
    """The maxima; nothing where no window fits."""
    if min(axis.count for axis in axes) < 1:
        return np.zeros((*x.shape[:2], 0, 0))
    found = patches(axes, x)
    return picked(found, winners(found))[0]


def _indices(change: Callable[[MaxPoolCase, Coordinates], Array]) -> Answer:
    """A fault of the indices alone."""
    return of_tensor("indices", "input", lambda case, x: change(case, _where(case, x)))


def _where(case: MaxPoolCase, x: Array) -> Coordinates:
    found = patches(case.axes, x)
    return picked(found, winners(found))[1]


def _in(name: SpaceName) -> Answer:
    return _indices(lambda case, where: Space(name, case.input_shape).flatten(where))


def _of_shape(change: Callable[[MaxPoolCase], tuple[int, int]]) -> Answer:
    """The indices count an image of another size."""

    def counted(case: MaxPoolCase, where: Coordinates) -> Array:
        return Space(case.space.name, (case.batch, case.channels, *change(case))).flatten(where)

    return _indices(counted)


def _of_ones(case: MaxPoolCase, arrays: Arrays) -> Array:
    return scattered(_where(case, arrays["input"]), np.ones(arrays["cotangent"].shape), case.input_shape)


def _overwritten(case: MaxPoolCase, arrays: Arrays) -> Array:
    where, total = _where(case, arrays["input"]), np.zeros(case.input_shape)
    total[tuple(where[letter] for letter in "NCHW")] = arrays["cotangent"]
    return total


def _to_tap(taps: Taps) -> Answer:
    def change(case: MaxPoolCase, arrays: Arrays) -> Array:
        found = patches(case.axes, arrays["input"])
        return scattered(picked(found, taps(found))[1], arrays["cotangent"], case.input_shape)

    return _gradient(change)


def _to_all(case: MaxPoolCase, arrays: Arrays) -> Array:
    found, g = patches(case.axes, arrays["input"]), arrays["cotangent"]
    total = np.zeros(case.input_shape)
    for tap in range(found.inside.shape[-1]):
        taps = np.full(g.shape, tap)
        total += scattered(picked(found, taps)[1], g * found.inside[..., tap], case.input_shape)
    return total


def _throughout(taps: Taps) -> Answer:
    """Another tap of each window is taken, by the gradient too."""

    def answer(case: MaxPoolCase, arrays: Arrays) -> Mapping[OutputName, Array]:
        return {**_picking(taps)(case, arrays), **_to_tap(taps)(case, arrays)}

    return answer


def _first_tap(found: Patches) -> Array:
    return np.broadcast_to(np.argmax(found.inside, axis=-1), found.values.shape[:-1])


def _nan_if_first(found: Patches) -> Array:
    """A search for the largest that begins with the first element: no comparison with a NaN is true."""
    first = _first_tap(found)
    stays = np.isnan(np.take_along_axis(found.values, first[..., None], axis=-1)[..., 0])
    return np.asarray(np.where(stays, first, winners(found)))


def _above_the_lowest(case: MaxPoolCase, x: Array) -> Array:
    """A search for the largest that begins with the lowest finite number of the dtype."""
    found = patches(case.axes, x)
    lowest = float(ml_dtypes.finfo(DTYPES[case.dtype].numpy).min)
    return np.asarray(np.max(np.where(found.values > lowest, found.values, lowest), axis=-1))


def _least(found: Patches) -> Array:
    return np.asarray(np.argmin(np.where(found.inside, found.values, np.inf), axis=-1))


def _largest_magnitude(found: Patches) -> Array:
    return np.asarray(np.argmax(np.where(found.inside, np.abs(found.values), -1.0), axis=-1))


def _zero_padded(case: MaxPoolCase, x: Array) -> Array:
    found = patches(case.axes, x)
    return np.asarray(np.max(np.where(found.inside, found.values, 0.0), axis=-1))


def _mean(case: MaxPoolCase, x: Array) -> Array:
    found = patches(case.axes, x)
    return np.asarray(np.sum(np.where(found.inside, found.values, 0.0), axis=-1) / np.sum(found.inside, axis=-1))


def _swapped(name: str) -> Callable[[MaxPoolCase], MaxPoolCase]:
    def change(case: MaxPoolCase) -> MaxPoolCase:
        words: Any = {"strides": case.step, name: tuple(reversed(getattr(case, "step" if name == "strides" else name)))}
        return replace(case, **words)

    return change


def _in_window(case: MaxPoolCase, where: Coordinates) -> Array:
    """The place in the window, row by row."""
    i, j = np.indices(where["H"].shape)[2:]
    rows, columns = case.axes
    a = (where["H"] + rows.before - i * rows.s) // rows.d
    return np.asarray(a * columns.k + (where["W"] + columns.before - j * columns.s) // columns.d)


def _from_the_padding(case: MaxPoolCase, where: Coordinates) -> Array:
    """Rows and columns count from the padding's corner, in an image of the padded size."""
    rows, columns = case.axes
    height, width = (axis.before + axis.n + axis.after for axis in (rows, columns))
    moved = {**where, "H": where["H"] + rows.before, "W": where["W"] + columns.before}
    return Space(case.space.name, (case.batch, case.channels, height, width)).flatten(moved)


def _rows_first(case: MaxPoolCase, where: Coordinates) -> Array:
    height, width = case.input_size
    turned = Space(case.space.name, (case.batch, case.channels, width, height))
    return turned.flatten({**where, "H": where["W"], "W": where["H"]})


def _stepped(axis: Axis) -> Axis:
    """Rounded up without leaving the last window out."""
    return replace(axis, count=max(-(-(axis.n + 2 * axis.before - axis.extent) // axis.s) + 1, axis.count))


def _has_gaps(case: MaxPoolCase) -> bool:
    return any(s > k for s, k in zip(case.step, case.pool_size, strict=True))


def _is_wide(case: MaxPoolCase) -> bool:
    return any(max(pads) > k // 2 for pads, k in zip(case.pads, case.pool_size, strict=True))


def _fits(case: MaxPoolCase) -> bool:
    return min(case.step) < 1 or all(axis.count >= 1 for axis in case.axes)


FAULTS: Sequence[Fault] = (
    Fault("zero-padded", "padding were zero, which beats negative numbers", _values(_zero_padded)),
    Fault("mean", "the mean of the window is taken", _values(_mean)),
    Fault("least", "the least element is taken", _picking(_least)),
    Fault("largest-magnitude", "the largest magnitude is taken", _picking(_largest_magnitude)),
    Fault("first-element", "the first element of each window is taken", _picking(_first_tap)),
    Fault("nan-if-first", "a NaN wins where it is the first element of its window alone", _throughout(_nan_if_first)),
    Fault("above-the-lowest", "the search begins with the lowest number of the type", _values(_above_the_lowest)),
    Fault("magnitude", "the sign of the maximum is dropped", of_right(references, ["output"], np.abs)),
    Fault("shifted-up", "the windows lie one element before", _laid_out(lambda a: replace(a, before=a.before + 1))),
    Fault("shifted-down", "the windows lie one element behind", _laid_out(lambda a: replace(a, before=a.before - 1))),
    Fault(
        "larger-half-first",
        "the larger half of an odd padding is at the start",
        _of_another(lambda case: replace(case, padding="same_lower" if case.padding == "same" else case.padding)),
    ),
    Fault("undilated", "the dilations are ignored", _of_another(lambda case: replace(case, dilations=(1, 1)))),
    Fault("dilations-swapped", "the dilations are exchanged", _of_another(_swapped("dilations"))),
    Fault("strides-swapped", "the strides are exchanged", _of_another(_swapped("strides"))),
    Fault("pool-size-swapped", "height and width of the window are exchanged", _of_another(_swapped("pool_size"))),
    Fault("step-of-the-window", "the strides are the window's size", _of_another(lambda c: replace(c, strides=None))),
    Fault("rounded-down", "ceil_mode is ignored", _of_another(lambda case: replace(case, ceil_mode=False))),
    Fault("rounded-up", "ceil_mode is always on", _of_another(lambda case: replace(case, ceil_mode=True))),
    Fault("one-window-more", "a window that starts beyond the image is kept", _laid_out(_stepped)),
    Fault("index-in-window", "indices count within the window", _indices(_in_window)),
    Fault("index-from-the-padding", "indices count the padded image", _indices(_from_the_padding)),
    Fault("index-columns-first", "indices run down the columns", _indices(_rows_first)),
    Fault("index-of-output-width", "indices count rows of the output's width", _of_shape(lambda case: case.size)),
    Fault("index-one-based", "indices begin at 1", _indices(lambda case, where: case.space.flatten(where) + 1)),
    Fault("index-in-plane", "indices count one plane", _in("plane")),
    Fault("index-hwc", "indices count h·w·c", _in("hwc")),
    Fault("index-nhwc", "indices count n·h·w·c", _in("nhwc")),
    Fault("index-nchw", "indices count n·c·h·w", _in("nchw")),
    Fault(
        "index-of-the-least",
        "indices are those of the least element",
        lambda case, arrays: {"indices": _picking(_least)(case, arrays)["indices"]},
    ),
    Fault("gradient-overwritten", "an element that wins twice gets its last gradient", _gradient(_overwritten)),
    Fault("gradient-to-all", "every element of a window gets its gradient", _gradient(_to_all)),
    Fault("gradient-to-the-first", "the first element of a window gets its gradient", _to_tap(_first_tap)),
    Fault("gradient-to-the-least", "the least element of a window gets its gradient", _to_tap(_least)),
    Fault("gradient-negated", "the gradient has the other sign", of_right(references, ["input_grad"], np.negative)),
    Fault("gradient-of-ones", "the cotangent is ignored", _gradient(_of_ones)),
    Fault("refuses-ceil", "ceil_mode is refused", refuses=lambda case: case.ceil_mode),
    Fault("refuses-dilations", "dilations are refused", refuses=lambda case: max(case.dilations) > 1),
    Fault("refuses-rectangles", "rectangular windows are refused", refuses=lambda case: len(set(case.pool_size)) > 1),
    Fault("refuses-gaps", "strides above the window are refused", refuses=_has_gaps),
    Fault("accepts-large-padding", "padding above half of the window is taken", accepts=_is_wide),
    Fault("accepts-large-windows", "a window that does not fit is taken", accepts=lambda case: not _fits(case)),
    Fault("accepts-strides-of-zero", "strides of 0 are taken", accepts=lambda case: min(case.step) == 0),
    *usual_faults(references),
)
