"""Keras: the ``keras.layers.Conv2DTranspose`` layer, on its TensorFlow, PyTorch and JAX backends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from harness.adapters.base import ALL_OUTPUTS, ONE_THREAD
from harness.adapters.crops import ConvTransposeAdapter, Expressed, Expression, express
from harness.adapters.keras.backends import JAX, TENSORFLOW, TORCH
from harness.adapters.keras.conv_transpose import cannot_give, layer_program, stated
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import start_torch
from harness.adapters.tensorflow import ENVIRONMENT, NO_DILATION
from harness.adapters.tensorflow.text import explain
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import keras_dilation_limit, lower_words
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
    runtime = TENSORFLOW
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.keras.avg_unpool2d:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.keras.max_pool2d_with_indices:max_pool2d_with_indices",
        "resize2d": "harness.adapters.keras.resize2d:resize2d",
        "resize_conv2d": "harness.adapters.keras.resize_conv2d:resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    environment = ENVIRONMENT
    limited: ClassVar[bool] = True
    """Whether its kernels, as TensorFlow's on the CPU, dilate and read NCHW in float32 only."""
    process = "keras"
    continues = "tensorflow"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "tensorflow": "tensorflow"}
    weight = 7

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        given = case.layout or "NHWC"
        if geometry is None and case.groups > 1:
            return Inexpressible("Conv2DTranspose has no groups")
        if case.overrides is not None and (reason := cannot_give(case.overrides)):
            return Inexpressible(reason)
        if geometry is None or case.dialect == self.dialect:
            return stated(case, Expressed(case.words), given, given)
        limited = self.limited and case.dtype != "float32"
        if reason := keras_dilation_limit(geometry) or (NO_DILATION if limited and max(case.dilations) > 1 else ""):
            return Inexpressible(reason)
        words = express(
            self.dialect, geometry, Words("valid"), usable=lambda words: not self.limited or _reached(geometry, words)
        )
        return stated(case, words, given, "NHWC" if limited else given)

    def convolution(self, expression: Expression, case: Case) -> Program:
        return layer_program(expression, case)

    def explain(self, error: BaseException) -> str:
        """Without the frame that Keras puts around the error of a layer's call."""
        message = explain(error)
        framed = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
        return (framed.group(1) if framed else message).strip()


def _reached(geometry: Geometry, words: Words) -> bool:
    """Whether TensorFlow itself reaches the size where ``words`` are SAME."""
    if words.padding != "same":
        return True
    try:
        lower_words("tensorflow", geometry, Words("same", output_size=geometry.output_size))
    except IllegalCaseError:
        return False
    return True


class KerasTorch(Keras):
    """PyTorch backend."""

    name = "keras:torch"
    variant = True
    runtime = TORCH
    environment = {**ONE_THREAD, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": ""}
    limited = False
    process = "keras:torch"
    continues = ""
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "torch": "torch"}
    weight = 6

    def start(self) -> dict[str, str]:
        return start_torch(super().start())


class KerasJax(Keras):
    """JAX backend, with 64 bits, without which JAX turns float64 into float32."""

    name = "keras:jax"
    variant = True
    runtime = JAX
    environment = {
        **ONE_THREAD,
        "KERAS_BACKEND": "jax",
        "JAX_ENABLE_X64": "1",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    }
    limited = False
    process = "keras:jax"
    continues = ""
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "jax": "jax"}
    suites: ClassVar[tuple[str, ...]] = ("empty_inputs", "impossible_parameters", "reported_divergences")
    weight = 6
