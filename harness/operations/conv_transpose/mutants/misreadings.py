"""Mutants that misread the words of one dialect: the crops are others, and the size follows from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.core.case import Dialect, Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import Mutant, StatedAxis

When = Callable[[StatedAxis], bool]


def misread(dialect: Dialect, name: str, text: str, when: When, crops: Callable[[StatedAxis], Pair]) -> Mutant:
    """A mutant that takes ``crops`` in the cases of ``dialect``, for the axes of which ``when`` holds.

    What would leave nothing is read rightly.
    """
    return Mutant(name, text, dialect=dialect, read=lambda axis: crops(axis) if when(axis) else (axis.begin, axis.end))


def moved(axis: Axis, begin: int) -> Pair:
    """The crops of ``axis`` at its size that begin with ``begin``."""
    return begin, axis.begin + axis.end - begin


def placed(axis: Axis, begin: int, size: int) -> Pair:
    """The crops of ``axis`` that begin with ``begin`` and leave ``size``."""
    return begin, axis.full - begin - size


def same(axis: StatedAxis) -> bool:
    return axis.same


def valid(axis: StatedAxis) -> bool:
    return axis.pads == "valid"


def explicit(axis: StatedAxis) -> bool:
    return isinstance(axis.pads, tuple)


def sized(axis: StatedAxis) -> bool:
    return axis.o is not None


def extended(axis: StatedAxis) -> bool:
    return axis.q is not None


def same_extended(axis: StatedAxis) -> bool:
    return axis.pads == "same" and axis.q is not None


tensorflow = partial(misread, "tensorflow")
keras = partial(misread, "keras")
pytorch = partial(misread, "pytorch")
onnx = partial(misread, "onnx")
jax = partial(misread, "jax")
canonical = partial(misread, "canonical")
# fmt: off
MUTANTS = (
    tensorflow("TensorFlowSameCeil", "Of an odd crop for SAME the larger half is at the beginning: ceil for floor.",
        same, lambda axis: moved(axis, -(-max(axis.full - axis.out, 0) // 2))),
    tensorflow("TensorFlowSameWithoutMax",
        "The crop of SAME may be negative, so that zeros stand before the first value.", same,
        lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    tensorflow("TensorFlowSameOfTheKernel",
        "The crop of SAME is reckoned from the kernel, not from what its dilation makes of it.", same,
        lambda axis: moved(axis, max((axis.n - 1) * axis.s + axis.k - axis.out, 0) // 2)),
    tensorflow("TensorFlowSameOfTheDefault",
        "The crop of SAME is that of the default output size, whatever size is requested.", same,
        lambda axis: moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)),
    tensorflow("TensorFlowSameSmallest", "Without an output size SAME takes the smallest that is possible.",
        lambda axis: axis.same and axis.o is None,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1)),
    tensorflow("TensorFlowSameSizeIgnored", "SAME makes input x stride, whatever output size is requested.",
        lambda axis: axis.same and axis.o is not None,
        lambda axis: placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)),
    tensorflow("TensorFlowValidWithoutMax",
        "Without an output size VALID ends with the last copy, also where the kernel is smaller than the stride.",
        lambda axis: axis.pads == "valid" and axis.o is None, lambda _: (0, 0)),
    tensorflow("TensorFlowValidSizeIgnored", "VALID makes its default size, whatever output size is requested.",
        lambda axis: axis.pads == "valid" and axis.o is not None, lambda axis: (0, -max(axis.s - axis.extent, 0))),
    tensorflow("TensorFlowValidCentred", "What VALID adds stands half at each side.", valid,
        lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    tensorflow("TensorFlowExplicitSwapped", "The padding before and the padding after change places.", explicit,
        lambda axis: moved(axis, axis.pair[1])),
    tensorflow("TensorFlowExplicitCentred", "Explicit padding is cropped half at each side.", explicit,
        lambda axis: moved(axis, sum(axis.pair) // 2)),
    tensorflow("TensorFlowExplicitSmallest",
        "Explicit padding makes the smallest size, whatever output size is requested.", explicit,
        lambda axis: axis.pair),
    keras("KerasSameCeil", "Of an odd crop for same the larger half is at the beginning: ceil for floor.",
        lambda axis: axis.pads == "same", lambda axis: moved(axis, -(-max(axis.full - axis.out, 0) // 2))),
    keras("KerasSameWithoutMax", "The crop of same may be negative, so that zeros stand before the first value.",
        lambda axis: axis.pads == "same", lambda axis: moved(axis, (axis.full - axis.out) // 2)),
    keras("KerasSameOddForEven", "With an output_padding the size of same is that of an odd kernel.", same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1 + axis.extra)),
    keras("KerasSameEvenForOdd", "With an output_padding the size of same is that of an even kernel.", same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.extra)),
    keras("KerasSameParityOfTheKernel",
        "With an output_padding the size of same goes by the kernel's parity, not by that of its dilated extent.",
        same_extended,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.k % 2 + axis.extra)),
    keras("KerasSameOnTopOfTheDefault", "An output_padding is added to the default size of same.", same_extended,
        lambda axis: placed(axis, axis.begin, axis.n * axis.s + axis.extra)),
    keras("KerasSameNoneForZero", "same takes an output_padding of 0 for none.",
        lambda axis: axis.pads == "same" and axis.q == 0,
        lambda axis: placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)),
    keras("KerasSameZeroForNone", "same takes no output_padding for one of 0.",
        lambda axis: axis.pads == "same" and axis.q is None,
        lambda axis: placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.extent % 2)),
    keras("KerasSameBeginOfTheDefault", "The crop of same is that of the default size, whatever the output_padding.",
        same_extended, lambda axis: moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)),
    keras("KerasValidNoneForZero", "valid takes an output_padding of 0 for none.",
        lambda axis: axis.pads != "same" and axis.q == 0, lambda axis: (0, -max(axis.s - axis.extent, 0))),
    keras("KerasValidZeroForNone", "valid takes no output_padding for one of 0.",
        lambda axis: axis.pads != "same" and axis.q is None, lambda _: (0, 0)),
    keras("KerasValidAtTheStart", "The output_padding of valid stands at the beginning.",
        lambda axis: axis.pads != "same" and axis.q is not None, lambda axis: moved(axis, -axis.extra)),
    keras("KerasValidUpToTheStride", "Without an output_padding valid is filled up to a multiple of the stride.",
        lambda axis: axis.pads != "same" and axis.q is None, lambda axis: (0, -(-axis.full % axis.s))),
    pytorch("PyTorchSizeIgnored", "output_size is ignored: the smallest size it is.", sized,
        lambda axis: (axis.begin, axis.begin)),
    pytorch("PyTorchSizeAtTheStart", "What output_size requests beyond the smallest is uncovered at the beginning.",
        sized, lambda axis: (axis.end, axis.begin)),
    pytorch("PyTorchPaddingTwiceAtTheStart", "All the padding is cropped at the beginning.",
        lambda axis: axis.o is None, lambda axis: moved(axis, 2 * axis.begin)),
    pytorch("PyTorchOutputPaddingDoubled", "output_padding is added twice.", extended,
        lambda axis: (axis.begin, axis.end - axis.extra)),
    pytorch("PyTorchOutputPaddingOnBothSides", "Half the output_padding is uncovered at the beginning.", extended,
        lambda axis: (axis.begin - axis.extra // 2, axis.begin - axis.extra + axis.extra // 2)),
    pytorch("PyTorchPaddingOfTheInput",
        "padding is taken for zeros around the spread input, as in an ordinary convolution.", explicit,
        lambda axis: (axis.extent - 1 - axis.begin, axis.extent - 1 - axis.begin)),
    pytorch("PyTorchPaddingDilated", "padding is counted in dilated taps.", explicit,
        lambda axis: (axis.begin * axis.d, axis.begin * axis.d + axis.end - axis.begin)),
    onnx("OnnxUpperForLower", "SAME_LOWER is read as SAME_UPPER.", lambda axis: axis.pads == "same_lower",
        lambda axis: moved(axis, (axis.begin + axis.end + axis.extra) // 2)),
    onnx("OnnxLowerForUpper", "SAME_UPPER is read as SAME_LOWER.", lambda axis: axis.pads == "same",
        lambda axis: moved(axis, -(-(axis.begin + axis.end + axis.extra) // 2))),
    onnx("OnnxNotSetAsUpper", "output_shape without auto_pad is cropped as with SAME_UPPER.",
        lambda axis: axis.o is not None and axis.pads not in {"same", "same_lower"},
        lambda axis: moved(axis, (axis.begin + axis.end + axis.extra) // 2)),
    onnx("OnnxTotalWithoutOutputPadding", "output_padding is left out of what an output_shape crops.",
        lambda axis: (axis.o is not None or isinstance(axis.pads, str)) and axis.pads not in {"same", "valid"},
        lambda axis: moved(axis, -(-(axis.begin + axis.end) // 2))),
    onnx("OnnxPadsSwapped", "The pads at beginning and end change places.",
        lambda axis: axis.o is None and isinstance(axis.pads, tuple),
        lambda axis: moved(axis, axis.end + axis.extra)),
    onnx("OnnxSizeIgnored", "output_shape is ignored: nothing is cropped.", sized, lambda axis: (0, -axis.extra)),
    onnx("OnnxValidAsSame", "VALID is read as SAME_UPPER.", valid,
        lambda axis: placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)),
    jax("JaxPadsAsCrops", "The pads of the spread input are taken for crops of the output.", explicit,
        lambda axis: axis.pair),
    jax("JaxPadsSwapped", "The pads at beginning and end change places.", explicit, lambda axis: moved(axis, axis.end)),
    jax("JaxPadsOfTheKernel", "Pads are held against the kernel, not against what its dilation makes of it.", explicit,
        lambda axis: (axis.k - 1 - axis.pair[0], axis.k - 1 - axis.pair[1])),
    jax("JaxPadsOffByOne", "Pads are held against the extent, not against one less.", explicit,
        lambda axis: (axis.begin + 1, axis.end + 1)),
    jax("JaxSameCeil", "Of an odd crop for SAME the larger half is at the beginning: ceil for floor.", same,
        lambda axis: moved(axis, -(-max(axis.extent - axis.s, 0) // 2))),
    jax("JaxSameWithoutMax", "The crop of SAME may be negative, so that zeros stand before the first value.", same,
        lambda axis: moved(axis, (axis.extent - axis.s) // 2)),
    jax("JaxSameOfTheKernel", "The crop of SAME is reckoned from the kernel, not from what its dilation makes of it.",
        same, lambda axis: moved(axis, max(axis.k - axis.s, 0) // 2)),
    jax("JaxValidWithoutMax", "VALID ends with the last copy, also where the kernel is smaller than the stride.", valid,
        lambda _: (0, 0)),
    jax("JaxValidAsFull", "VALID is longer by the stride less one, as if every stride were filled.", valid,
        lambda axis: (0, axis.end - axis.s + 1)),
    canonical("CanonicalNeverNegative", "A negative crop is taken for none.",
        lambda axis: min(axis.begin, axis.end) < 0, lambda axis: (max(axis.begin, 0), max(axis.end, 0))),
    canonical("CanonicalBeginForEnd", "Both crops are that of the beginning.", lambda axis: axis.o is None,
        lambda axis: (axis.begin, axis.begin)),
    canonical("CanonicalSizeFromTheFull", "An output size is counted from the full output, not from the crop.", sized,
        lambda axis: (axis.begin, axis.end + axis.begin)),
)
