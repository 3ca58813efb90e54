"""Mutants whose last number is one too large for some calls, and which are right for all others."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants.base import Call, Mutant, twins


def last_number_off(call: Call) -> Array:
    y = call.right()
    if y.size:
        y[-1, -1, -1, -1] += 1
    return y


def where_call(name: str, text: str, when: Callable[[Call], bool]) -> Mutant:
    """Wrong for calls of which ``when`` holds."""
    return Mutant(name, text, answer=last_number_off, when=when)


def where(name: str, text: str, when: Callable[[Geometry], bool]) -> Mutant:
    """Wrong for geometries of which ``when`` holds."""
    return where_call(name, text, lambda call: not call.empty and when(call.geometry))


def where_axis(name: str, text: str, when: Callable[[Axis], bool], *, only: int | None = None) -> Mutant:
    """Wrong where ``when`` holds for an axis, or for the axis ``only`` where that is given."""
    if only is None:
        return where(name, text, lambda geometry: any(map(when, geometry.axes)))
    return where(name, text, lambda geometry: when(geometry.axes[only]))


# fmt: off
MUTANTS = (
    *twins(("KernelSmallerThanStrideInHeight", "KernelSmallerThanStrideInWidth"),
        "Wrong where the kernel is smaller than the stride, in {}.", where_axis, lambda axis: axis.k < axis.s),
    where_axis("ExtentSmallerThanStrideOnly", "Wrong where even the dilated kernel is smaller than the stride.",
        lambda axis: axis.d > 1 and axis.extent < axis.s),
    where_axis("KernelEqualToStride", "Wrong where kernel and stride are equal and above 1.",
        lambda axis: axis.k == axis.s > 1),
    where_axis("KernelLargerThanStride", "Wrong where the kernel is larger than a stride above 1.",
        lambda axis: axis.k > axis.s > 1),
    where_axis("KernelIsNoMultipleOfStride", "Wrong where the stride does not divide a larger kernel.",
        lambda axis: axis.k > axis.s and axis.k % axis.s > 0),
    *twins(("KernelEvenInHeight", "KernelEvenInWidth"), "Wrong where the kernel has an even {}.", where_axis,
        lambda axis: axis.k % 2 == 0),
    *twins(("KernelOddInHeight", "KernelOddInWidth"), "Wrong where the kernel has an odd {} above 1.", where_axis,
        lambda axis: axis.k > 1 and axis.k % 2 == 1),
    where_axis("KernelOfFourOrMore", "Wrong where the kernel has 4 taps or more along an axis.",
        lambda axis: axis.k >= 4),
    where_axis("KernelOfEightOrMore", "Wrong where the kernel has 8 taps or more along an axis.",
        lambda axis: axis.k >= 8),
    where_axis("KernelLargerThanInput", "Wrong where the kernel is larger than the input.",
        lambda axis: axis.k > axis.n),
    where_axis("InputOfOne", "Wrong where the input has one element along an axis.", lambda axis: axis.n == 1),
    where_axis("OutputOfOne", "Wrong where the output has one element along an axis.", lambda axis: axis.out == 1),
    *twins(("OutputTallerThan16", "OutputWiderThan16"), "Wrong where the output is {} than 16.", where_axis,
        lambda axis: axis.out > 16, ("taller", "wider")),
    *twins(("OutputTallerThan64", "OutputWiderThan64"), "Wrong where the output is {} than 64.", where_axis,
        lambda axis: axis.out > 64, ("taller", "wider")),
    where_axis("StrideOfThreeOrMore", "Wrong where the stride is 3 or more.", lambda axis: axis.s >= 3),
    where_axis("StrideOfFiveOrMore", "Wrong where the stride is 5 or more.", lambda axis: axis.s >= 5),
    where_axis("DilationOfThreeOrMore", "Wrong where the dilation is 3 or more.", lambda axis: axis.d >= 3),
    where_axis("StrideWithDilation", "Wrong where stride and dilation are both above 1 along an axis.",
        lambda axis: axis.s > 1 and axis.d > 1),
    where_axis("DilationAboveStride", "Wrong where the dilation is larger than a stride above 1.",
        lambda axis: axis.d > axis.s > 1),
    where_axis("DilationSharesAFactorWithStride",
        "Wrong where stride and dilation have a common factor, so that taps meet in a lattice.",
        lambda axis: math.gcd(axis.s, axis.d) > 1),
    where_axis("DilationOfEvenKernel", "Wrong where a dilated kernel has an even number of taps.",
        lambda axis: axis.d > 1 and axis.k % 2 == 0),
    *twins(("CropsUnequalInHeight", "CropsUnequalInWidth"), "Wrong where the crops at {} differ.", where_axis,
        lambda axis: axis.begin != axis.end, ("top and bottom", "left and right")),
    where_axis("CropLargerAtTheBeginning", "Wrong where more is cropped at the beginning than at the end.",
        lambda axis: axis.begin > axis.end),
    *twins(("OutputPaddingAbovePaddingInHeight", "OutputPaddingAbovePaddingInWidth"),
        "Wrong where output_padding exceeds the padding, in {}.", where_axis, lambda axis: axis.begin > 0 > axis.end),
    where_axis("OutputPaddingAtStride", "Wrong where output_padding is the stride or more, which a dilation allows.",
        lambda axis: axis.begin >= 0 and axis.begin - axis.end >= axis.s),
    *twins(("ZerosAppendedInHeight", "ZerosAppendedInWidth"), "Wrong where zeros are appended at the {}.", where_axis,
        lambda axis: axis.end < 0, ("bottom", "right")),
    where_axis("ZerosPrepended", "Wrong where zeros stand before the first value.", lambda axis: axis.begin < 0),
    where_axis("CropBeyondTheKernel", "Wrong where more than the kernel's overhang is cropped.",
        lambda axis: axis.begin > axis.extent - 1 or axis.end > axis.extent - 1),
    where_axis("CropBeyondTheStride", "Wrong where a crop exceeds the stride.",
        lambda axis: axis.begin > axis.s or axis.end > axis.s),
    where_axis("HolesBetweenCopies", "Wrong where elements between two copies of the kernel get nothing.",
        lambda axis: axis.n > 1 and axis.extent < axis.s),
    where("StridesUnequal", "Wrong where the strides differ.", lambda geometry: geometry.height.s != geometry.width.s),
    where("StrideInHeightOnly", "Wrong where the height alone has a stride.",
        lambda geometry: geometry.height.s > 1 == geometry.width.s),
    where("StrideInWidthOnly", "Wrong where the width alone has a stride.",
        lambda geometry: geometry.width.s > 1 == geometry.height.s),
    where("StridesBoth", "Wrong where both strides are above 1 and differ.",
        lambda geometry: min(geometry.height.s, geometry.width.s) > 1 and geometry.height.s != geometry.width.s),
    where("DilationsUnequal", "Wrong where the dilations differ.",
        lambda geometry: geometry.height.d != geometry.width.d),
    where("DilationInHeightOnly", "Wrong where the height alone is dilated.",
        lambda geometry: geometry.height.d > 1 == geometry.width.d),
    where("DilationInWidthOnly", "Wrong where the width alone is dilated.",
        lambda geometry: geometry.width.d > 1 == geometry.height.d),
    where("StrideAcrossDilation", "Wrong where one axis has the stride and the other the dilation.",
        lambda geometry: geometry.height.s > 1 == geometry.height.d and geometry.width.d > 1 == geometry.width.s),
    where("KernelTall", "Wrong where the kernel is taller than wide.",
        lambda geometry: geometry.height.k > geometry.width.k),
    where("KernelWide", "Wrong where the kernel is wider than tall.",
        lambda geometry: geometry.height.k < geometry.width.k),
    where("InputTall", "Wrong where the input is taller than wide.",
        lambda geometry: geometry.height.n > geometry.width.n),
    where("InputWide", "Wrong where the input is wider than tall.",
        lambda geometry: geometry.height.n < geometry.width.n),
    where("InputOddRectangle", "Wrong for rectangles of two odd sides.",
        lambda geometry: geometry.height.n != geometry.width.n and geometry.height.n % 2 == geometry.width.n % 2 == 1),
    where("OutputOddRectangle", "Wrong where the output is a rectangle of two odd sides.",
        lambda geometry: math.prod(geometry.output_size) % 2 == 1 and geometry.height.out != geometry.width.out),
    where("OutputSquare", "Wrong where the output is a square.",
        lambda geometry: geometry.height.out == geometry.width.out > 1),
    where("PointwiseKernel", "Wrong for a kernel of one tap.",
        lambda geometry: geometry.height.k == geometry.width.k == 1),
    where("CropsDifferByAxis", "Wrong where the axes are cropped differently.",
        lambda geometry: geometry.crops[0] != geometry.crops[1]),
    where("BatchAboveOne", "Wrong where the batch is above 1.", lambda geometry: geometry.batch > 1),
    where("BatchAboveTwo", "Wrong where the batch is above 2.", lambda geometry: geometry.batch > 2),
    where("BatchOfOne", "Wrong where the batch is 1.", lambda geometry: geometry.batch == 1),
    where("InChannelsOfOne", "Wrong where there is one input channel.", lambda geometry: geometry.in_channels == 1),
    where("InChannelsOfFourOrMore", "Wrong where there are 4 input channels or more.",
        lambda geometry: geometry.in_channels >= 4),
    where("InChannelsOf16OrMore", "Wrong where there are 16 input channels or more.",
        lambda geometry: geometry.in_channels >= 16),
    where("OutChannelsOfOne", "Wrong where there is one output channel.", lambda geometry: geometry.out_channels == 1),
    where("OutChannelsOf16OrMore", "Wrong where there are 16 output channels or more.",
        lambda geometry: geometry.out_channels >= 16),
    where("InChannelsNoMultipleOfFour", "Wrong where 4 does not divide more than 4 input channels.",
        lambda geometry: geometry.in_channels > 4 and geometry.in_channels % 4 > 0),
    where("ChannelsEqual", "Wrong where there are as many output channels as input channels, above 1.",
        lambda geometry: geometry.in_channels == geometry.out_channels > 1),
    where("ChannelsFewerOut", "Wrong where there are fewer output channels.",
        lambda geometry: geometry.out_channels < geometry.in_channels),
    where("ChannelsMoreOut", "Wrong where there are more output channels.",
        lambda geometry: geometry.out_channels > geometry.in_channels),
    where("GroupsAboveOne", "Wrong where there are groups.", lambda geometry: geometry.groups > 1),
    where("GroupsAboveTwo", "Wrong where there are 3 groups or more.", lambda geometry: geometry.groups > 2),
    where("Depthwise", "Wrong where each group has one input channel.",
        lambda geometry: 1 < geometry.groups == geometry.in_channels),
    where("DepthwiseWithMultiplier", "Wrong where each input channel has several outputs of its own.",
        lambda geometry: 1 < geometry.groups == geometry.in_channels < geometry.out_channels),
    where("GroupsOfSeveralChannels", "Wrong where a group has several channels on both sides.",
        lambda geometry: geometry.groups > 1 and min(geometry.in_channels, geometry.out_channels) > geometry.groups),
    where("GroupsWithBatch", "Wrong where there are groups and a batch.",
        lambda geometry: min(geometry.groups, geometry.batch) > 1),
    where("GroupsWithStride", "Wrong where there are groups and a stride.",
        lambda geometry: geometry.groups > 1 and max(axis.s for axis in geometry.axes) > 1),
    where("GroupsWithDilation", "Wrong where there are groups and a dilation.",
        lambda geometry: geometry.groups > 1 and max(axis.d for axis in geometry.axes) > 1),
    where_call("ChannelsLast", "Wrong in NHWC.", lambda call: call.layout == "NHWC"),
    where_call("ChannelsFirst", "Wrong in NCHW.", lambda call: call.layout == "NCHW"),
    where_call("ChannelsLastWithBias", "Wrong in NHWC with a bias.",
        lambda call: call.layout == "NHWC" and call.b is not None),
    where_call("Float64Only", "Wrong in float64.", lambda call: call.dtype.name == "float64"),
    where_call("Float16Only", "Wrong in float16.", lambda call: call.dtype.name == "float16"),
    where_call("Float16WithBias", "Wrong in float16 with a bias.",
        lambda call: call.dtype.name == "float16" and call.b is not None),
    where_call("BiasedOnly", "Wrong with a bias.", lambda call: call.b is not None),
    where_call("UnbiasedOnly", "Wrong without a bias.", lambda call: call.b is None),
)
