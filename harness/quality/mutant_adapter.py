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

from harness.adapters import load_adapter
from harness.adapters.base import Adapter
from harness.adapters.program import Inexpressible, Program
from harness.core.case import AnyCase, DTypeName
from harness.core.errors import near_name
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import geometry_of
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants import mutant_called, mutants
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
    smoke = False
    reusable = True
    refusals: ClassVar[tuple[type[BaseException], ...]] = (RefusalError,)
    mutant: ClassVar[Mutant] = HONEST

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.lower()

    def program(self, case: AnyCase) -> Program | Inexpressible:
        if not isinstance(case, Case):
            return super().program(case)
        decision = decide(self.mutant, case, geometry_of(case))
        call = {"case": case.name, "layout": case.layout or "NCHW"}
        call |= {name: one for name, one in asdict(decision).items() if one}
        return prepared(self, case, call)

    def start(self) -> dict[str, str]:
        return {"numpy": np.__version__}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        if call.get("accepted"):
            return lambda: zeros(x)
        if "refusal" in call:
            raise RefusalError(call["refusal"])
        geometry = planned(call)
        return lambda: self.finish(answer(self.mutant, Call(geometry, *widened(x, w, b), x.dtype, call["layout"])))

    def finish(self, y: Array) -> Array:
        """The last change to the result, in the case's dtype and NCHW."""
        return y


def prepared(adapter: Honest, case: Case, call: Mapping[str, Any]) -> Program:
    """The call that the method ``prepare`` of an adapter gives, and its gradients by the method ``differentiate``."""
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    arrays, kind = ", ".join(("call", *tensors, *([] if case.bias else ["None"]))), type(adapter)
    made, gradients = f"adapter = loaded('{kind.__module__}:{kind.__name__}')", hasattr(kind, "differentiate")
    return Program(
        call,
        tensors,
        ("y = prepared()",),
        build=(made, f"prepared = adapter.prepare({arrays})"),
        gradient=("found = prepared()",) if gradients else (),
        gradient_build=(made, f"prepared = adapter.differentiate({arrays}, cotangent)") if gradients else (),
        imports=(f"from {__name__} import loaded",),
        dtype=case.dtype,
    )


@cache
def loaded(target: str) -> Any:
    """The adapter at ``target``; the same for all calls in a process, which has started its own."""
    return load_adapter(target)


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
        message = f"there is no mutant called {name}; {near_name(name, mutants(), SEE)}"
        raise AttributeError(message) from None
