"""Adapters with gradients: one tells the truth, each of the others a lie about its gradients alone."""

from __future__ import annotations

import os
from itertools import count
from typing import Any

import numpy as np

from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.calls import Form
from harness.adapters.text import Framework
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.quality.mutant_adapter import Honest, planned
from harness.tests.raising import raise_it


class Differentiating(Honest):
    """The oracle's gradients, rounded to the case's dtype."""

    outputs = ALL_OUTPUTS

    def differentiate(self, call, x, w, b, g):
        names = ALL_OUTPUTS[1:] if b is not None else ALL_OUTPUTS[1:3]

        def run():
            reference = ConvTransposeReference(planned(call), x.astype(float), w.astype(float), None)
            return {
                name: self.spoil(name, Gradient(name, reference, g.astype(float)).output.astype(x.dtype))
                for name in names
            }

        return run

    def spoil(self, name: str, value: Any) -> Any:
        """The lie."""
        return value


class RotatedKernelGradient(Differentiating):
    """The gradient of the kernel stands rotated by 180 degrees."""

    def spoil(self, name, value):
        return value[..., ::-1, ::-1] if name == "kernel_grad" else value


class BiasGradientAsRow(Differentiating):
    """The gradient of the bias has two axes."""

    def spoil(self, name, value):
        return value[None] if name == "bias_grad" else value


class CountingGradient(Differentiating):
    """No two runs give the same gradient of the input."""

    def __init__(self):
        self.calls = count()

    def spoil(self, name, value):
        return value + value.dtype.type(next(self.calls)) if name == "input_grad" else value


class RaisingGradient(Differentiating):
    """The way back raises."""

    def spoil(self, name, value):
        raise_it(ArithmeticError("no way back"))


class AbortingGradient(Differentiating):
    """The way back ends the process, on the case called ``bad`` alone."""

    def differentiate(self, call, x, w, b, g):
        if call["case"] == "suite/bad":
            os.abort()
        return super().differentiate(call, x, w, b, g)


class AbortingAtOnce(Differentiating):
    """The call itself ends the process."""

    def prepare(self, call, x, w, b):
        os.abort()


class Shapes(Honest):
    """Says a shape, and no values."""

    shape_only = True
    runtime = Framework(shape_only=True, array="str({})")

    def prepare(self, call, x, w, b):
        honest = super().prepare(call, x, w, b)
        return lambda: Form(self.shape(honest().shape), x.dtype.name)

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape


class NumPySizes(Shapes):
    """The same shape, in integers of NumPy's."""

    def shape(self, shape):
        return tuple(map(np.int64, shape))


class TooHigh(Shapes):
    """One row too many."""

    def shape(self, shape):
        return (*shape[:2], shape[2] + 1, shape[3])
