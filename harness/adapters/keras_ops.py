"""Keras: the function ``keras.ops.conv_transpose``, which has none of the layer's checks, on both backends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.adapters.keras import DEFAULTS, Keras, KerasTorch
from harness.adapters.plan import Array, Inexpressible, Plan
from harness.adapters.source import Source, write_call
from harness.case import Case, DTypeName
from harness.geometry import Geometry


class _Ops(Keras):
    """The layer's plan, without what the function takes from its kernel; it has no bias."""

    variant = True
    suites = ("reported_divergences",)

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if isinstance(plan, Inexpressible):
            return plan
        call = {name: value for name, value in plan.call.items() if name not in {"filters", "kernel_size"}}
        return replace(plan, call=call, bias="after" if case.bias else "none")

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """``x`` in the call's data_format, ``w`` (kH, kW, C_out, C_in); ``b`` is None."""
        ops = self.keras.ops
        data, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(w)
        return lambda: ops.convert_to_numpy(ops.conv_transpose(data, kernel, **call))

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        lines = write_call("y = keras.ops.conv_transpose", ["data", "kernel"], call, {**DEFAULTS, "strides": None})
        return replace(super().source(call, dtype, bias=bias), call=(*lines, "return keras.ops.convert_to_numpy(y)"))


class KerasOps(_Ops):
    """On the TensorFlow backend."""

    name = "keras:ops"
    weight = 1


class KerasTorchOps(_Ops, KerasTorch):
    """On the PyTorch backend."""

    name = "keras:torch-ops"
    weight = 1
