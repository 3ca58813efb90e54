"""A case of resizing and convolving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.case import Pair
from harness.operations.resize2d.case import ResizeCase


@dataclass(frozen=True, slots=True)
class ResizeConvCase(ResizeCase):
    """``channels`` are those of the image, ``out_channels`` those of the result."""

    op: ClassVar[str] = "resize_conv2d"

    out_channels: int = 1
    kernel_size: Pair = (3, 3)
    bias: bool = False

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        return (self.batch, self.out_channels, *self.size)

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """(O, I, kH, kW)."""
        return (self.out_channels, self.channels, *self.kernel_size)
