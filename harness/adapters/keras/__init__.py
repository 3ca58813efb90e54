"""Keras: the ``keras.layers.Conv2DTranspose`` layer, on its TensorFlow, PyTorch and JAX backends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import ALL_OUTPUTS, Adapter, Expressed, express
from harness.adapters.keras.backends import JAX, TENSORFLOW, TORCH, Backend
from harness.adapters.plan import Gradients, Inexpressible, Plan
from harness.adapters.python_text import Source, write_call
from harness.adapters.tensorflow import NCHW_BY_TRANSPOSE, explain
from harness.core.case import GRADIENTS, DTypeName, Layout, Overrides
from harness.core.tensors import Array, same_bits
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import keras_dilation_limit
from harness.operations.conv_transpose.geometry import Geometry

if TYPE_CHECKING:
    from types import ModuleType

DEFAULTS = {
    "strides": 1,
    "padding": "valid",
    "output_padding": None,
    "data_format": "channels_last",
    "dilation_rate": 1,
    "use_bias": True,
    "dtype": "float32",
}
GIVEN_BACK = "return [keras.ops.convert_to_numpy(one) for one in found]"


class Weights:
    """What a layer's weights are to hold: ``arrays``, which may change."""

    def __init__(self, layer: Any, arrays: Sequence[Array]) -> None:
        self._layer, self._arrays = layer, arrays
        self._held = [array.copy() for array in arrays]

    def renew(self) -> None:
        """Set the weights again if their arrays have changed."""
        if not all(map(same_bits, self._arrays, self._held)):
            self._layer.set_weights(self._arrays)
            self._held = [array.copy() for array in self._arrays]


class Keras(Adapter):
    """TensorFlow backend. Groups are split and concatenated; odd crops are ``valid``, then a slice or zeros."""

    name = "keras"
    dialect = "keras"
    dtypes = ("float64", "float32", "float16", "bfloat16")
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.tensorflow.unpooling:keras_avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.tensorflow.pooling:keras_max_pool2d_with_indices",
        "resize2d": "harness.adapters.tensorflow.resizing:keras_resize2d",
        "resize_conv2d": "harness.adapters.tensorflow.resizing:keras_resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    layouts = ("NHWC", "NCHW")
    backend: ClassVar[Backend] = TENSORFLOW
    environment = TENSORFLOW.environment
    process = "keras"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "tensorflow": "tensorflow"}
    weight = 7

    keras: ModuleType

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        given = case.layout or "NHWC"
        if geometry is None and case.groups > 1:
            return Inexpressible("Conv2DTranspose has no groups that could be asked for")
        if case.overrides is not None and (reason := _cannot_give(case.overrides)):
            return Inexpressible(reason)
        if geometry is None or case.dialect == self.dialect:
            return self._plan(case, Expressed(case.words), given, given)
        if reason := keras_dilation_limit(geometry) or self.backend.limit(case):
            return Inexpressible(reason)
        said = express(
            self.dialect, geometry, Words("valid"), usable=lambda words: self.backend.computes(geometry, words)
        )
        return self._plan(case, said, given, given if self.backend.reads(case, given) else "NHWC")

    def _plan(self, case: Case, said: Expressed, given: Layout, seen: Layout) -> Plan | Inexpressible:
        words = said.words
        padding = words.padding or "valid"
        if not isinstance(padding, str) or words.output_size is not None:
            return Inexpressible("Conv2DTranspose has neither explicit padding nor an output size")
        call = {
            "filters": case.out_channels // max(case.groups, 1),
            "kernel_size": case.kernel_size,
            "strides": case.strides,
            "padding": padding,
            "output_padding": words.output_padding,
            "data_format": "channels_last" if seen == "NHWC" else "channels_first",
            "dilation_rate": case.dilations,
        }
        reasons = [
            "Conv2DTranspose has no groups: split, one layer each, concatenate" if case.groups > 1 else "",
            NCHW_BY_TRANSPOSE if seen != given else "",
        ]
        return said.plan(case, call, given=given, seen=seen, kernel_layout="HWOI", splits=case.groups, reasons=reasons)

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        import keras

        self.keras = keras
        return {"keras": str(keras.__version__), **self.backend.versions()}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Any]:
        """``x`` in the call's data_format, ``w`` (kH, kW, C_out, C_in), ``b`` (C_out)."""
        function, tensors = self.function(call, x, w, b)
        return lambda: self.keras.ops.convert_to_numpy(function(*tensors()))

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """By the backend's own means, through the same call."""
        ops = self.keras.ops
        function, tensors = self.function(call, x, w, b)
        gradients = self.backend.gradients(function)

        def run() -> Gradients:
            found = gradients(tensors(), ops.convert_to_tensor(g))
            return {name: ops.convert_to_numpy(one) for name, one in zip(GRADIENTS, found, strict=False)}

        return run

    def function(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None
    ) -> tuple[Callable[..., Any], Callable[[], list[Any]]]:
        """The call as a function of tensors, data first, and the tensors that it is to be called with as they are now.

        JAX differentiates by arguments alone, so that there the weights must be such.
        """
        layer = self.build(call, x, w, b)
        weights = Weights(layer, [w] if b is None else [w, b])

        def tensors() -> list[Any]:
            weights.renew()
            return [self.keras.ops.convert_to_tensor(x), *(weight.value for weight in layer.weights)]

        if self.backend is JAX:
            return lambda data, *weights: layer.stateless_call(list(weights), [], data)[0], tensors
        return lambda data, *_: layer(data), tensors

    def build(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Any:
        """The layer, with its weights."""
        keras = self.keras
        layer = keras.layers.Conv2DTranspose(
            **call, use_bias=b is not None, dtype=str(x.dtype), kernel_initializer="zeros", name="conv2d_transpose"
        )
        layer.build(x.shape)
        layer.set_weights([w] if b is None else [w, b])
        return layer

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        arguments = {**call, "use_bias": bias, "dtype": dtype}
        lines = write_call("layer = keras.layers.Conv2DTranspose", [], arguments, DEFAULTS)
        weights = "[kernel, bias]" if bias else "[kernel]"
        lines += ["layer.build(data.shape)", f"layer.set_weights({weights})"]
        tensors = [
            "data = keras.ops.convert_to_tensor(data)",
            "tensors = [data, *(weight.value for weight in layer.weights)]",
        ]
        called = "layer.stateless_call(list(weights), [], data)[0]" if self.backend is JAX else "layer(data)"
        return Source(
            ("import keras",),
            (*lines, "return keras.ops.convert_to_numpy(layer(data))"),
            self.settings,
            ("keras.__version__", "keras.backend.backend()"),
            gradient=(*lines, *tensors, *self.backend.written("data, *weights", [f"y = {called}"]), GIVEN_BACK),
            gradient_imports=(self.backend.imported,),
        )

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
    environment = TORCH.environment
    process = "keras:torch"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "torch": "torch"}
    weight = 6


class KerasJax(Keras):
    """JAX backend."""

    name = "keras:jax"
    variant = True
    backend = JAX
    environment = JAX.environment
    process = "keras:jax"
    packages: ClassVar[Mapping[str, str]] = {"keras": "keras", "jax": "jax"}
    suites: ClassVar[tuple[str, ...]] = ("empty_inputs", "impossible_parameters", "reported_divergences")
    weight = 6


def _cannot_give(overrides: Overrides) -> str:
    """Why the layer cannot be handed what a case gives, or nothing."""
    if overrides.shapes_output:
        return "Conv2DTranspose has no output_shape"
    if overrides.input_dtype is not None or overrides.kernel_dtype is not None:
        return "a Keras layer casts its input and its weights to its own dtype"
    return ""
