"""Resize, then convolve: the remedy for the checkerboard of a transposed convolution.

The image is resized as in ``resize2d``; an ordinary convolution of stride 1 (a cross-correlation) then keeps its size.
Of the ``k - 1`` zeros that this takes along an axis, ``(k - 1) // 2`` are before it and the others after it; where the
``padding_mode`` is ``circular``, elements of the other side stand for them, as in ``torch.nn.Conv2d``.

Source of the remedy: A. Odena, V. Dumoulin, C. Olah, Deconvolution and Checkerboard Artifacts, Distill, 2016.
"""

from __future__ import annotations

import math
from typing import Any

from harness.core.case import GRADIENTS, OutputName
from harness.core.errors import require
from harness.core.fields import PairField
from harness.operations.resize2d import Parameters as ResizeParameters
from harness.operations.resize2d import Resize2d
from harness.operations.resize_conv2d.case import PaddingMode, ResizeConvCase


class Parameters(ResizeParameters):
    """The words of a case."""

    out_channels: int | None = None
    kernel_size: PairField | None = None
    bias: bool | None = None
    padding_mode: PaddingMode | None = None


class ResizeConv2d(Resize2d):
    parameters = Parameters
    case_type = ResizeConvCase
    data = ("input", "kernel")

    def check(self, case: Any) -> None:
        super().check(case)
        if case.padding_mode == "circular":
            for k, o in zip(case.kernel_size, case.size, strict=True):
                message = f"{k // 2} elements beyond an image of {o} would be those of no other side"
                require(k // 2 <= o, "kernel_size", message, f"use at most {2 * o + 1}")

    def check_known(self, case: ResizeConvCase) -> None:
        super().check_known(case)
        require(case.out_channels >= 1, "out_channels", "there is no output channel", "use numbers >= 1")
        require(min(case.kernel_size) >= 1, "kernel_size", "an entry of kernel_size is below 1", "use numbers >= 1")
        biased = case.bias or "bias_grad" not in case.outputs
        require(biased, "outputs", "there is no bias to take a gradient by", "add `bias: true`, or leave it out")

    def size(self, case: ResizeConvCase) -> int:
        channels = max(case.channels, case.out_channels)
        products = channels * math.prod(case.kernel_size) * case.batch * math.prod(case.size)
        return max(super().size(case), products, math.prod(case.kernel_shape))

    def default_outputs(self, case: ResizeConvCase) -> tuple[OutputName, ...]:
        return ("output", *(name for name in GRADIENTS if case.bias or name != "bias_grad"))
