"""Keras in other ways than calling the layer: a functional model's ``predict``, and the shape stated beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.adapters.base import LEGALITY
from harness.adapters.crops import Expression
from harness.adapters.keras import Keras, KerasJax, KerasTorch
from harness.adapters.keras.backends import KERAS
from harness.adapters.keras.conv_transpose import model_program, shape_program
from harness.adapters.program import Inexpressible, Program
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry


class _Predict(Keras):
    """The layer in a functional model, which compiles it; its gradients belong to ``fit``, which gives none out."""

    variant = True
    outputs = ("output",)
    suites: ClassVar[tuple[str, ...]] = ("reported_divergences",)
    weight = 5
    runtime = replace(KERAS, tensor="{}")

    def convolution(self, expression: Expression, case: Case) -> Program:
        return model_program(expression, case)


class KerasPredict(_Predict):
    """On the TensorFlow backend."""

    name = "keras:predict"


class KerasTorchPredict(_Predict, KerasTorch):
    """On the PyTorch backend."""

    name = "keras:torch-predict"


class KerasJaxPredict(_Predict, KerasJax):
    """On the JAX backend."""

    name = "keras:jax-predict"


class KerasSymbolic(Keras):
    """``compute_output_shape``, which no backend takes part in."""

    name = "keras:symbolic"
    variant = True
    shape_only = True
    outputs = ("output",)
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    weight = 1
    runtime = replace(KERAS, tensor="keras.KerasTensor({0}.shape, {0}.dtype.name)", array="str({})", shape_only=True)

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        if case.overrides is not None and {"kernel", "bias"} & set(case.overrides.tensors):
            return Inexpressible("compute_output_shape sees no weights")
        return super().express(case, geometry)

    def convolution(self, expression: Expression, case: Case) -> Program:
        return shape_program(expression, case)
