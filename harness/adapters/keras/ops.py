"""Keras: the function ``keras.ops.conv_transpose``, which has none of the layer's checks, on every backend."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.adapters.crops import Expression
from harness.adapters.keras import Keras, KerasJax, KerasTorch
from harness.adapters.keras.conv_transpose import function_program
from harness.adapters.program import Inexpressible, Program
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry


class _Ops(Keras):
    """The layer's words, without what the function takes from its kernel; it has no bias."""

    variant = True
    suites: ClassVar[tuple[str, ...]] = ("reported_divergences",)
    weight = 1

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        expression = super().express(case, geometry)
        if isinstance(expression, Inexpressible):
            return expression
        if "bias" in expression.given:
            return Inexpressible("keras.ops.conv_transpose has no bias")
        call = {name: value for name, value in expression.call.items() if name not in {"filters", "kernel_size"}}
        return replace(expression, call=call, bias="after" if case.bias else "none")

    def convolution(self, expression: Expression, case: Case) -> Program:
        return function_program(expression, case)


class KerasOps(_Ops):
    """On the TensorFlow backend."""

    name = "keras:ops"


class KerasTorchOps(_Ops, KerasTorch):
    """On the PyTorch backend."""

    name = "keras:torch-ops"


class KerasJaxOps(_Ops, KerasJax):
    """On the JAX backend."""

    name = "keras:jax-ops"
