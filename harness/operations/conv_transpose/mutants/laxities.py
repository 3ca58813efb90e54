"""Mutants who answer where one rule of TensorFlow or Keras says that nothing is right."""

from __future__ import annotations

from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import Said, TooLaxKeras, TooLaxTensorFlow


class TensorFlowSameOneTooSmall(TooLaxTensorFlow):
    """Accepts an output of one below the smallest of SAME."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads in {None, "same"} and said.o == (axis.n - 1) * axis.s


class TensorFlowSameOneTooLarge(TooLaxTensorFlow):
    """Accepts an output of one above the largest of SAME."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads in {None, "same"} and said.o == axis.n * axis.s + 1


class TensorFlowSameFar(TooLaxTensorFlow):
    """Accepts an output further beyond the largest of SAME."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads in {None, "same"} and said.o is not None and said.o > axis.n * axis.s + 1


class TensorFlowValidOneTooSmall(TooLaxTensorFlow):
    """Accepts an output of one below the smallest of VALID."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads == "valid" and said.o == axis.full - 1


class TensorFlowValidOneTooLarge(TooLaxTensorFlow):
    """Accepts an output of one above the largest of VALID."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads == "valid" and said.o == axis.full + axis.s


class TensorFlowValidBelowTheKernel(TooLaxTensorFlow):
    """Accepts an output of VALID that is smaller than the dilated kernel."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads == "valid" and said.o is not None and said.o < axis.extent


class TensorFlowExplicitOneTooSmall(TooLaxTensorFlow):
    """Accepts an output of one below the smallest of explicit padding."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and said.o == axis.full - sum(said.pads) - 1


class TensorFlowExplicitOneTooLarge(TooLaxTensorFlow):
    """Accepts an output of one above the largest of explicit padding."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and said.o == axis.full - sum(said.pads) + axis.s


class TensorFlowNoRows(TooLaxTensorFlow):
    """Accepts an output without elements."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.o == 0


class TensorFlowPaddingNegative(TooLaxTensorFlow):
    """Accepts a negative padding."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and min(said.pads) < 0


class TensorFlowPaddingByName(TooLaxTensorFlow):
    """Accepts a padding of another framework's name."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads == "same_lower"


class TensorFlowStrideOfZero(TooLaxTensorFlow):
    """Accepts a stride of 0."""

    broken = "strides"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.strides) == 0


class TensorFlowStrideNegative(TooLaxTensorFlow):
    """Accepts a negative stride."""

    broken = "strides"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.strides) < 0


class TensorFlowDilationOfZero(TooLaxTensorFlow):
    """Accepts a dilation of 0."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.dilations) == 0


class TensorFlowGroups(TooLaxTensorFlow):
    """Accepts groups, which the operation does not have."""

    broken = "groups"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return case.groups > 1


class KerasOutputPaddingAtTheLimit(TooLaxKeras):
    """Accepts an output_padding of exactly the stride: > for >=."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q == axis.s


class KerasOutputPaddingAbove(TooLaxKeras):
    """Accepts an output_padding above the stride, as if clamped."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q is not None and said.q > axis.s


class KerasOutputPaddingNegative(TooLaxKeras):
    """Accepts a negative output_padding."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q is not None and said.q < 0


class KerasPaddingByName(TooLaxKeras):
    """Accepts a padding of another framework's name."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.pads == "same_lower"


class KerasStrideOfZero(TooLaxKeras):
    """Accepts a stride of 0."""

    broken = "strides"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.strides) == 0


class KerasStrideNegative(TooLaxKeras):
    """Accepts a negative stride."""

    broken = "strides"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.strides) < 0


class KerasDilationOfZero(TooLaxKeras):
    """Accepts a dilation of 0."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.dilations) == 0


class KerasKernelOfZero(TooLaxKeras):
    """Accepts a kernel without taps."""

    broken = "kernel_size"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.kernel_size) == 0


class KerasStrideWithDilation(TooLaxKeras):
    """Accepts a stride with a dilation of the same axis."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return any(s > 1 < d for s, d in zip(case.strides, case.dilations, strict=True))


class KerasStrideAcrossDilation(TooLaxKeras):
    """Accepts a stride of one axis with a dilation of the other."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return (
            min(case.dilations) > 0
            and max(case.strides) > 1
            and all(min(s, d) == 1 for s, d in zip(case.strides, case.dilations, strict=True))
        )


class KerasDilationsUnequal(TooLaxKeras):
    """Accepts different dilations of the axes."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.dilations) > 0 and max(case.strides) == 1 and case.dilations[0] != case.dilations[1]
