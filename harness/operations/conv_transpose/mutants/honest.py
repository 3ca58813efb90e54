"""The adapter that every mutant derives from: it tells the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.plan import Plan
from harness.adapters.program import Inexpressible
from harness.core.case import DTypeName
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.oracle import conv_transpose


class RefusalError(ValueError):
    """What a mutant raises on purpose; any other error is a fault of the mutant itself."""


class Honest(Adapter):
    """The oracle's answer, rounded to the case's dtype."""

    name = "honest"
    dialect = "pytorch"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float64", "float32", "float16", "bfloat16")
    layouts = ("NCHW", "NHWC")
    smoke = False
    reusable = True
    refusals: ClassVar[tuple[type[BaseException], ...]] = (RefusalError,)
    lie: ClassVar[tuple[str, ...]] = ()
    """The names of the diagnosis that are right answers; a name in the form kind(parameters) also by its kind alone."""

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        given = case.layout or "NCHW"
        call: dict[str, Any] = {"case": case.name, "layout": given}
        try:
            call["geometry"] = asdict(lower(case) if geometry is None else geometry)
        except IllegalCaseError as error:
            call["refusal"] = str(error)
        if case.expect.error:
            call.setdefault("refusal", f"against the rule {case.rule}")
        return Plan("native", call, given, "IOHW", given, bias="native" if case.bias else "none")

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        return {"numpy": np.__version__}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        if "refusal" in call:
            return self.refuse(call["refusal"])
        geometry = planned(call)
        nchw = x if call["layout"] == "NCHW" else x.transpose(0, 3, 1, 2)

        def run() -> Array:
            wide: list[Any] = [None if t is None else t.astype(np.float64) for t in (nchw, w, b)]
            if not (geometry.batch and geometry.in_channels and geometry.out_channels):
                # without a number in it there is nothing to lie about
                y = conv_transpose(geometry, *wide).astype(x.dtype)
                return y if nchw is x else y.transpose(0, 2, 3, 1)
            with np.errstate(over="ignore", invalid="ignore"):
                y = self.finish(self.compute(geometry, *wide).astype(x.dtype))
            return y if nchw is x or y.ndim != 4 else y.transpose(0, 2, 3, 1)

        return run

    def refuse(self, why: str) -> Callable[[], Array]:
        """What is done for an illegal case."""
        raise RefusalError(why)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """The answer in float64, from x (N, C_in, H, W), w (C_in, C_out/G, kH, kW) and b (C_out) or None."""
        return conv_transpose(geometry, x, w, b)

    def finish(self, y: Array) -> Array:
        """The last word, in the case's dtype and NCHW."""
        return y


def planned(call: Mapping[str, Any]) -> Geometry:
    """The geometry that a mutant's plan holds."""
    sizes = call["geometry"]
    return Geometry(**{**sizes, "axes": tuple(Axis(**axis) for axis in sizes["axes"])})


def sized(geometry: Geometry, height: Axis, width: Axis) -> Geometry:
    """``geometry`` with other axes, cropped at the end to the size it had."""
    axes = [
        replace(new, end=new.full - new.begin - old.out)
        for new, old in zip((height, width), geometry.axes, strict=True)
    ]
    return geometry.with_axes(*axes)


def grown(y: Array, geometry: Geometry) -> Array:
    """``y`` with zeros appended up to the size of ``geometry``, or cut to it."""
    rows, columns = geometry.output_size
    y = y[:, :, :rows, :columns]
    return np.pad(y, ((0, 0), (0, 0), (0, rows - y.shape[2]), (0, columns - y.shape[3])))
