"""PyTorch's programs for resizing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.index_text import IMAGE
from harness.adapters.plan import Inexpressible
from harness.adapters.program import Program
from harness.adapters.pytorch.unpooling import program

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
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


def resize2d(case: ResizeCase, adapter: Adapter) -> Program | Inexpressible:
    """``interpolate``."""
    call = _call(case)
    if isinstance(call, Inexpressible):
        return call
    return program(case, adapter, call, [f"y = {_interpolate(call)}"])


def resize_conv2d(case: ResizeConvCase, adapter: Adapter) -> Program | Inexpressible:
    """``interpolate``, then ``conv2d``."""
    call = _call(case)
    if isinstance(call, Inexpressible):
        return call
    tensors = {**IMAGE, "w": "kernel"} | ({"b": "bias"} if case.bias else {})
    biased = ", b" if case.bias else ""
    lines = [
        f"resized = {_interpolate(call)}",
        f"y = torch.nn.functional.conv2d(resized, w{biased}, padding='same')",
    ]
    return program(case, adapter, call | {"padding": "same"}, lines, tensors)


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


def _interpolate(call: Mapping[str, Any]) -> str:
    words = ", ".join(f"{name}={value!r}" for name, value in call.items())
    return f"torch.nn.functional.interpolate(x, {words})"
