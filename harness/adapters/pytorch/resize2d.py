"""PyTorch: ``torch.nn.functional.interpolate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import program
from harness.operations.resize2d.axis import Coordinates
from harness.operations.resize2d.case import ResizeCase

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
    call = call_of(case)
    if isinstance(call, Inexpressible):
        return call
    return program(case, call, ["y = torch.nn.functional.interpolate(x, **call)"])


def call_of(case: ResizeCase) -> dict[str, Any] | Inexpressible:
    """The parameters of ``interpolate`` that give the case."""
    stated = {"size": case.output_size, "scale_factor": case.scale}
    given = {name: value for name, value in stated.items() if value is not None}
    modes = NEAREST if case.method == "nearest" else BILINEAR
    if case.expect.error:
        if case.coordinates == "align_corners":
            return given | {"mode": case.method, "align_corners": True}
        return given | dict(modes.get(case.coordinates, {"mode": case.method}))
    # the case's own words before others that state the same
    for coordinates in sorted(modes, key=lambda one: one != case.coordinates):
        if case.is_same_in(coordinates):
            return given | dict(modes[coordinates])
    return Inexpressible(f"interpolate has no {case.method} with these coordinates")
