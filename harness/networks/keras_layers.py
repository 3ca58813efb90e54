"""Keras' layers, one by one: from a live layer to an operation, and back.

A reader gives the operation, its weights by role, how to call the layer without its activation, and that activation;
or ``Skip`` for what does nothing in inference, or a ``Pad``. It raises TranslationError for settings not ported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.live import UnreadableError
from harness.adapters.plan import Array
from harness.case import Pads
from harness.geometry import NO_PADS, IllegalCaseError
from harness.networks.network import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    MaxPool2d,
    Operation,
    Relu,
    Shape,
    Sigmoid,
    Upsample2d,
    same_pads,
)
from harness.networks.reading import refuse, unknown
from harness.networks.transposed import read_transposed


class Skip:
    """What does nothing in inference."""


@dataclass(frozen=True, slots=True)
class Pad:
    """Zeros around the data, to be joined with the convolution that follows."""

    pads: Pads
    layer: Any

    def joined(self, operation: Conv2d) -> Conv2d:
        """The convolution with these zeros too."""
        pairs = [(a + c, b + d) for (a, b), (c, d) in zip(self.pads, operation.pads, strict=True)]
        return replace(operation, pads=(pairs[0], pairs[1]))


@dataclass(frozen=True, slots=True)
class Met:
    """A layer and the shape (N, C, H, W) that it reads."""

    layer: Any
    shape: Shape


Full = tuple[Operation, Mapping[str, Array], Callable[[list[Any]], Any], Operation | None]
Done = Full | Skip | Pad


def _plain(layer: Any, operation: Operation, arrays: Mapping[str, Array] | None = None) -> Full:
    return operation, arrays or {}, lambda tensors: layer(tensors[0]), None


def _activation(layer: Any) -> Operation | None:
    """What follows the layer's own operation. Raises TranslationError for another one than ReLU and sigmoid."""
    import keras

    known: list[tuple[Any, Operation | None]] = [
        (None, None),
        (keras.activations.linear, None),
        (keras.activations.relu, Relu()),
        (keras.activations.sigmoid, Sigmoid()),
    ]
    for function, operation in known:
        if layer.activation is function:
            return operation
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    raise refuse(layer.name, layer, f"the activation {name} is not ported, only relu, sigmoid and linear")


def _bare(layer: Any) -> Callable[[list[Any]], Any]:
    """A call of ``layer`` itself, for once without its activation."""
    import keras

    def call(tensors: list[Any]) -> Any:
        kept, layer.activation = layer.activation, keras.activations.linear
        try:
            return layer(tensors[0])
        finally:
            layer.activation = kept

    return call


def _last(layer: Any) -> None:
    if layer.data_format != "channels_last":
        raise refuse(layer.name, layer, "data_format='channels_first' is not ported, only 'channels_last'")


def _computes(layer: Any) -> None:
    if layer.compute_dtype != layer.variable_dtype:
        raise refuse(layer.name, layer, f"computes in {layer.compute_dtype} and holds {layer.variable_dtype}")


def _conv(met: Met) -> Done:
    layer = met.layer
    _last(layer)
    _computes(layer)
    if layer.padding not in {"same", "valid"}:
        raise refuse(layer.name, layer, f"padding={layer.padding!r} is not ported")
    kernel = layer.kernel.numpy()
    extents = [(k - 1) * d + 1 for k, d in zip(kernel.shape, layer.dilation_rate, strict=False)]
    operation = Conv2d(
        kernel.shape[2] * layer.groups,
        kernel.shape[3],
        kernel.shape[:2],
        tuple(layer.strides),
        tuple(layer.dilation_rate),
        layer.groups,
        same_pads(met.shape[2:], extents, layer.strides) if layer.padding == "same" else NO_PADS,
    )
    arrays = {"kernel": np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))}
    arrays |= {"bias": layer.bias.numpy()} if layer.use_bias else {}
    return operation, arrays, _bare(layer), _activation(layer)


def _transposed(met: Met) -> Done:
    """A layer with an activation is read from one without, which has the same weights."""
    layer = met.layer
    import keras

    activation, bare = None, layer
    if isinstance(layer, keras.layers.Conv2DTranspose):
        activation = _activation(layer)
        if activation is not None:
            bare = keras.layers.Conv2DTranspose.from_config({**layer.get_config(), "activation": "linear"})
            bare.build((None, None, None, met.shape[1]))
            bare.set_weights(layer.get_weights())
    try:
        operation, arrays = read_transposed(bare)
    except (UnreadableError, IllegalCaseError) as error:
        raise refuse(layer.name, layer, str(error)) from None
    call = _bare(layer) if activation is not None else lambda tensors: layer(tensors[0])
    return operation, arrays, call, activation


def _batch_norm(met: Met) -> Done:
    layer = met.layer
    _computes(layer)
    if layer.axis not in {3, -1}:
        raise refuse(layer.name, layer, f"axis={layer.axis} is not ported, only the last")
    mean = layer.moving_mean.numpy()
    arrays = {
        "gamma": layer.gamma.numpy() if layer.scale else np.ones_like(mean),
        "beta": layer.beta.numpy() if layer.center else np.zeros_like(mean),
        "mean": mean,
        "variance": layer.moving_variance.numpy(),
    }
    return BatchNorm(layer.epsilon), arrays, lambda tensors: layer(tensors[0], training=False), None


def _relu(met: Met) -> Done:
    layer = met.layer
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise refuse(layer.name, layer, "max_value, negative_slope and threshold are not ported")
    return _plain(layer, Relu())


def _activated(met: Met) -> Done:
    layer = met.layer
    operation = _activation(layer)
    return Skip() if operation is None else _plain(layer, operation)


def _pool(met: Met) -> Done:
    layer = met.layer
    _last(layer)
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    pads = same_pads(met.shape[2:], size, strides) if layer.padding == "same" else NO_PADS
    return _plain(layer, MaxPool2d(size, strides, pads))


def _average(met: Met) -> Done:
    layer = met.layer
    _last(layer)
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    if layer.padding == "same" and same_pads(met.shape[2:], size, strides) != NO_PADS:
        raise refuse(layer.name, layer, "padding='same' is not ported where it pads")
    return _plain(layer, AveragePool2d(size, strides))


def _upsample(met: Met) -> Done:
    layer = met.layer
    _last(layer)
    if layer.interpolation not in {"nearest", "bilinear"}:
        said = f"interpolation={layer.interpolation!r} is not ported, only 'nearest' and 'bilinear'"
        raise refuse(layer.name, layer, said)
    return _plain(layer, Upsample2d(tuple(layer.size), layer.interpolation))


def _concat(met: Met) -> Done:
    layer = met.layer
    if layer.axis not in {3, -1}:
        raise refuse(layer.name, layer, f"axis={layer.axis} is not ported, only the channels, which are last")
    return Concat(), {}, layer, None


def _zero_pad(met: Met) -> Done:
    layer = met.layer
    _last(layer)
    rows, columns = layer.padding
    return Pad((tuple(rows), tuple(columns)), layer)


_SKIPPED = {"Dropout", "SpatialDropout2D", "Identity"}
_LAYERS: dict[str, Callable[[Met], Done]] = {
    "Conv2D": _conv,
    "Conv2DTranspose": _transposed,
    "Sequential": _transposed,
    "Functional": _transposed,
    "BatchNormalization": _batch_norm,
    "ReLU": _relu,
    "Activation": _activated,
    "MaxPooling2D": _pool,
    "AveragePooling2D": _average,
    "UpSampling2D": _upsample,
    "Concatenate": _concat,
    "ZeroPadding2D": _zero_pad,
}


def read_layer(layer: Any, shape: Shape) -> Done:
    """A live layer that reads data of ``shape`` (N, C, H, W); an operation of ``keras.ops`` is none."""
    kind, module = type(layer).__name__, type(layer).__module__
    known = kind in _LAYERS or kind in _SKIPPED
    if not known or not module.startswith("keras.") or module.startswith("keras.src.ops."):
        raise unknown(layer.name, layer)
    return Skip() if kind in _SKIPPED else _LAYERS[kind](Met(layer, shape))
