"""A case of resizing and convolving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from harness.core.case import Pair
from harness.operations.resize2d.case import ResizeCase

PaddingMode = Literal["zeros", "circular"]
Border = Literal["constant", "wrap"]
"""The same as ``numpy.pad`` calls them."""


@dataclass(frozen=True, slots=True)
class ResizeConvCase(ResizeCase):
    """``channels`` are those of the image, ``out_channels`` those of the result.

    ``padding_mode`` says what is beyond the image: zeros, or ``circular`` its other side.
    """

    op: ClassVar[str] = "resize_conv2d"

    out_channels: int = 1
    kernel_size: Pair = (3, 3)
    bias: bool = False
    padding_mode: PaddingMode = "zeros"

    @property
    def border(self) -> Border:
        """What is beyond the image."""
        return "wrap" if self.padding_mode == "circular" else "constant"

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        return (self.batch, self.out_channels, *self.size)

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """(O, I, kH, kW)."""
        return (self.out_channels, self.channels, *self.kernel_size)
