"""Mutants about crops, padding and output_padding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.core.case import Pads, Pair
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS, Geometry
from harness.operations.conv_transpose.mutants.base import Call, cropped, twins, wrong


def each(change: Callable[[int, int], Pair]) -> Callable[[Geometry], Pads]:
    """The crops of which each (begin, end) goes through ``change``."""

    def crops(geometry: Geometry) -> Pads:
        height, width = geometry.crops
        return change(*height), change(*width)

    return crops


def halves(odd: int) -> Callable[[Geometry], Pads]:
    """Crops of which one half is larger, at the end (1) or at the beginning (-1) as ``odd`` says, exchanged."""

    def crops(geometry: Geometry) -> Pads:
        those = {odd * (end - begin) for begin, end in geometry.crops} <= {0, 1} and min(map(min, geometry.crops)) >= 0
        return exchanged(geometry) if those else geometry.crops

    return crops


def all_at(place: int) -> Callable[[Geometry], Pads]:
    """All that is cropped at the beginning (0) or at the end (1); nothing else where zeros stand at the other side."""

    def crops(geometry: Geometry) -> Pads:
        (top, bottom), (left, right) = geometry.crops
        if min(pair[1 - place] for pair in geometry.crops) < 0:
            return geometry.crops
        return ((0, top + bottom), (0, left + right)) if place else ((top + bottom, 0), (left + right, 0))

    return crops


def shifted(rows: int, columns: int) -> Callable[[Geometry], Pads]:
    """Everything lower by ``rows`` and farther right by ``columns``."""

    def crops(geometry: Geometry) -> Pads:
        (top, bottom), (left, right) = geometry.crops
        return (top - rows, bottom + rows), (left - columns, right + columns)

    return crops


exchanged = each(lambda begin, end: (end, begin))
same = each(lambda begin, end: (cut := max(begin + end, 0) // 2, begin + end - cut))


def swapped(geometry: Geometry) -> Pads:
    return geometry.crops[1], geometry.crops[0]


def beginnings_swapped(geometry: Geometry) -> Pads:
    (top, bottom), (left, right) = geometry.crops
    return (left, top + bottom - left), (top, left + right - top)


def on_both_sides(geometry: Geometry) -> Pads:
    (top, _), (left, _) = geometry.crops
    return geometry.crops if min(top, left) < 0 else ((top, top), (left, left))


def has_output_padding(geometry: Geometry) -> bool:
    """Whether the crops are those of a padding with an output_padding."""
    (top, bottom), (left, right) = geometry.crops
    return min(top, left) >= 0 and (bottom < top or right < left)


def where_output_padding(crops: Callable[[Geometry], Pads]) -> Callable[[Geometry], Pads]:
    return lambda geometry: crops(geometry) if has_output_padding(geometry) else geometry.crops


without_output_padding = each(lambda begin, end: (begin, max(begin, end)))
at_the_start = where_output_padding(each(lambda begin, end: (min(begin, end), max(begin, end))))
ignored = where_output_padding(without_output_padding)


@where_output_padding
def output_padding_swapped(geometry: Geometry) -> Pads:
    (top, bottom), (left, right) = geometry.crops
    return (top, max(top, bottom) - max(left - right, 0)), (left, max(left, right) - max(top - bottom, 0))


@where_output_padding
def clamped(geometry: Geometry) -> Pads:
    (top, bottom), (left, right) = without_output_padding(geometry)
    rows, columns = (min(max(axis.begin - axis.end, 0), axis.s - 1) for axis in geometry.axes)
    return (top, bottom - rows), (left, right - columns)


def grown(y: Array, geometry: Geometry) -> Array:
    """``y`` with zeros appended up to the size of ``geometry``, or cut to it."""
    rows, columns = geometry.output_size
    y = y[:, :, :rows, :columns]
    return np.pad(y, ((0, 0), (0, 0), (0, rows - y.shape[2]), (0, columns - y.shape[3])))


def output_padding_of_zeros(call: Call) -> Array:
    bare = call.geometry.with_crops(without_output_padding(call.geometry))
    if not has_output_padding(call.geometry) or min(bare.output_size) < 0:
        return call.right()
    return grown(call.right(geometry=bare), call.geometry)


def output_padding_of_some_zeros(call: Call) -> Array:
    return grown(call.within(call.geometry.with_crops(clamped(call.geometry))), call.geometry)


def middle(call: Call, sizes: Pair) -> Array:
    """The middle of the whole scatter in these sizes; the right result where it is smaller."""
    if any(size > axis.full for size, axis in zip(sizes, call.geometry.axes, strict=True)):
        return call.right()
    top, left = ((axis.full - size) // 2 for size, axis in zip(sizes, call.geometry.axes, strict=True))
    return call.right(geometry=call.geometry.with_crops(NO_PADS))[:, :, top : top + sizes[0], left : left + sizes[1]]


def always_same(call: Call) -> Array:
    height, width = call.geometry.axes
    return middle(call, (height.n * height.s, width.n * width.s))


def keras_same(call: Call) -> Array:
    rows, columns = ((axis.n - 1) * axis.s + axis.extent % 2 for axis in call.geometry.axes)
    return call.right() if min(rows, columns) < 1 else middle(call, (rows, columns))


def always_valid(call: Call) -> Array:
    whole = call.right(geometry=call.geometry.with_crops(NO_PADS), b=None)
    rows, columns = (max(axis.s - axis.extent, 0) for axis in call.geometry.axes)
    y = np.pad(whole, ((0, 0), (0, 0), (0, rows), (0, columns)))
    return y if call.b is None else y + call.b[:, None, None]


# fmt: off
MUTANTS = (
    cropped("CropAtWrongEnd", "What belongs to the end of an axis is cropped at its beginning, and the reverse.",
        exchanged, "crops-exchanged", "crop-lower-for-upper", "crop-upper-for-lower"),
    cropped("LowerForUpper", "The larger half of an odd crop is taken off the beginning, as SAME_LOWER does.",
        halves(1), "crop-lower-for-upper"),
    cropped("UpperForLower", "The larger half of an odd crop is taken off the end, as SAME_UPPER does.", halves(-1),
        "crop-upper-for-lower"),
    cropped("CropAllAtTheEnd", "The output begins where the scatter does.", all_at(1), "crop-at-the-end"),
    cropped("CropAllAtTheStart", "The output ends where the scatter does.", all_at(0), "crop-at-the-start"),
    cropped("CropsOfSame",
        "The size is as requested, and its place is that of SAME: what is left over is cropped, half at each side.",
        same, "crops-of-same"),
    cropped("PaddingSwapped", "The crops of height are those of width; the size follows them.", swapped,
        "padding-axes-swapped"),
    cropped("PaddingSwappedInSize", "The beginnings of height and width are swapped; the size is as requested.",
        beginnings_swapped, "padding-axes-swapped"),
    cropped("Shifted", "Everything stands one row lower and one column to the left of its place.", shifted(1, -1),
        "shifted(1,-1)"),
    cropped("ShiftedFar", "Everything stands two rows higher.", shifted(-2, 0), "shifted(-2,0)"),
    cropped("OutputPaddingAtTheStart", "output_padding uncovers values at the beginning.", at_the_start,
        "output-padding-at-the-start"),
    cropped("OutputPaddingIgnored", "No output_padding, so the output is smaller.", ignored, "output-padding-ignored"),
    cropped("OutputPaddingSwapped", "The output_padding of height and width is swapped.", output_padding_swapped,
        "output-padding-swapped"),
    cropped("OutputPaddingClamped", "output_padding is at most stride - 1, so the output is smaller.", clamped,
        "output-padding-clamped"),
    wrong("OutputPaddingOfZeros", "output_padding appends zeros, where it should uncover values.",
        output_padding_of_zeros, "output-padding-as-zeros"),
    wrong("OutputPaddingOfSomeZeros",
        "output_padding uncovers at most stride - 1 values, and zeros are appended for the others.",
        output_padding_of_some_zeros, "output-padding-clamped"),
    cropped("NoPadding", "No crop at all; the size follows.", lambda _: NO_PADS, "size-of-no-padding",
        "crop-at-the-end"),
    cropped("PaddedOnBothSides", "What is cropped at the beginning is cropped at the end too; the size follows.",
        on_both_sides, "size-of-padding-alone"),
    wrong("AlwaysSame", "SAME, whatever was requested: input x stride elements around the middle.", always_same,
        "size-of-same", "crops-of-same"),
    wrong("KerasSame", "SAME as Keras sizes it with an output_padding of 0.", keras_same, "size-of-same(keras)",
        "crops-of-same"),
    wrong("AlwaysValid", "VALID as TensorFlow and Keras size it, whatever was requested.", always_valid,
        "size-of-valid", "crop-at-the-end"),
    *twins(("CropAtWrongEndOfHeight", "CropAtWrongEndOfWidth"),
        "What belongs to the {} end is cropped at the other, and the reverse.", cropped, exchanged, ("lower", "right")),
    *twins(("CropOfHeightIgnored", "CropOfWidthIgnored"), "The {} is not cropped; the size follows.", cropped,
        lambda _: NO_PADS),
    *twins(("OutputPaddingOfHeightIgnored", "OutputPaddingOfWidthIgnored"),
        "The {} has no output_padding, so the output is smaller.", cropped, ignored),
    *twins(("OutputPaddingAtTheTop", "OutputPaddingAtTheLeft"), "output_padding uncovers values at the {}.", cropped,
        at_the_start, ("top", "left")),
)
