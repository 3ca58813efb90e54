"""Keras: the ``keras.layers.Conv2DTranspose`` layer, on its TensorFlow, PyTorch and JAX backends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.crops import ConvTransposeAdapter, Expressed, Expression, express
from harness.adapters.keras.backends import JAX, TENSORFLOW, TORCH, Backend
from harness.adapters.keras.conv_transpose import cannot_give, layer_program, stated
from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.text import explain
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import keras_dilation_limit
from harness.operations.conv_transpose.geometry import Geometry

DEFAULTS = {
    "strides": 1,
    "padding": "valid",
    "output_padding": None,
    "data_format": "channels_last",
    "dilation_rate": 1,
    "use_bias": True,
    "dtype": "float32",
}


class Keras(ConvTransposeAdapter):
    """TensorFlow backend. Groups are split and concatenated; odd crops are ``valid``, then a slice or zeros."""

    name = "keras"
    dialect = "keras"
    dtypes = ("float64", "float32", "float16", "bfloat16")
    runtime = TENSORFLOW.runtime
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.keras.avg_unpool2d:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.keras.max_pool2d_with_indices:max_pool2d_with_indices",
        "resize2d": "harness.adapters.keras.resize2d:resize2d",
        "resize_conv2d": "harness.adapters.keras.resize_conv2d:resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    backend: ClassVar[Backend] = TENSORFLOW
    environment = TENSORFLOW.environment
    process = "keras"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "tensorflow": "tensorflow"}
    weight = 7

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        given = case.layout or "NHWC"
        if geometry is None and case.groups > 1:
            return Inexpressible("Conv2DTranspose has no groups that could be asked for")
        if case.overrides is not None and (reason := cannot_give(case.overrides)):
            return Inexpressible(reason)
        if geometry is None or case.dialect == self.dialect:
            return stated(case, Expressed(case.words), given, given)
        if reason := keras_dilation_limit(geometry) or self.backend.limit(case):
            return Inexpressible(reason)
        words = express(
            self.dialect, geometry, Words("valid"), usable=lambda words: self.backend.computes(geometry, words)
        )
        return stated(case, words, given, given if self.backend.reads(case, given) else "NHWC")

    def convolution(self, expression: Expression, case: Case) -> Program:
        return layer_program(expression, case)

    def start(self) -> dict[str, str]:
        import keras

        return {"keras": str(keras.__version__), **self.backend.versions()}

    def explain(self, error: BaseException) -> str:
        """Without the frame that Keras puts around the error of a layer's call."""
        message = explain(error)
        framed = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
        return (framed.group(1) if framed else message).strip()


class KerasTorch(Keras):
    """PyTorch backend."""

    name = "keras:torch"
    variant = True
    backend = TORCH
    runtime = TORCH.runtime
    environment = TORCH.environment
    process = "keras:torch"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "torch": "torch"}
    weight = 6


class KerasJax(Keras):
    """JAX backend."""

    name = "keras:jax"
    variant = True
    backend = JAX
    runtime = JAX.runtime
    environment = JAX.environment
    process = "keras:jax"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "jax": "jax"}
    suites: ClassVar[tuple[str, ...]] = ("empty_inputs", "impossible_parameters", "reported_divergences")
    weight = 6
