"""Mutants about strides and dilations, and which axis is which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.core.case import Pads
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants.base import (
    Axes,
    Call,
    Mutant,
    along,
    cropped,
    mixed,
    of_one,
    sized,
    swapped,
    turned,
    twins,
    wrong,
)


def reaxed(name: str, text: str, axes: Callable[[Axis, Axis], Axes], *faults: str, only: int | None = None) -> Mutant:
    """A mutant with other axes; the size follows from them, and those that leave nothing are not taken."""

    def compute(call: Call) -> Array:
        other = mixed(call.geometry.axes, axes(*call.geometry.axes), only)
        return call.within(call.geometry.with_axes(*other))

    return wrong(name, text, compute, *faults)


def reaxed_in_size(name: str, text: str, axes: Callable[[Axis, Axis], Axes], *faults: str) -> Mutant:
    """The same, but the output is cropped or extended at the end to the size that was requested."""
    text = text.replace(".", "; the size is as requested.")
    return wrong(
        name, text, lambda call: call.right(geometry=sized(call.geometry, *axes(*call.geometry.axes))), *faults
    )


strides_ignored = of_one("s")
dilations_ignored = of_one("d")


def stride_of_height(height: Axis, width: Axis) -> Axes:
    return height, replace(width, s=height.s if min(height.s, width.s) > 1 else width.s)


def stride_of_width(height: Axis, width: Axis) -> Axes:
    return replace(height, s=width.s if min(height.s, width.s) > 1 else height.s), width


def input_dilated(height: Axis, width: Axis) -> Axes:
    return replace(height, s=height.s * height.d, d=1), replace(width, s=width.s * width.d, d=1)


def dilations_ignored_in_same(call: Call) -> Array:
    """Where the crops are those of SAME, those that SAME takes without the dilations."""
    geometry = call.geometry
    if any(axis.begin != max(axis.full - axis.out, 0) // 2 for axis in geometry.axes):
        return call.right()
    bare = zip(dilations_ignored(*geometry.axes), geometry.output_size, strict=True)
    axes = (replace(axis, begin=max(axis.full - size, 0) // 2) for axis, size in bare)
    return call.right(geometry=sized(geometry, *axes))


def one_stride_more(call: Call, index: int) -> Array:
    height, width = call.geometry.axes
    longer = (replace(height, s=height.s + 1), replace(width, s=width.s + 1))
    return call.right(geometry=sized(call.geometry, *mixed(call.geometry.axes, longer, index)))


def extended(geometry: Geometry) -> Pads:
    """Cropped less at the end by what k * d exceeds the extent of the dilated kernel."""
    return tuple((axis.begin, axis.end - axis.k * axis.d + axis.extent) for axis in geometry.axes)


def by(more: int) -> Callable[[Geometry], Pads]:
    """Crops of a size that is off by ``more`` at the end."""
    return lambda geometry: tuple((begin, end - more) for begin, end in geometry.crops)


# fmt: off
MUTANTS = (
    reaxed("StridesSwapped", "The strides of height and width are swapped.", swapped("s"), "strides-swapped"),
    reaxed_in_size("StridesSwappedInSize", "The strides of height and width are swapped.", swapped("s"),
        "strides-swapped"),
    reaxed("StridesIgnored", "The strides are 1.", strides_ignored, "strides-ignored"),
    reaxed_in_size("StridesIgnoredInSize", "The strides are 1.", strides_ignored, "strides-ignored"),
    reaxed_in_size("StrideOfHeightForBoth", "Both axes have the stride of the height.", stride_of_height,
        "stride-of-height-twice"),
    reaxed_in_size("StrideOfWidthForBoth", "Both axes have the stride of the width.", stride_of_width,
        "stride-of-width-twice"),
    reaxed("DilationsSwapped", "The dilations of height and width are swapped.", swapped("d"), "dilations-swapped"),
    reaxed_in_size("DilationsSwappedInSize", "The dilations of height and width are swapped.", swapped("d"),
        "dilations-swapped"),
    reaxed("DilationsIgnored", "The dilations are 1.", dilations_ignored, "dilations-ignored"),
    reaxed_in_size("DilationsIgnoredInSize", "The dilations are 1.", dilations_ignored, "dilations-ignored"),
    wrong("DilationsIgnoredInSame",
        "The dilations are 1, and the output is the middle that SAME takes of what comes out.",
        dilations_ignored_in_same, "dilations-ignored"),
    reaxed("InputDilated", "The dilation spreads the input, not the kernel.", input_dilated, "input-dilated"),
    reaxed_in_size("InputDilatedInSize", "The dilation spreads the input, not the kernel.", input_dilated,
        "input-dilated"),
    wrong("DataTurned", "The data's height and width are swapped; the size follows.", turned("x", "n"),
        "data-axes-swapped"),
    wrong("DataTurnedInSize", "The data's height and width are swapped; the size is as requested.",
        turned("x", "n", in_size=True), "data-axes-swapped"),
    *twins(("StrideIgnoredInHeight", "StrideIgnoredInWidth"), "The stride of the {} is 1.", reaxed, strides_ignored),
    *twins(("DilationIgnoredInHeight", "DilationIgnoredInWidth"), "The dilation of the {} is 1.", reaxed,
        dilations_ignored),
    *twins(("InputDilatedInHeight", "InputDilatedInWidth"),
        "Along the {} the dilation spreads the input, not the kernel.", reaxed, input_dilated),
    reaxed_in_size("DilationOfHeightForBoth", "Both axes have the dilation of the height.",
        lambda height, width: (height, replace(width, d=height.d))),
    reaxed_in_size("DilationOfWidthForBoth", "Both axes have the dilation of the width.",
        lambda height, width: (replace(height, d=width.d), width)),
    wrong("ExtentOfKTimesD",
        "The extent of the kernel is taken as k * d, so zeros are appended where the dilation is above 1.",
        lambda call: call.right(geometry=call.geometry.with_crops(extended(call.geometry)))),
    *twins(("OneRowMore", "OneColumnMore"), "There is one {} too many.", cropped, by(1), ("row", "column")),
    *twins(("OneRowLess", "OneColumnLess"), "There is one {} too few, unless it is the only one.", cropped, by(-1),
        ("row", "column")),
    *twins(("RowsTooFarByOne", "ColumnsTooFarByOne"),
        "The stride of the {} is one too large; the size is as requested.", along, one_stride_more),
)
