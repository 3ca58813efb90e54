"""Keras in other ways than calling the layer: a functional model's ``predict``, and the shape it says beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from harness.adapters.base import LEGALITY
from harness.adapters.keras import Keras, KerasJax, KerasTorch, Weights
from harness.adapters.plan import Form, Inexpressible, Plan
from harness.adapters.python_text import Source
from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry


class _Predict(Keras):
    """The layer in a functional model, which compiles it; its gradients belong to ``fit``, which gives none out."""

    variant = True
    outputs = ("output",)
    suites: ClassVar[tuple[str, ...]] = ("reported_divergences",)
    weight = 5

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Keras.prepare."""
        keras = self.keras
        layer = self.build(call, x, w, b)
        image = keras.Input(x.shape[1:], dtype=str(x.dtype))
        model = keras.Model(image, layer(image))
        weights = Weights(layer, [w] if b is None else [w, b])

        def run() -> Array:
            weights.renew()
            found: Array = model.predict(x, batch_size=max(len(x), 1), verbose=0)
            return found

        return run

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = super().source(call, dtype, bias=bias)
        lines = (
            f"image = keras.Input(data.shape[1:], dtype={dtype!r})",
            "model = keras.Model(image, layer(image))",
            "return model.predict(data, batch_size=len(data), verbose=0)",
        )
        return replace(written, call=(*written.call[:-1], *lines))


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

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        if case.overrides is not None and {"kernel", "bias"} & set(case.overrides.tensors):
            return Inexpressible("compute_output_shape sees no weights")
        return super().plan(case, geometry)

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Form]:
        """See Adapter.prepare; nothing is built."""
        layer = self.keras.layers.Conv2DTranspose(**call, use_bias=b is not None, dtype=str(x.dtype))
        return lambda: Form(tuple(layer.compute_output_shape(x.shape)), str(x.dtype))

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = super().source(call, dtype, bias=bias)
        built = next(index for index, line in enumerate(written.call) if line.startswith("layer.build"))
        said = f"np.broadcast_to(np.zeros((), {DTYPES[dtype].text}), layer.compute_output_shape(data.shape))"
        return replace(written, call=(*written.call[:built], f"return {said}"))
