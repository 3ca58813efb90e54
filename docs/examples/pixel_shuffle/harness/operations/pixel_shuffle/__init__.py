"""Pixel shuffling: channels become blocks of pixels.

With factor r, ``y[n, c, h * r + i, w * r + j] = x[n, m, h, w]``, where ``m`` is ``c * r * r + i * r + j`` in PyTorch
and ``(i * r + j) * C + c`` in TensorFlow, with C the channels of y. The gradient puts the pixels back.
"""

from __future__ import annotations

from harness.core.errors import require
from harness.operations.base import Operation
from harness.operations.image_forms import ImageParameters
from harness.operations.pixel_shuffle.case import PixelShuffleCase


class Parameters(ImageParameters):
    """The words of a case."""

    factor: int | None = None


class PixelShuffle(Operation):
    parameters = Parameters
    case_type = PixelShuffleCase

    def check(self, case: PixelShuffleCase) -> None:
        require(case.factor >= 1, "factor", f"factor is {case.factor}", "use a number >= 1")
        block = case.factor**2
        message = f"{case.channels} channels are no blocks of {block}"
        require(case.channels % block == 0, "channels", message, f"use a multiple of {block}")
