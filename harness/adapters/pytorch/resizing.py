"""PyTorch's programs for resizing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import program

if TYPE_CHECKING:
    from harness.operations.resize2d.axis import Coordinates
    from harness.operations.resize2d.case import ResizeCase
    from harness.operations.resize_conv2d.case import ResizeConvCase

BILINEAR: Mapping[Coordinates, Mapping[str, Any]] = {
    "half_pixel": {"mode": "bilinear", "align_corners": False},
    "align_corners": {"mode": "bilinear", "align_corners": True},
}
NEAREST: Mapping[Coordinates, Mapping[str, Any]] = {
    "asymmetric": {"mode": "nearest"},
    "half_pixel": {"mode": "nearest-exact"},
}


def resize2d(case: ResizeCase) -> Program | Inexpressible:
    """``interpolate``."""
    call = _call(case)
    if isinstance(call, Inexpressible):
        return call
    return program(case, call, ["y = torch.nn.functional.interpolate(x, **call)"])


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``interpolate``, then ``conv2d``."""
    call = _call(case)
    if isinstance(call, Inexpressible):
        return call
    lines = [
        'resized = torch.nn.functional.interpolate(x, **call["interpolate"])',
        f'y = torch.nn.functional.conv2d(resized, w{", b" if case.bias else ""}, **call["conv2d"])',
    ]
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    return program(case, {"interpolate": call, "conv2d": {"padding": "same"}}, lines, tensors)


def _call(case: ResizeCase) -> dict[str, Any] | Inexpressible:
    said = {"size": case.output_size, "scale_factor": case.scale}
    given = {name: value for name, value in said.items() if value is not None}
    modes = NEAREST if case.method == "nearest" else BILINEAR
    if case.expect.error:
        if case.coordinates == "align_corners":
            return given | {"mode": case.method, "align_corners": True}
        return given | dict(modes.get(case.coordinates, {"mode": case.method}))
    # the case's own words before others that say the same
    for coordinates in sorted(modes, key=lambda one: one != case.coordinates):
        if case.is_said_as(coordinates):
            return given | dict(modes[coordinates])
    return Inexpressible(f"interpolate has no {case.method} with these coordinates")
