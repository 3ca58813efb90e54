"""Keras: the function ``keras.ops.conv_transpose``, which has none of the layer's checks, on every backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from harness.adapters.keras import DEFAULTS, GIVEN_BACK, Keras, KerasJax, KerasTorch
from harness.adapters.plan import Inexpressible, Plan
from harness.adapters.python_text import Source, write_call
from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry


class _Ops(Keras):
    """The layer's plan, without what the function takes from its kernel; it has no bias."""

    variant = True
    suites: ClassVar[tuple[str, ...]] = ("reported_divergences",)

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if isinstance(plan, Inexpressible):
            return plan
        if "bias" in plan.given:
            return Inexpressible("keras.ops.conv_transpose has no bias")
        call = {name: value for name, value in plan.call.items() if name not in {"filters", "kernel_size"}}
        return replace(plan, call=call, bias="after" if case.bias else "none")

    def function(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None
    ) -> tuple[Callable[..., Any], Callable[[], list[Any]]]:
        """Of data and kernel; ``b`` is None."""
        ops = self.keras.ops

        def tensors() -> list[Any]:
            return [ops.convert_to_tensor(x), ops.convert_to_tensor(w)]

        return lambda data, kernel: ops.conv_transpose(data, kernel, **call), tensors

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        lines = write_call("y = keras.ops.conv_transpose", ["data", "kernel"], call, {**DEFAULTS, "strides": None})
        tensors = "data, kernel = tensors = [keras.ops.convert_to_tensor(data), keras.ops.convert_to_tensor(kernel)]"
        return replace(
            super().source(call, dtype, bias=bias),
            call=(*lines, "return keras.ops.convert_to_numpy(y)"),
            gradient=(tensors, *self.backend.written("data, kernel", lines), GIVEN_BACK),
        )


class KerasOps(_Ops):
    """On the TensorFlow backend."""

    name = "keras:ops"
    weight = 1


class KerasTorchOps(_Ops, KerasTorch):
    """On the PyTorch backend."""

    name = "keras:torch-ops"
    weight = 1


class KerasJaxOps(_Ops, KerasJax):
    """On the JAX backend."""

    name = "keras:jax-ops"
    weight = 1
