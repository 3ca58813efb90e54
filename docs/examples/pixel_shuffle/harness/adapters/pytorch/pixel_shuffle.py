"""PyTorch: ``torch.nn.functional.pixel_shuffle``."""

from __future__ import annotations

from harness.adapters.program import Program
from harness.adapters.pytorch.text import program
from harness.operations.pixel_shuffle.case import PixelShuffleCase


def pixel_shuffle(case: PixelShuffleCase) -> Program:
    """Its own order of channels; those of another dialect are put into it first."""
    line = "y = torch.nn.functional.pixel_shuffle(x, **call)"
    call = {"upscale_factor": case.factor}
    if not case.is_block_first:
        return program(case, call, [line])
    block, channels = case.factor**2, case.channels // case.factor**2
    order = [place * channels + channel for channel in range(channels) for place in range(block)]
    why = ("the channels of a block do not stand side by side: they are put there first",)
    return program(case, call, ["x = x[:, order]", line], values={"order": order}, reasons=why)
