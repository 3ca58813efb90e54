"""Mutants that misread the words of one dialect: the crops are others, and the size follows from them."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from harness.core.case import Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import Mutant, StatedAxis, dialect_of

When = Callable[[StatedAxis], bool]


def misread(name: str, text: str, when: When, crops: Callable[[StatedAxis], Pair]) -> Mutant:
    """A mutant that takes ``crops`` in the cases of its dialect, for the axes of which ``when`` holds.

    What would leave nothing is read rightly.
    """

    def read(axis: StatedAxis) -> Pair:
        return crops(axis) if when(axis) else (axis.begin, axis.end)

    return Mutant(name, text, dialect=dialect_of(name), read=read)


def moved(axis: Axis, begin: int) -> Pair:
    """The crops of ``axis`` at its size that begin with ``begin``."""
    return begin, axis.begin + axis.end - begin


def placed(axis: Axis, begin: int, size: int) -> Pair:
    """The crops of ``axis`` that begin with ``begin`` and leave ``size``."""
    return begin, axis.full - begin - size


def by_default(axis: Axis) -> Pair:
    """The crops of SAME where it makes its default size."""
    return placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)


same, valid, explicit = map(attrgetter, ("same", "valid", "explicit"))


def sized(axis: StatedAxis) -> bool:
    return axis.o is not None


def extended(axis: StatedAxis) -> bool:
    return axis.q is not None


def same_extended(axis: StatedAxis) -> bool:
    return axis.pads == "same" and axis.q is not None


# fmt: off
MUTANTS = (
    misread("TensorFlowSameCeil", "Of an odd crop for SAME the larger half is at the beginning: ceil for floor.", same,
        lambda axis: moved(axis, -(-max(axis.full - axis.out, 0) // 2))),
    misread("TensorFlowSameWithoutMax", "The crop of SAME may be negative, so that zeros stand before the first value.",
        same, lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    misread("TensorFlowSameOfTheKernel",
        "The crop of SAME is reckoned from the kernel, not from what its dilation makes of it.", same,
        lambda axis: moved(axis, max((axis.n - 1) * axis.s + axis.k - axis.out, 0) // 2)),
    misread("TensorFlowSameOfTheDefault",
        "The crop of SAME is that of the default output size, whatever size is requested.", same,
        lambda axis: moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)),
    misread("TensorFlowSameSmallest", "Without an output size SAME takes the smallest that is possible.",
        lambda axis: axis.same and axis.o is None,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1)),
    misread("TensorFlowSameSizeIgnored", "SAME makes input x stride, whatever output size is requested.",
        lambda axis: axis.same and axis.o is not None, by_default),
    misread("TensorFlowValidWithoutMax",
        "Without an output size VALID ends with the last copy, also where the kernel is smaller than the stride.",
        lambda axis: axis.valid and axis.o is None, lambda _: (0, 0)),
    misread("TensorFlowValidSizeIgnored", "VALID makes its default size, whatever output size is requested.",
        lambda axis: axis.valid and axis.o is not None, lambda axis: (0, -max(axis.s - axis.extent, 0))),
    misread("TensorFlowValidCentred", "What VALID adds stands half at each side.", valid,
        lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    misread("TensorFlowExplicitSwapped", "The padding before and the padding after change places.", explicit,
        lambda axis: moved(axis, axis.pair[1])),
    misread("TensorFlowExplicitCentred", "Explicit padding is cropped half at each side.", explicit,
        lambda axis: moved(axis, sum(axis.pair) // 2)),
    misread("TensorFlowExplicitSmallest",
        "Explicit padding makes the smallest size, whatever output size is requested.", explicit,
        lambda axis: axis.pair),
    misread("KerasSameCeil", "Of an odd crop for same the larger half is at the beginning: ceil for floor.",
        lambda axis: axis.pads == "same", lambda axis: moved(axis, -(-max(axis.full - axis.out, 0) // 2))),
    misread("KerasSameWithoutMax", "The crop of same may be negative, so that zeros stand before the first value.",
        lambda axis: axis.pads == "same", lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    misread("KerasSameOddForEven", "With an output_padding the size of same is that of an odd kernel.", same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1 + axis.extra)),
    misread("KerasSameEvenForOdd", "With an output_padding the size of same is that of an even kernel.", same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.extra)),
    misread("KerasSameParityOfTheKernel",
        "With an output_padding the size of same goes by the kernel's parity, not by that of its dilated extent.",
        same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.k % 2 + axis.extra)),
    misread("KerasSameOnTopOfTheDefault", "An output_padding is added to the default size of same.", same_extended,
        lambda axis: placed(axis, axis.begin, axis.n * axis.s + axis.extra)),
    misread("KerasSameNoneForZero", "same takes an output_padding of 0 for none.",
        lambda axis: axis.pads == "same" and axis.q == 0, by_default),
    misread("KerasSameZeroForNone", "same takes no output_padding for one of 0.",
        lambda axis: axis.pads == "same" and axis.q is None,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.extent % 2)),
    misread("KerasSameBeginOfTheDefault", "The crop of same is that of the default size, whatever the output_padding.",
        same_extended, lambda axis: moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)),
    misread("KerasValidNoneForZero", "valid takes an output_padding of 0 for none.",
        lambda axis: axis.pads != "same" and axis.q == 0, lambda axis: (0, -max(axis.s - axis.extent, 0))),
    misread("KerasValidZeroForNone", "valid takes no output_padding for one of 0.",
        lambda axis: axis.pads != "same" and axis.q is None, lambda _: (0, 0)),
    misread("KerasValidAtTheStart", "The output_padding of valid stands at the beginning.",
        lambda axis: axis.pads != "same" and axis.q is not None, lambda axis: moved(axis, -axis.extra)),
    misread("KerasValidUpToTheStride", "Without an output_padding valid is filled up to a multiple of the stride.",
        lambda axis: axis.pads != "same" and axis.q is None, lambda axis: (0, -(-axis.full % axis.s))),
    misread("PyTorchSizeIgnored", "output_size is ignored: the smallest size it is.", sized,
        lambda axis: (axis.begin, axis.begin)),
    misread("PyTorchSizeAtTheStart", "What output_size requests beyond the smallest is uncovered at the beginning.",
        sized, lambda axis: (axis.end, axis.begin)),
    misread("PyTorchPaddingTwiceAtTheStart", "All the padding is cropped at the beginning.",
        lambda axis: axis.o is None, lambda axis: moved(axis, 2 * axis.begin)),
    misread("PyTorchOutputPaddingDoubled", "output_padding is added twice.", extended,
        lambda axis: (axis.begin, axis.end - axis.extra)),
    misread("PyTorchOutputPaddingOnBothSides", "Half the output_padding is uncovered at the beginning.", extended,
        lambda axis: (axis.begin - axis.extra // 2, axis.begin - axis.extra + axis.extra // 2)),
    misread("PyTorchPaddingOfTheInput",
        "padding is taken for zeros around the spread input, as in an ordinary convolution.", explicit,
        lambda axis: (axis.extent - 1 - axis.begin, axis.extent - 1 - axis.begin)),
    misread("PyTorchPaddingDilated", "padding is counted in dilated taps.", explicit,
        lambda axis: (axis.begin * axis.d, axis.begin * axis.d + axis.end - axis.begin)),
    misread("OnnxUpperForLower", "SAME_LOWER is read as SAME_UPPER.", lambda axis: axis.pads == "same_lower",
        lambda axis: moved(axis, (axis.begin + axis.end + axis.extra) // 2)),
    misread("OnnxLowerForUpper", "SAME_UPPER is read as SAME_LOWER.", lambda axis: axis.pads == "same",
        lambda axis: moved(axis, -(-(axis.begin + axis.end + axis.extra) // 2))),
    misread("OnnxNotSetAsUpper", "output_shape without auto_pad is cropped as with SAME_UPPER.",
        lambda axis: axis.o is not None and axis.pads not in {"same", "same_lower"},
        lambda axis: moved(axis, (axis.begin + axis.end + axis.extra) // 2)),
    misread("OnnxTotalWithoutOutputPadding", "output_padding is left out of what an output_shape crops.",
        lambda axis: (axis.o is not None or isinstance(axis.pads, str)) and axis.pads not in {"same", "valid"},
        lambda axis: moved(axis, -(-(axis.begin + axis.end) // 2))),
    misread("OnnxPadsSwapped", "The pads at beginning and end change places.",
        lambda axis: axis.o is None and axis.explicit, lambda axis: moved(axis, axis.end + axis.extra)),
    misread("OnnxSizeIgnored", "output_shape is ignored: nothing is cropped.", sized, lambda axis: (0, -axis.extra)),
    misread("OnnxValidAsSame", "VALID is read as SAME_UPPER.", valid, by_default),
    misread("JaxPadsAsCrops", "The pads of the spread input are taken for crops of the output.", explicit,
        lambda axis: axis.pair),
    misread("JaxPadsSwapped", "The pads at beginning and end change places.", explicit,
        lambda axis: moved(axis, axis.end)),
    misread("JaxPadsOfTheKernel", "Pads are held against the kernel, not against what its dilation makes of it.",
        explicit, lambda axis: (axis.k - 1 - axis.pair[0], axis.k - 1 - axis.pair[1])),
    misread("JaxPadsOffByOne", "Pads are held against the extent, not against one less.", explicit,
        lambda axis: (axis.begin + 1, axis.end + 1)),
    misread("JaxSameCeil", "Of an odd crop for SAME the larger half is at the beginning: ceil for floor.", same,
        lambda axis: moved(axis, -(-max(axis.extent - axis.s, 0) // 2))),
    misread("JaxSameWithoutMax", "The crop of SAME may be negative, so that zeros stand before the first value.", same,
        lambda axis: moved(axis, (axis.extent - axis.s) // 2)),
    misread("JaxSameOfTheKernel",
        "The crop of SAME is reckoned from the kernel, not from what its dilation makes of it.", same,
        lambda axis: moved(axis, max(axis.k - axis.s, 0) // 2)),
    misread("JaxValidWithoutMax", "VALID ends with the last copy, also where the kernel is smaller than the stride.",
        valid, lambda _: (0, 0)),
    misread("JaxValidAsFull", "VALID is longer by the stride less one, as if every stride were filled.", valid,
        lambda axis: (0, axis.end - axis.s + 1)),
    misread("CanonicalNeverNegative", "A negative crop is taken for none.", lambda axis: min(axis.begin, axis.end) < 0,
        lambda axis: (max(axis.begin, 0), max(axis.end, 0))),
    misread("CanonicalBeginForEnd", "Both crops are that of the beginning.", lambda axis: axis.o is None,
        lambda axis: (axis.begin, axis.begin)),
    misread("CanonicalSizeFromTheFull", "An output size is counted from the full output, not from the crop.", sized,
        lambda axis: (axis.begin, axis.end + axis.begin)),
)
