"""Mutants who misread the words of PyTorch, ONNX, JAX or the canonical crops."""

from __future__ import annotations

from harness.core.case import Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import (
    MisreadCanonical,
    MisreadJax,
    MisreadOnnx,
    MisreadPyTorch,
    Said,
    moved,
    placed,
)


class PyTorchSizeIgnored(MisreadPyTorch):
    """output_size is ignored: the smallest size it is."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is not None:
            return axis.begin, axis.begin
        return axis.begin, axis.end


class PyTorchSizeAtTheStart(MisreadPyTorch):
    """What output_size asks for beyond the smallest is uncovered at the beginning."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is not None:
            return axis.end, axis.begin
        return axis.begin, axis.end


class PyTorchPaddingTwiceAtTheStart(MisreadPyTorch):
    """All the padding is cropped at the beginning."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is None:
            return moved(axis, 2 * axis.begin)
        return axis.begin, axis.end


class PyTorchOutputPaddingDoubled(MisreadPyTorch):
    """output_padding is added twice."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.q is not None:
            return axis.begin, axis.end - said.q
        return axis.begin, axis.end


class PyTorchOutputPaddingOnBothSides(MisreadPyTorch):
    """Half the output_padding is uncovered at the beginning."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.q is not None:
            return axis.begin - said.q // 2, axis.begin - said.q + said.q // 2
        return axis.begin, axis.end


class PyTorchPaddingOfTheInput(MisreadPyTorch):
    """padding is taken for zeros around the spread input, as in an ordinary convolution."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return axis.extent - 1 - axis.begin, axis.extent - 1 - axis.begin
        return axis.begin, axis.end


class PyTorchPaddingDilated(MisreadPyTorch):
    """padding is counted in dilated taps."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return axis.begin * axis.d, axis.begin * axis.d + axis.end - axis.begin
        return axis.begin, axis.end


class OnnxUpperForLower(MisreadOnnx):
    """SAME_LOWER is read as SAME_UPPER."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same_lower":
            return moved(axis, (axis.begin + axis.end + (said.q or 0)) // 2)
        return axis.begin, axis.end


class OnnxLowerForUpper(MisreadOnnx):
    """SAME_UPPER is read as SAME_LOWER."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "same":
            return moved(axis, -(-(axis.begin + axis.end + (said.q or 0)) // 2))
        return axis.begin, axis.end


class OnnxNotSetAsUpper(MisreadOnnx):
    """output_shape without auto_pad is cropped as with SAME_UPPER."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is not None and said.pads not in {"same", "same_lower"}:
            return moved(axis, (axis.begin + axis.end + (said.q or 0)) // 2)
        return axis.begin, axis.end


class OnnxTotalWithoutOutputPadding(MisreadOnnx):
    """output_padding is left out of what an output_shape crops."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if (said.o is not None or isinstance(said.pads, str)) and said.pads not in {"same", "valid"}:
            return moved(axis, -(-(axis.begin + axis.end) // 2))
        return axis.begin, axis.end


class OnnxPadsSwapped(MisreadOnnx):
    """The pads at beginning and end change places."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is None and isinstance(said.pads, tuple):
            return moved(axis, axis.end + (said.q or 0))
        return axis.begin, axis.end


class OnnxSizeIgnored(MisreadOnnx):
    """output_shape is ignored: nothing is cropped."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is not None:
            return 0, -(said.q or 0)
        return axis.begin, axis.end


class OnnxValidAsSame(MisreadOnnx):
    """VALID is read as SAME_UPPER."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid":
            return placed(axis, max(axis.full - axis.n * axis.s, 0) // 2, axis.n * axis.s)
        return axis.begin, axis.end


class JaxPadsAsCrops(MisreadJax):
    """The pads of the spread input are taken for crops of the output."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return said.pads[0], said.pads[1]
        return axis.begin, axis.end


class JaxPadsSwapped(MisreadJax):
    """The pads at beginning and end change places."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return moved(axis, axis.end)
        return axis.begin, axis.end


class JaxPadsOfTheKernel(MisreadJax):
    """Pads are held against the kernel, not against what its dilation makes of it."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return axis.k - 1 - said.pads[0], axis.k - 1 - said.pads[1]
        return axis.begin, axis.end


class JaxPadsOffByOne(MisreadJax):
    """Pads are held against the extent, not against one less."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if isinstance(said.pads, tuple):
            return axis.begin + 1, axis.end + 1
        return axis.begin, axis.end


class JaxSameCeil(MisreadJax):
    """Of an odd crop for SAME the larger half is at the beginning: ceil for floor."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, -(-max(axis.extent - axis.s, 0) // 2))
        return axis.begin, axis.end


class JaxSameWithoutMax(MisreadJax):
    """The crop of SAME may be negative, so that zeros stand before the first value."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, (axis.extent - axis.s) // 2)
        return axis.begin, axis.end


class JaxSameOfTheKernel(MisreadJax):
    """The crop of SAME is reckoned from the kernel, not from what its dilation makes of it."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads in {None, "same"}:
            return moved(axis, max(axis.k - axis.s, 0) // 2)
        return axis.begin, axis.end


class JaxValidWithoutMax(MisreadJax):
    """VALID ends with the last copy, also where the kernel is smaller than the stride."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid":
            return 0, 0
        return axis.begin, axis.end


class JaxValidAsFull(MisreadJax):
    """VALID is longer by the stride less one, as if every stride were filled."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.pads == "valid":
            return 0, axis.end - axis.s + 1
        return axis.begin, axis.end


class CanonicalNeverNegative(MisreadCanonical):
    """A negative crop is taken for none."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if min(axis.begin, axis.end) < 0:
            return max(axis.begin, 0), max(axis.end, 0)
        return axis.begin, axis.end


class CanonicalBeginForEnd(MisreadCanonical):
    """Both crops are that of the beginning."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is None:
            return axis.begin, axis.begin
        return axis.begin, axis.end


class CanonicalSizeFromTheFull(MisreadCanonical):
    """An output size is counted from the full output, not from the crop."""

    def read(self, axis: Axis, said: Said) -> Pair:
        """See Misread.read."""
        if said.o is not None:
            return axis.begin, axis.end + axis.begin
        return axis.begin, axis.end
