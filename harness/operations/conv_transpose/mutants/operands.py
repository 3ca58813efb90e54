"""Mutants about the operands: the kernel, its groups and channels, the data and their memory, and the bias."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.mutants.base import Call, Mutant, along, turned, twins, wrong
from harness.operations.conv_transpose.mutants.outputs import read_as_first, read_as_last

ROTATED = ("kernel-rotated", "kernel-flipped-in-height", "kernel-flipped-in-width")


def of_kernel(name: str, text: str, change: Callable[[Any], Any], *faults: str) -> Mutant:
    """A mutant that computes with a kernel that went through ``change``."""
    return wrong(name, text, lambda call: call.right(w=change(call.w)), *faults)


def of_data(name: str, text: str, change: Callable[[Any], Any], *faults: str) -> Mutant:
    """A mutant that computes with data that went through ``change``."""
    return wrong(name, text, lambda call: call.right(x=change(call.x)), *faults)


def of_bias(name: str, text: str, change: Callable[[Any], Any], *faults: str) -> Mutant:
    """A mutant that adds a bias that went through ``change``, where there is one."""
    return wrong(name, text, lambda call: call.right(b=None if call.b is None else change(call.b)), *faults)


def rotated(tensor: Any) -> Any:
    return np.rot90(tensor, 2, axes=(2, 3))


def kernel_channels_swapped(call: Call) -> Array:
    swapped = np.concatenate([block.transpose(1, 0, 2, 3) for block in np.split(call.w, call.geometry.groups)])
    return call.right(w=swapped if swapped.shape == call.w.shape else call.w)


def kernel_memory_reread(call: Call) -> Array:
    if call.geometry.groups > 1:
        return call.right()
    rows, columns, *taps = call.w.shape
    return call.right(w=call.w.ravel().reshape(columns, rows, *taps).transpose(1, 0, 2, 3))


def correlate(call: Call, w: Any) -> Array:
    """Slide w (C_out, C_in/G, kH, kW) over x, padded so that the output has the size of the geometry; stride 1."""
    geometry = call.geometry
    height, width = geometry.axes
    margins = [(axis.extent - 1 - axis.begin, axis.extent - 1 - axis.end) for axis in geometry.axes]
    padded = np.pad(call.x, ((0, 0), (0, 0), *((max(one, 0), max(other, 0)) for one, other in margins)))
    top, left = (max(-before, 0) for before, _ in margins)
    each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    y = np.zeros(geometry.output_shape)
    for c in range(geometry.out_channels):
        seen = padded[:, c // outs * each : (c // outs + 1) * each]
        for i in range(height.k):
            for j in range(width.k):
                first_row, first_column = top + i * height.d, left + j * width.d
                window = seen[:, :, first_row : first_row + height.out, first_column : first_column + width.out]
                y[:, c] += np.einsum("nihw,i->nhw", window, w[c, :, i, j])
    return y if call.b is None else y + call.b[:, None, None]


def strided(call: Call) -> bool:
    return max(axis.s for axis in call.geometry.axes) > 1


def ordinary_convolution(call: Call) -> Array:
    if strided(call):
        return call.right()
    return correlate(call, np.concatenate([part.swapaxes(0, 1) for part in np.split(call.w, call.geometry.groups)]))


def ordinary_convolution_smaller(call: Call) -> Array:
    if not strided(call):
        return call.right()
    sizes = ((axis.n + axis.begin + axis.end - axis.extent) // axis.s + 1 for axis in call.geometry.axes)
    return np.ones((call.geometry.batch, call.geometry.out_channels, *(max(size, 0) for size in sizes)))


def ordinary_convolution_of_square_kernel(call: Call) -> Array:
    square = call.geometry.in_channels == call.geometry.out_channels > call.geometry.groups
    return call.right() if strided(call) or not square else correlate(call, call.w)


def first_group(call: Call) -> Any:
    """The kernel of which each group is the first."""
    groups = call.geometry.groups
    return np.concatenate([call.w[: len(call.w) // groups]] * groups)


def groups_ignored(call: Call) -> Array:
    whole = np.concatenate([call.w] * call.geometry.groups, axis=1)
    return call.right(geometry=replace(call.geometry, groups=1), w=whole)


def groups_ignored_in_channels(call: Call) -> Array:
    each = call.w.shape[1]
    small = replace(call.geometry, groups=1, out_channels=each)
    return call.right(geometry=small, b=None if call.b is None else call.b[:each])


def groups_interleaved(call: Call) -> Array:
    y = call.right()
    return np.stack(np.split(y, call.geometry.groups, axis=1), axis=2).reshape(y.shape)


def inputs_interleaved(call: Call) -> Array:
    groups = call.geometry.groups
    return call.right(x=np.concatenate([call.x[:, group::groups] for group in range(groups)], axis=1))


def last_group_wrong(call: Call) -> Array:
    each, w = call.geometry.in_channels // call.geometry.groups, call.w
    return call.right(w=np.concatenate([w[:-each], w[-2 * each : -each]]) if call.geometry.groups > 1 else w)


def last_input_of_groups_skipped(call: Call) -> Array:
    each, x = call.geometry.in_channels // call.geometry.groups, call.x.copy()
    if each > 1:
        x[:, each - 1 :: each] = 0
    return call.right(x=x)


def last_kernel_of_groups_skipped(call: Call) -> Array:
    each, w = call.geometry.in_channels // call.geometry.groups, call.w.copy()
    if call.geometry.groups > 1 and each > 1:
        w[each - 1 :: each] = 0
    return call.right(w=w)


def last_kernel_skipped(call: Call) -> Array:
    w = call.w.copy()
    w[call.geometry.in_channels - 1 :] *= call.geometry.in_channels == 1
    return call.right(w=w)


def inputs_from(first: int) -> Callable[[Any], Any]:
    return lambda x: np.concatenate([x[:, :first], np.zeros_like(x[:, first:])], axis=1)


def without_last(tensor: Any, index: int) -> Any:
    """``tensor`` with zeros in its last row (0) or column (1)."""
    left = np.array(tensor)
    left[(..., slice(-1, None), slice(None)) if index == 0 else (..., slice(-1, None))] = 0
    return left


def output_of_input_channels(call: Call) -> Array:
    if call.geometry.in_channels == call.geometry.out_channels:
        return call.right()
    batch, _, rows, columns = call.geometry.output_shape
    return np.ones((batch, call.geometry.in_channels, rows, columns))


def zeros_of_input_skipped(call: Call) -> Array:
    full = call.right()
    if np.all(np.isfinite(call.w)):
        return full
    return np.where(np.isnan(full), call.right(w=np.where(np.isfinite(call.w), call.w, 0.0)), full)


def bias_of_group_0(call: Call) -> Array:
    groups, b = call.geometry.groups, call.b
    return call.right(b=None if b is None else np.concatenate([b[: len(b) // groups]] * groups))


def bias_unrequested(call: Call) -> Array:
    return call.right(b=np.arange(1.0, call.geometry.out_channels + 1) if call.b is None else call.b)


def bias_along(call: Call, index: int) -> Array:
    """The bias broadcast along the height (0) or width (1) where that is as long as the bias."""
    y, b = call.right(b=None), call.b
    if b is None:
        return y
    along_axis = b[:, None] if index == 0 else b
    return np.asarray(y + (along_axis if y.shape[2 + index] == len(b) else b[:, None, None]))


def bias_missing_on_zeros(call: Call) -> Array:
    (top, bottom), (left, right) = call.geometry.crops
    inner = call.geometry.with_crops(((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))))
    if min(inner.output_size) < 0:
        return call.right()
    margins = ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right, 0)))
    return np.pad(call.right(geometry=inner), ((0, 0), (0, 0), *margins))


def bias_missing_at_the_end(call: Call, index: int) -> Array:
    y, end = call.right(), call.geometry.axes[index].end
    if call.b is not None and end < 0:
        y[(..., slice(end, None), slice(None)) if index == 0 else (..., slice(end, None))] -= call.b[:, None, None]
    return y


def bias_of_first_of_batch(call: Call) -> Array:
    y = call.right()
    if call.b is not None:
        y[1:] -= call.b[:, None, None]
    return y


# fmt: off
MUTANTS = (
    of_kernel("KernelRotated", "The kernel is rotated by 180 degrees.", rotated, *ROTATED),
    of_kernel("KernelFlippedInHeight", "The kernel is upside down.", lambda w: np.flip(w, 2),
        "kernel-flipped-in-height"),
    of_kernel("KernelFlippedInWidth", "The kernel is its mirror image.", lambda w: np.flip(w, 3),
        "kernel-flipped-in-width"),
    wrong("KernelTransposed", "The kernel's height and width are swapped; the size follows the kernel.",
        turned("w", "k"), "kernel-axes-swapped"),
    wrong("KernelTransposedInSize", "The kernel's height and width are swapped; the size is as requested.",
        turned("w", "k", in_size=True), "kernel-axes-swapped"),
    wrong("KernelChannelsSwapped",
        "The kernel's first axis is taken for the output channels, within each group, where the sizes let it.",
        kernel_channels_swapped, "kernel-channels-swapped"),
    wrong("KernelMemoryReread", "The kernel's memory is taken as (C_out, C_in, kH, kW).", kernel_memory_reread,
        "kernel-channels-reread", "kernel-channels-swapped"),
    wrong("OrdinaryConvolution", "An ordinary convolution, padded to the right size, where the stride is 1.",
        ordinary_convolution, "ordinary-convolution"),
    wrong("OrdinaryConvolutionSmaller",
        "An ordinary convolution with the padding as given, smaller where the stride is above 1.",
        ordinary_convolution_smaller, "ordinary-convolution"),
    wrong("OrdinaryConvolutionOfSquareKernel",
        "An ordinary convolution that takes the kernel's first axis for the outputs, where sizes and stride let it.",
        ordinary_convolution_of_square_kernel, "ordinary-convolution-with-its-channels"),
    of_kernel("KernelWithoutSigns", "The signs of the kernel are lost.", lambda w: np.sqrt(w * w), "kernel-absolute"),
    *twins(("LastTapOfHeightSkipped", "LastTapOfWidthSkipped"), "The last {} of the kernel is never read.", along,
        lambda call, index: call.right(w=without_last(call.w, index)), ("row", "column")),
    *twins(("LastRowOfInputSkipped", "LastColumnOfInputSkipped"), "The last {} of the input is never read.", along,
        lambda call, index: call.right(x=without_last(call.x, index)), ("row", "column")),
    of_data("DataUpsideDown", "The rows of the data come in reverse order.", lambda x: np.flip(x, 2),
        "data-flipped-in-height"),
    of_data("DataMirrored", "The columns of the data come in reverse order.", lambda x: np.flip(x, 3),
        "data-flipped-in-width"),
    of_data("DataRotated", "The data are rotated by 180 degrees.", rotated, "data-rotated", "data-flipped-in-height",
        "data-flipped-in-width"),
    of_data("DataReadAsLast", "(N, C, H, W) memory is taken for (N, H, W, C).", read_as_last,
        "data-in-the-other-layout"),
    of_data("DataReadAsFirst", "(N, H, W, C) memory is taken for (N, C, H, W).", read_as_first,
        "data-in-the-other-layout(NHWC)"),
    wrong("FirstGroupThroughout", "Every group uses the kernel of group 0.",
        lambda call: call.right(w=first_group(call)), "kernel-of-group-0"),
    wrong("GroupsIgnored",
        "Each output channel sums all input channels, with the kernel columns of its place in a group.", groups_ignored,
        "groups-ignored"),
    wrong("GroupsIgnoredInChannels", "All input channels are summed into as many outputs as a group has.",
        groups_ignored_in_channels, "groups-ignored"),
    wrong("GroupsInterleaved", "The outputs of the groups take turns.", groups_interleaved,
        "groups-interleaved(output, interleaved)"),
    wrong("InputsInterleaved", "A group takes every G-th input channel.", inputs_interleaved,
        "groups-interleaved(input, taken for interleaved)", "groups-interleaved(input, interleaved)"),
    wrong("LastGroupWrong", "The last group, where there are several, uses the kernel of the group before it.",
        last_group_wrong),
    wrong("LastInputOfGroupSkipped", "The last input channel of each group is not summed, where a group has several.",
        last_input_of_groups_skipped),
    wrong("LastInputChannelSkipped", "A loop over input channels ends one too early.", last_kernel_skipped,
        "last-input-channel-skipped"),
    wrong("LastOfGroupSkipped", "A loop over the input channels of a group ends one too early.",
        last_kernel_of_groups_skipped, "last-input-channel-skipped"),
    of_data("InputsFromFifth", "Input channels from the fifth on are not summed.", inputs_from(4)),
    of_data("InputsFromNinth", "Input channels from the ninth on are not summed.", inputs_from(8)),
    of_data("InputsFrom17th", "Input channels from the seventeenth on are not summed.", inputs_from(16)),
    wrong("OutputOfInputChannels", "The output has as many channels as the input, where that is another number.",
        output_of_input_channels, "kernel-channels-swapped"),
    wrong("ZerosOfInputSkipped", "An input of zero is skipped, so that infinity times zero is lost.",
        zeros_of_input_skipped),
    of_bias("BiasMissing", "There is no bias.", lambda _: None, "bias-missing"),
    of_bias("BiasDoubled", "The bias is added twice.", lambda b: b + b, "bias-doubled"),
    of_bias("BiasOfChannel0", "The first number of the bias is taken for all channels.",
        lambda b: np.full(len(b), b[0]), "bias-of-channel-0"),
    wrong("BiasOfGroup0", "Each group adds the bias of group 0.", bias_of_group_0, "bias-of-group-0",
        "bias-of-channel-0"),
    of_bias("BiasOfTheNext", "Each channel has the bias of the channel after it.",
        lambda b: np.concatenate([b[1:], b[:1]]), "bias-permuted"),
    of_bias("BiasShuffled", "The biases are in an order of no rule.", lambda b: np.random.default_rng(7).permutation(b),
        "bias-permuted"),
    of_bias("BiasHalved", "Half the bias is added.", lambda b: b / 2, "bias-other"),
    wrong("BiasUnasked", "A bias is left from before where none was requested.", bias_unrequested, "bias-unasked"),
    wrong("BiasAlongHeight", "The bias is broadcast along the rows where they are as many as it has numbers.",
        lambda call: bias_along(call, 0), "bias-along-height"),
    wrong("BiasAlongWidth", "The bias is broadcast along the last axis where that is as long as the bias.",
        lambda call: bias_along(call, 1), "bias-along-width"),
    wrong("BiasMissingOnZeros", "The bias is missing where the output is extended by zeros.", bias_missing_on_zeros,
        "bias-before-extension"),
    *twins(("BiasBeforeTheCrop", "BiasBeforeTheRightIsExtended"), "The bias is added before zeros are appended in {}.",
        along, bias_missing_at_the_end),
    wrong("BiasOfFirstOfBatch", "The bias is added to the first of the batch only.", bias_of_first_of_batch),
)
