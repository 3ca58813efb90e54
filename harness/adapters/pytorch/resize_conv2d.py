"""PyTorch: ``torch.nn.functional.interpolate``, then ``conv2d`` or, to pad circularly, ``torch.nn.Conv2d``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.resize2d import call_of
from harness.adapters.pytorch.text import program
from harness.operations.resize_conv2d.case import ResizeConvCase


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``interpolate``, then ``conv2d``."""
    call = call_of(case)
    if isinstance(call, Inexpressible):
        return call
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    if case.padding_mode == "circular":
        return _circular(case, call, tensors)
    lines = [
        'resized = torch.nn.functional.interpolate(x, **call["interpolate"])',
        f'y = torch.nn.functional.conv2d(resized, w{", b" if case.bias else ""}, **call["conv2d"])',
    ]
    return program(case, {"interpolate": call, "conv2d": {"padding": "same"}}, lines, tensors)


def _circular(case: ResizeConvCase, resize: dict[str, Any], tensors: tuple[str, ...]) -> Program:
    """The layer pads, for which ``conv2d`` has no words."""
    words = {"in_channels": case.channels, "out_channels": case.out_channels, "kernel_size": case.kernel_size}
    call = {"interpolate": resize, "conv2d": words | {"padding": "same", "padding_mode": "circular"}}
    weights = '{"weight": w, "bias": b}' if case.bias else '{"weight": w}'
    lines = [
        'resized = torch.nn.functional.interpolate(x, **call["interpolate"])',
        f"y = torch.func.functional_call(layer, {weights}, (resized,))",
    ]
    layer = f'layer = torch.nn.Conv2d(**call["conv2d"], bias={case.bias}, device="meta")'
    return program(case, call, lines, tensors, build=(layer,))
