"""Adapters that lie. Each computes the truth and spoils it in the one way that its docstring says.

``harness.tests.liars:KernelRotated`` runs in a worker like any adapter; none of them needs a framework.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np

from harness.adapters import Chosen
from harness.adapters.base import Adapter
from harness.adapters.plan import Array, Inexpressible, Plan
from harness.case import Case, DTypeName
from harness.dialects import lower
from harness.geometry import Axis, Geometry, IllegalCaseError
from harness.oracle import Reference


class Honest(Adapter):
    """The oracle's answer, rounded to the case's dtype."""

    name = "honest"
    dialect = "pytorch"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float64", "float32", "float16")
    layouts = ("NCHW", "NHWC")

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        call: dict[str, Any] = {"case": case.name}
        try:
            call["geometry"] = asdict(lower(case) if geometry is None else geometry)
        except IllegalCaseError as error:
            call["refusal"] = str(error)
        given = case.layout or "NCHW"
        return Plan("native", call, given, "IOHW", given, bias="native" if case.bias else "none")

    def start(self) -> dict[str, str]:
        return {"numpy": np.__version__}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        if "refusal" in call:
            return self.refuse(call["refusal"])
        sizes = call["geometry"]
        geometry = Geometry(**{**sizes, "height": Axis(**sizes["height"]), "width": Axis(**sizes["width"])})
        nchw = x if x.shape == geometry.input_shape else x.transpose(0, 3, 1, 2)
        wide = [None if t is None else t.astype(np.float64) for t in (nchw, w, b)]

        def run() -> Array:
            y = self.finish(self.compute(geometry, *wide).astype(x.dtype))
            return y if nchw is x or y.ndim != 4 else y.transpose(0, 2, 3, 1)

        return run

    def refuse(self, why: str) -> Callable[[], Array]:
        raise ValueError(why)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """The answer in float64."""
        return Reference(geometry, x, w, b).output

    def finish(self, y: Array) -> Array:
        """The last word, in the case's dtype and NCHW."""
        return y


class KernelRotated(Honest):
    """The kernel is rotated by 180 degrees."""

    def compute(self, geometry, x, w, b):
        return super().compute(geometry, x, w[:, :, ::-1, ::-1], b)


class Shifted(Honest):
    """Everything stands one pixel to the right."""

    def finish(self, y):
        return np.roll(y, 1, axis=3)


class CropAtWrongEnd(Honest):
    """What belongs to the end of an axis is cropped at its beginning."""

    def compute(self, geometry, x, w, b):
        (top, bottom), (left, right) = geometry.crops
        return super().compute(geometry.with_crops(((bottom, top), (right, left))), x, w, b)


class OutputPaddingIgnored(Honest):
    """No output_padding."""

    def compute(self, geometry, x, w, b):
        return super().compute(_without_output_padding(geometry), x, w, b)


class OutputPaddingOfZeros(Honest):
    """output_padding appends zeros, where it should uncover values."""

    def compute(self, geometry, x, w, b):
        (_, bottom), (_, right) = geometry.crops
        bare = _without_output_padding(geometry)
        y = super().compute(bare, x, w, None)
        grown = np.pad(y, ((0, 0), (0, 0), (0, bare.height.end - bottom), (0, bare.width.end - right)))
        return grown if b is None else grown + b[:, None, None]


class BiasDoubled(Honest):
    """The bias is added twice."""

    def compute(self, geometry, x, w, b):
        return super().compute(geometry, x, w, None if b is None else 2 * b)


class BiasMissingOnZeros(Honest):
    """The bias is missing where the output is extended by zeros."""

    def compute(self, geometry, x, w, b):
        (top, bottom), (left, right) = geometry.crops
        inner = geometry.with_crops(((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))))
        margins = ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right, 0)))
        return np.pad(super().compute(inner, x, w, b), ((0, 0), (0, 0), *margins))


class FirstGroupThroughout(Honest):
    """Every group uses the kernel of group 0."""

    def compute(self, geometry, x, w, b):
        first = w[: len(w) // geometry.groups]
        return super().compute(geometry, x, np.concatenate([first] * geometry.groups), b)


class FirstOfBatchOnly(Honest):
    """Only the first element of the batch is computed."""

    def finish(self, y):
        y[1:] = 0
        return y


class StridesSwapped(Honest):
    """The strides of height and width are swapped."""

    def compute(self, geometry, x, w, b):
        height, width = geometry.axes
        return super().compute(
            replace(geometry, height=replace(height, s=width.s), width=replace(width, s=height.s)), x, w, b
        )


class WrongDtype(Honest):
    """float64, whatever was asked for."""

    def finish(self, y):
        return y.astype(np.float64)


class WrongShape(Honest):
    """The last row is missing."""

    def finish(self, y):
        return y[:, :, :-1]


class WrongRank(Honest):
    """The batch axis is missing where the batch is 1."""

    def finish(self, y):
        return y[0] if len(y) == 1 else y


class Unstable(Honest):
    """Each call adds one more."""

    calls = 0

    def finish(self, y):
        self.calls += 1
        return y + y.dtype.type(self.calls)


class UnstableInPlace(Honest):
    """Each call writes its answer, one more than the last, into the same memory."""

    def finish(self, y):
        self.kept = vars(self).get("kept", np.zeros_like(y))
        if self.kept.shape != y.shape:
            self.kept = np.zeros_like(y)
        self.kept += 1
        return self.kept


class RefusesAll(Honest):
    """Raises on every case, also on the legal ones."""

    def compute(self, geometry, x, w, b):
        raise NotImplementedError("not today")


class SaysASet(Honest):
    """Raises on every case, with a set of words in the message."""

    def prepare(self, call, x, w, b):
        raise ValueError(str({"one", "two", "three", "four", "five", "six"}))


class AcceptsAll(Honest):
    """Zeros where an error is right."""

    def refuse(self, why):
        return lambda: np.zeros((1, 1, 1, 1), np.float32)


class OneUlpOff(Honest):
    """One element is the next number after the right one."""

    def finish(self, y):
        y[0, 0, 0, 0] = np.nextafter(y[0, 0, 0, 0], y.dtype.type(np.inf))
        return y


class OneNan(Honest):
    """One element is NaN."""

    def finish(self, y):
        y[-1, -1, -1, -1] = np.nan
        return y


def _without_output_padding(geometry: Geometry) -> Geometry:
    (top, bottom), (left, right) = geometry.crops
    return geometry.with_crops(((top, max(top, bottom)), (left, max(left, right))))


def chosen(adapter: type[Adapter]) -> Chosen:
    """``adapter`` as the command line would choose it."""
    target = f"{adapter.__module__}:{adapter.__qualname__}"
    return Chosen(adapter(), target, asked_by_name=True, asked_as=target)


def make_case(name: str = "plain", **changes: Any) -> Case:
    """A small rectangular case in pytorch's dialect, with ``changes``."""
    values: dict[str, Any] = {
        "suite": "suite",
        "id": name,
        "about": "",
        "dialect": "pytorch",
        "batch": 2,
        "in_channels": 2,
        "out_channels": 4,
        "input_size": (3, 4),
        "kernel_size": (3, 2),
        "path": "suite.yaml",
        "line": 1,
    }
    return Case(**{**values, **changes})
