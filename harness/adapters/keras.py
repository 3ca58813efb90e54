"""Keras: the ``keras.layers.Conv2DTranspose`` layer, on its TensorFlow and PyTorch backends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ONE_THREAD, Adapter, Expressed, express
from harness.adapters.plan import Array, Inexpressible, Plan
from harness.adapters.source import Source, write_call
from harness.adapters.tensorflow import ENVIRONMENT, NCHW_BY_TRANSPOSE, NO_DILATION, explain
from harness.case import Case, DTypeName, Layout, Words
from harness.dialects import keras_dilation_limit, lower_words
from harness.geometry import Geometry, IllegalCaseError

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


class Keras(Adapter):
    """TensorFlow backend. Groups are split and concatenated; odd crops are ``valid``, then a slice or zeros."""

    name = "keras"
    dialect = "keras"
    dtypes = ("float64", "float32", "float16")
    layouts = ("NHWC", "NCHW")
    environment = {**ENVIRONMENT, "KERAS_BACKEND": "tensorflow"}
    process = "keras"
    weight = 7

    keras: ModuleType

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        given = case.layout or "NHWC"
        if geometry is None and case.groups > 1:
            return Inexpressible("Conv2DTranspose has no groups that could be asked for")
        if geometry is None or case.dialect == self.dialect:
            return self._plan(case, Expressed(case.words), given, given)
        if reason := keras_dilation_limit(geometry) or self.backend_limit(case):
            return Inexpressible(reason)
        said = express(self.dialect, geometry, Words("valid"), usable=lambda words: self.computes(geometry, words))
        return self._plan(case, said, given, given if self.reads(case, given) else "NHWC")

    def backend_limit(self, case: Case) -> str:
        """Why the backend cannot compute ``case``, or nothing."""
        return NO_DILATION if max(case.dilations) > 1 and case.dtype != "float32" else ""

    def computes(self, geometry: Geometry, words: Words) -> bool:
        """Whether the backend computes what the layer can say: TensorFlow must itself reach the size by SAME."""
        if words.padding != "same":
            return True
        try:
            lower_words("tensorflow", geometry, Words("same", output_size=geometry.output_size))
        except IllegalCaseError:
            return False
        return True

    def reads(self, case: Case, layout: Layout) -> bool:
        """Whether the backend reads ``layout`` in the case's dtype."""
        return layout == "NHWC" or case.dtype == "float32"

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
        return {"keras": str(keras.__version__), **self._backend_versions()}

    def _backend_versions(self) -> dict[str, str]:
        import tensorflow as tf

        return {"tensorflow": str(tf.__version__)}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """``x`` in the call's data_format, ``w`` (kH, kW, C_out, C_in), ``b`` (C_out)."""
        keras = self.keras
        layer = keras.layers.Conv2DTranspose(
            **call, use_bias=b is not None, dtype=str(x.dtype), kernel_initializer="zeros"
        )
        layer.build(x.shape)
        layer.set_weights([w] if b is None else [w, b])
        data = keras.ops.convert_to_tensor(x)
        return lambda: keras.ops.convert_to_numpy(layer(data))

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        arguments = {**call, "use_bias": bias, "dtype": dtype}
        lines = write_call("layer = keras.layers.Conv2DTranspose", [], arguments, DEFAULTS)
        weights = "[kernel, bias]" if bias else "[kernel]"
        lines += ["layer.build(data.shape)", f"layer.set_weights({weights})"]
        imports = ("import keras",)
        body = (*lines, "return keras.ops.convert_to_numpy(layer(data))")
        return Source(imports, body, self.settings, ("keras.__version__", "keras.backend.backend()"))

    def explain(self, error: BaseException) -> str:
        """Without the frame that Keras puts around the error of a layer's call."""
        message = explain(error)
        framed = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
        return (framed.group(1) if framed else message).strip()


class KerasTorch(Keras):
    """PyTorch backend, whose kernels have none of TensorFlow's limits on the CPU."""

    name = "keras:torch"
    variant = True
    environment = {**ONE_THREAD, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": ""}
    process = "keras:torch"
    weight = 6

    def backend_limit(self, case: Case) -> str:
        """None."""
        return ""

    def computes(self, geometry: Geometry, words: Words) -> bool:
        """Everything that the layer can say."""
        return True

    def reads(self, case: Case, layout: Layout) -> bool:
        """Both layouts, in every dtype."""
        return True

    def _backend_versions(self) -> dict[str, str]:
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        return {"torch": str(torch.__version__)}
