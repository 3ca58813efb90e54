"""Mutants who misread the words of TensorFlow or Keras."""

from __future__ import annotations

from harness.core.case import Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import MisreadKeras, MisreadTensorFlow, Said, moved, placed


class TensorFlowSameCeil(MisreadTensorFlow):
    """Of an odd crop for SAME the larger half is at the beginning: ceil for floor."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, -(-max(axis.full - axis.out, 0) // 2))
        return axis.begin, axis.end


class TensorFlowSameWithoutMax(MisreadTensorFlow):
    """The crop of SAME may be negative, so that zeros stand before the first value."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, (axis.full - axis.out) // 2)
        return axis.begin, axis.end


class TensorFlowSameOfTheKernel(MisreadTensorFlow):
    """The crop of SAME is reckoned from the kernel, not from what its dilation makes of it."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, max((axis.n - 1) * axis.s + axis.k - axis.out, 0) // 2)
        return axis.begin, axis.end


class TensorFlowSameOfTheDefault(MisreadTensorFlow):
    """The crop of SAME is that of the default output size, whatever size was asked for."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)
        return axis.begin, axis.end


class TensorFlowSameSmallest(MisreadTensorFlow):
    """Without an output size SAME takes the smallest that is possible."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"} and said.o is None:
            return placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1)
        return axis.begin, axis.end


class TensorFlowSameSizeIgnored(MisreadTensorFlow):
    """SAME makes input x stride, whatever output size was asked for."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"} and said.o is not None:
            return placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)
        return axis.begin, axis.end


class TensorFlowValidWithoutMax(MisreadTensorFlow):
    """Without an output size VALID ends with the last copy, also where the kernel is smaller than the stride."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid" and said.o is None:
            return 0, 0
        return axis.begin, axis.end


class TensorFlowValidSizeIgnored(MisreadTensorFlow):
    """VALID makes its default size, whatever output size was asked for."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid" and said.o is not None:
            return 0, -max(axis.s - axis.extent, 0)
        return axis.begin, axis.end


class TensorFlowValidCentred(MisreadTensorFlow):
    """What VALID adds stands half at each side."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid":
            return moved(axis, (axis.full - axis.out) // 2)
        return axis.begin, axis.end


class TensorFlowExplicitSwapped(MisreadTensorFlow):
    """The padding before and the padding after change places."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return moved(axis, said.pads[1])
        return axis.begin, axis.end


class TensorFlowExplicitCentred(MisreadTensorFlow):
    """Explicit padding is cropped half at each side."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return moved(axis, sum(said.pads) // 2)
        return axis.begin, axis.end


class TensorFlowExplicitSmallest(MisreadTensorFlow):
    """Explicit padding makes the smallest size, whatever output size was asked for."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return said.pads[0], said.pads[1]
        return axis.begin, axis.end


class KerasSameCeil(MisreadKeras):
    """Of an odd crop for same the larger half is at the beginning: ceil for floor."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same":
            return moved(axis, -(-max(axis.full - axis.out, 0) // 2))
        return axis.begin, axis.end


class KerasSameWithoutMax(MisreadKeras):
    """The crop of same may be negative, so that zeros stand before the first value."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same":
            return moved(axis, (axis.full - axis.out) // 2)
        return axis.begin, axis.end


class KerasSameOddForEven(MisreadKeras):
    """With an output_padding the size of same is that of an odd kernel."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is not None:
            return placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + 1 + said.q)
        return axis.begin, axis.end


class KerasSameEvenForOdd(MisreadKeras):
    """With an output_padding the size of same is that of an even kernel."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is not None:
            return placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + said.q)
        return axis.begin, axis.end


class KerasSameParityOfTheKernel(MisreadKeras):
    """With an output_padding the size of same goes by the kernel's parity, not by that of its dilated extent."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is not None:
            return placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.k % 2 + said.q)
        return axis.begin, axis.end


class KerasSameOnTopOfTheDefault(MisreadKeras):
    """An output_padding is added to the default size of same."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is not None:
            return placed(axis, axis.begin, axis.n * axis.s + said.q)
        return axis.begin, axis.end


class KerasSameNoneForZero(MisreadKeras):
    """same takes an output_padding of 0 for none."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q == 0:
            return placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)
        return axis.begin, axis.end


class KerasSameZeroForNone(MisreadKeras):
    """same takes no output_padding for one of 0."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is None:
            return placed(axis, max(axis.full - axis.out, 0) // 2, (axis.n - 1) * axis.s + axis.extent % 2)
        return axis.begin, axis.end


class KerasSameBeginOfTheDefault(MisreadKeras):
    """The crop of same is that of the default size, whatever the output_padding."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same" and said.q is not None:
            return moved(axis, max(axis.full - axis.n * axis.s, 0) // 2)
        return axis.begin, axis.end


class KerasValidNoneForZero(MisreadKeras):
    """valid takes an output_padding of 0 for none."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads != "same" and said.q == 0:
            return 0, -max(axis.s - axis.extent, 0)
        return axis.begin, axis.end


class KerasValidZeroForNone(MisreadKeras):
    """valid takes no output_padding for one of 0."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads != "same" and said.q is None:
            return 0, 0
        return axis.begin, axis.end


class KerasValidAtTheStart(MisreadKeras):
    """The output_padding of valid stands at the beginning."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads != "same" and said.q is not None:
            return moved(axis, -said.q)
        return axis.begin, axis.end


class KerasValidUpToTheStride(MisreadKeras):
    """Without an output_padding valid is filled up to a multiple of the stride."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads != "same" and said.q is None:
            return 0, -(-axis.full % axis.s)
        return axis.begin, axis.end
