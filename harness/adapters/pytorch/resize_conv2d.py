"""PyTorch: ``torch.nn.functional.interpolate``, then ``conv2d``."""

from __future__ import annotations

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.resize2d import call_of
from harness.adapters.pytorch.text import program
from harness.operations.resize_conv2d.case import ResizeConvCase


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``interpolate``, then ``conv2d``."""
    call = call_of(case)
    if isinstance(call, Inexpressible):
        return call
    lines = [
        'resized = torch.nn.functional.interpolate(x, **call["interpolate"])',
        f'y = torch.nn.functional.conv2d(resized, w{", b" if case.bias else ""}, **call["conv2d"])',
    ]
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    return program(case, {"interpolate": call, "conv2d": {"padding": "same"}}, lines, tensors)
