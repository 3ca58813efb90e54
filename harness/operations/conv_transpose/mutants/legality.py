"""Mutants who refuse what is legal, each just within one limit of one dialect."""

from __future__ import annotations

from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import (
    Said,
    TooStrictCanonical,
    TooStrictJax,
    TooStrictKeras,
    TooStrictOnnx,
    TooStrictPyTorch,
    TooStrictTensorFlow,
)


class PyTorchLimitOfTheStride(TooStrictPyTorch):
    """Refuses an output_padding that the dilation alone allows."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return (said.q or 0) >= axis.s


class PyTorchLimitOfTheDilation(TooStrictPyTorch):
    """Refuses an output_padding that the stride alone allows."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return (said.q or 0) >= max(axis.d, 1) and said.q != 0


class PyTorchLimitOneLess(TooStrictPyTorch):
    """Refuses the largest output_padding: >= for >."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.q is not None and 0 < said.q == max(axis.s, axis.d) - 1


class PyTorchSmallestSizeRefused(TooStrictPyTorch):
    """Refuses the smallest output_size: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.o is not None and axis.begin == axis.end and axis.s > 1


class PyTorchLargestSizeRefused(TooStrictPyTorch):
    """Refuses the largest output_size: >= for >."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.o is not None and axis.begin - axis.end == axis.s - 1 > 0


class PyTorchPaddingOfHalfTheKernel(TooStrictPyTorch):
    """Refuses a padding above half the kernel, as pooling does."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.begin > axis.k // 2


class PyTorchPaddingOfTheKernelRefused(TooStrictPyTorch):
    """Refuses a padding of the kernel's extent or more."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.begin >= axis.extent


class PyTorchOneElementRefused(TooStrictPyTorch):
    """Refuses an output of one element along an axis: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.out == 1


class PyTorchOutputPaddingBelowPadding(TooStrictPyTorch):
    """Refuses an output_padding above the padding."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.end < 0


class TensorFlowSameSmallestRefused(TooStrictTensorFlow):
    """Refuses the smallest output of SAME: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads in {None, "same"} and axis.out == (axis.n - 1) * axis.s + 1 < axis.n * axis.s


class TensorFlowSameLargestRefused(TooStrictTensorFlow):
    """Refuses the largest output of SAME: < for <=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads in {None, "same"} and axis.out == axis.n * axis.s > axis.n


class TensorFlowSameFloor(TooStrictTensorFlow):
    """Refuses an output of SAME that is no multiple of the stride: floor for ceil."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads in {None, "same"} and axis.out // axis.s != axis.n


class TensorFlowValidSmallestRefused(TooStrictTensorFlow):
    """Refuses the smallest output of VALID: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads == "valid" and axis.end == 0 and axis.s > 1


class TensorFlowValidLargestRefused(TooStrictTensorFlow):
    """Refuses the largest output of VALID: < for <=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads == "valid" and -axis.end == axis.s - 1 > 0


class TensorFlowValidFloor(TooStrictTensorFlow):
    """Refuses an output of VALID whose strides do not come out even: floor for ceil."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.pads == "valid" and (axis.out - axis.extent + 1) // axis.s != axis.n


class TensorFlowExplicitSmallestRefused(TooStrictTensorFlow):
    """Refuses the smallest output of explicit padding: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return isinstance(said.pads, tuple) and said.pads[1] == axis.end and axis.s > 1


class TensorFlowExplicitLargestRefused(TooStrictTensorFlow):
    """Refuses the largest output of explicit padding: < for <=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return isinstance(said.pads, tuple) and said.pads[1] - axis.end == axis.s - 1 > 0


class TensorFlowExplicitCeil(TooStrictTensorFlow):
    """Refuses an output of explicit padding whose strides do not come out even: ceil for floor."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return isinstance(said.pads, tuple) and (said.pads[1] - axis.end) % axis.s > 0


class TensorFlowLargerThanInput(TooStrictTensorFlow):
    """Refuses an output that is no larger than the input."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.out <= axis.n


class TensorFlowOneElementRefused(TooStrictTensorFlow):
    """Refuses an output of one element along an axis."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.out == 1


class TensorFlowKernelBelowStrideRefused(TooStrictTensorFlow):
    """Refuses a kernel smaller than the stride."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.k < axis.s


class KerasLimitOneLess(TooStrictKeras):
    """Refuses the largest output_padding: >= for >."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.q is not None and 0 < said.q == axis.s - 1


class KerasZeroRefused(TooStrictKeras):
    """Refuses an output_padding of 0: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.q == 0


class KerasKernelBelowStrideRefused(TooStrictKeras):
    """Refuses a kernel smaller than the stride."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.k < axis.s


class KerasDilationRefused(TooStrictKeras):
    """Refuses every dilation."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.d > 1


class KerasOneElementRefused(TooStrictKeras):
    """Refuses an output of one element along an axis."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.out == 1


class KerasStrideOfOneRefused(TooStrictKeras):
    """Refuses a stride of 1: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return axis.s == 1


class OnnxLimitOfTheStride(TooStrictOnnx):
    """Refuses an output_padding that the dilation alone allows."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return (said.q or 0) >= axis.s


class OnnxLimitOneLess(TooStrictOnnx):
    """Refuses the largest output_padding: >= for >."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.q is not None and 0 < said.q == max(axis.s, axis.d) - 1


class OnnxFullSizeRefused(TooStrictOnnx):
    """Refuses an output_shape that leaves nothing to crop: > for >=."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return said.o is not None and axis.begin + axis.end + (said.q or 0) == 0


class JaxPadsBeyondTheKernelRefused(TooStrictJax):
    """Refuses pads beyond the kernel's overhang, which append zeros."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return min(axis.begin, axis.end) < 0


class CanonicalNegativeRefused(TooStrictCanonical):
    """Refuses a negative crop."""

    def refuses(self, axis: Axis, said: Said) -> bool:
        """See TooStrict.refuses."""
        return min(axis.begin, axis.end) < 0
