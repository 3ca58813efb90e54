"""Mutants who answer where one rule of PyTorch says that nothing is right."""

from __future__ import annotations

from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.mutants.base import Said, TooLaxPyTorch


class PyTorchOutputPaddingAtTheLimit(TooLaxPyTorch):
    """Accepts an output_padding of exactly the limit: > for >=."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q == max(axis.s, axis.d)


class PyTorchOutputPaddingAbove(TooLaxPyTorch):
    """Accepts an output_padding above the limit, as if clamped."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q is not None and said.q > max(axis.s, axis.d)


class PyTorchOutputPaddingNegative(TooLaxPyTorch):
    """Accepts a negative output_padding."""

    broken = "output_padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return said.q is not None and said.q < 0


class PyTorchSizeOneTooSmall(TooLaxPyTorch):
    """Accepts an output_size of one below the smallest."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and said.o == axis.full - sum(said.pads) - 1


class PyTorchSizeOneTooLarge(TooLaxPyTorch):
    """Accepts an output_size of one above the largest."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and said.o == axis.full - sum(said.pads) + axis.s


class PyTorchSizeWithinTheDilation(TooLaxPyTorch):
    """Accepts an output_size that only the dilation would allow as an output_padding."""

    broken = "output_size"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return (
            isinstance(said.pads, tuple)
            and said.o is not None
            and axis.s <= said.o - axis.full - sum(said.pads) < axis.d
        )


class PyTorchPaddingNegative(TooLaxPyTorch):
    """Accepts a negative padding."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and min(said.pads) < 0


class PyTorchNothingLeft(TooLaxPyTorch):
    """Accepts a padding that leaves nothing."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, tuple) and min(said.pads) >= 0 and axis.full - sum(said.pads) <= 0


class PyTorchPaddingByName(TooLaxPyTorch):
    """Accepts a padding called same."""

    broken = "padding"

    def lets(self, axis: Axis, said: Said) -> bool:
        """See TooLax.lets."""
        return isinstance(said.pads, str)


class PyTorchStrideOfZero(TooLaxPyTorch):
    """Accepts a stride of 0."""

    broken = "strides"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.strides) == 0


class PyTorchDilationOfZero(TooLaxPyTorch):
    """Accepts a dilation of 0."""

    broken = "dilations"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.dilations) == 0


class PyTorchKernelOfZero(TooLaxPyTorch):
    """Accepts a kernel without taps."""

    broken = "kernel_size"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return min(case.kernel_size) == 0


class PyTorchGroupsOfTheInputs(TooLaxPyTorch):
    """Accepts groups that do not divide the input channels."""

    broken = "groups"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return case.groups > 0 and case.in_channels % case.groups > 0


class PyTorchGroupsOfTheOutputs(TooLaxPyTorch):
    """Accepts groups that do not divide the output channels alone."""

    broken = "groups"

    def allows(self, case: Case) -> bool:
        """See TooLax.allows."""
        return case.groups > 0 and case.in_channels % case.groups == 0
