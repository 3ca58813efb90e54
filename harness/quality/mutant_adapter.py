"""Wrong implementations as adapters: ``-a mutant:KernelRotated``, ``-a mutant:max_unpool2d/negated``.

The mutants of transposed convolution are rows of ``harness.operations.conv_transpose.mutants``, those of another
operation are its faults. How a row is run is known here alone. None needs a framework.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, ClassVar

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.plan import Plan
from harness.adapters.program import Inexpressible
from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants import mutant_called
from harness.operations.conv_transpose.mutants.base import (
    HONEST,
    Call,
    Mutant,
    RefusalError,
    answer,
    decide,
    widened,
    zeros,
)

SEE = "see `harness list --mutants` for the names"


class Honest(Adapter):
    """The right result, rounded to the case's dtype; the adapter of a mutant derives from it and has another row."""

    name = "honest"
    dialect = "pytorch"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float64", "float32", "float16", "bfloat16")
    layouts = ("NCHW", "NHWC")
    smoke = False
    reusable = True
    refusals: ClassVar[tuple[type[BaseException], ...]] = (RefusalError,)
    mutant: ClassVar[Mutant] = HONEST

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        held = case.layout or "NCHW"
        decision = decide(self.mutant, case, geometry)
        call = {"case": case.name, "layout": held, **{name: one for name, one in asdict(decision).items() if one}}
        return Plan("native", call, held, "IOHW", held, bias="native" if case.bias else "none")

    def start(self) -> dict[str, str]:
        return {"numpy": np.__version__}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        if call.get("accepted"):
            return lambda: zeros(x)
        if "refusal" in call:
            raise RefusalError(call["refusal"])
        last, geometry = call["layout"] == "NHWC", planned(call)
        nchw = x.transpose(0, 3, 1, 2) if last else x

        def run() -> Array:
            y = self.finish(answer(self.mutant, Call(geometry, *widened(nchw, w, b), x.dtype, call["layout"])))
            return y.transpose(0, 2, 3, 1) if last and y.ndim == 4 else y

        return run

    def finish(self, y: Array) -> Array:
        """The last change to the result, in the case's dtype and NCHW."""
        return y


def planned(call: Mapping[str, Any]) -> Geometry:
    """The geometry that a mutant's plan holds."""
    sizes = call["geometry"]
    return Geometry(**{**sizes, "axes": tuple(Axis(**axis) for axis in sizes["axes"])})


@cache
def adapter_called(name: str) -> type[Honest]:
    """The adapter of the mutant ``name``, or of ``operation/fault``; raises KeyError where there is none."""
    op, _, fault = name.rpartition("/")
    if op in {"", Case.op}:
        mutant = mutant_called(fault)
        return type(mutant.name, (Honest,), {"mutant": mutant, "__module__": __name__, "__doc__": mutant.text})
    from harness.quality.fault_adapter import adapter_of

    return adapter_of(op, fault)


def __getattr__(name: str) -> type[Honest]:
    """The adapter of a mutant as a worker loads it, ``harness.quality.mutant_adapter:NAME``."""
    try:
        return adapter_called(name)
    except KeyError:
        message = f"there is no mutant called {name}; {SEE}"
        raise AttributeError(message) from None
