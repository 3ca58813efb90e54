"""Keras' layers, one by one: from a live layer to an operation, and back.

A reader gives the operation, its weights by role, how to call the layer without its activation, and that activation;
or None for what does nothing in inference. It raises TranslationError for settings not ported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.case import Pads
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.layer import TranslationError, added, negative
from harness.porting.networks.conv_transpose import is_one_layer, read_transposed
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    MaxPool2d,
    Operation,
    Pad2d,
    Relu,
    Shape,
    Sigmoid,
    Upsample2d,
    fixed_same,
)
from harness.porting.networks.reader import cut_out, refuse, unknown

Call = Callable[..., Any]
"""Takes the tensors that a layer reads."""
Done = tuple[Operation, Mapping[str, Array], Call, Operation | None] | None


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


def _bare(layer: Any) -> Call:
    """A call of ``layer`` itself, for once without its activation."""
    import keras

    def call(x: Any) -> Any:
        kept, layer.activation = layer.activation, keras.activations.linear
        try:
            return layer(x)
        finally:
            layer.activation = kept

    return call


def _computes(layer: Any) -> None:
    if layer.compute_dtype != layer.variable_dtype:
        raise refuse(layer.name, layer, f"computes in {layer.compute_dtype} and holds {layer.variable_dtype}")


def _padding(word: str, extents: Sequence[int], strides: Sequence[int]) -> tuple[Pads, bool]:
    """What is padded at every size, and whether ``same`` pads more."""
    fixed = fixed_same(extents, strides) if word == "same" else NO_PADS
    return (NO_PADS, True) if fixed is None else (fixed, False)


def _conv(layer: Any) -> Done:
    _computes(layer)
    if layer.padding not in {"same", "valid"}:
        raise refuse(layer.name, layer, f"padding={layer.padding!r} is not ported")
    kernel = layer.kernel.numpy()
    operation = Conv2d(
        kernel.shape[2] * layer.groups,
        kernel.shape[3],
        kernel.shape[:2],
        tuple(layer.strides),
        tuple(layer.dilation_rate),
        layer.groups,
        NO_PADS,
    )
    pads, same = _padding(layer.padding, operation.extents, operation.strides)
    arrays = {"kernel": np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))}
    arrays |= {"bias": layer.bias.numpy()} if layer.use_bias else {}
    return replace(operation, pads=pads, same=same), arrays, _bare(layer), _activation(layer)


def is_composed(layer: Any) -> bool:
    """Whether ``layer`` is a model as translations compose one around transposed convolutions.

    A Sequential of one, then zeros, crops or a bias; or a Functional that splits its input into groups and joins them.
    """
    import keras

    if type(layer) is keras.Sequential:
        parts = [one for one in layer.layers if type(one) is not keras.layers.InputLayer]
        if len(parts) < 2 or type(parts[0]) is not keras.layers.Conv2DTranspose:
            return False
        others = [one for one in parts[1:] if type(one) not in {keras.layers.ZeroPadding2D, keras.layers.Cropping2D}]
        return all(map(_adds_bias, others)) and (bool(others) or is_one_layer(layer))
    if not isinstance(layer, keras.Model):
        return False
    names = [type(one).__name__ for one in getattr(layer, "operations", ())]
    known = {"InputLayer", "Split", "Conv2DTranspose", "Concatenate", "ZeroPadding2D", "Cropping2D", "AddBias"}
    return set(names) <= known and names.count("Split") == names.count("Concatenate") == 1


def _adds_bias(part: Any) -> bool:
    """Whether ``part`` is what translations add a bias with, by what it does to a few numbers."""
    import keras

    if type(part).__name__ != "AddBias" or not hasattr(part, "bias") or len(part.bias.shape) != 1:
        return False
    bias = part.bias.numpy()
    x = np.arange(len(bias) * 4.0, dtype=bias.dtype).reshape(1, 2, 2, -1)
    try:
        return bool(np.array_equal(keras.ops.convert_to_numpy(part(keras.ops.convert_to_tensor(x))), x + bias))
    except Exception:
        return False


def _transposed(layer: Any) -> Done:
    """A layer with an activation is read from one without, which has the same weights."""
    import keras

    activation, bare = None, layer
    if isinstance(layer, keras.layers.Conv2DTranspose):
        activation = _activation(layer)
        if activation is not None:
            bare = keras.layers.Conv2DTranspose.from_config({**layer.get_config(), "activation": "linear"})
            bare.build((None, None, None, layer.kernel.shape[-1]))
            bare.set_weights(layer.get_weights())
    try:
        operation, arrays = read_transposed(bare)
    except (TranslationError, IllegalCaseError) as error:
        raise refuse(layer.name, layer, str(error)) from None
    return operation, arrays, layer if activation is None else _bare(layer), activation


def _batch_norm(layer: Any) -> Done:
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
    return BatchNorm(layer.epsilon), arrays, lambda x: layer(x, training=False), None


def _relu(layer: Any) -> Done:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise refuse(layer.name, layer, "max_value, negative_slope and threshold are not ported")
    return Relu(), {}, layer, None


def _activated(layer: Any) -> Done:
    operation = _activation(layer)
    return None if operation is None else (operation, {}, layer, None)


def _pool(layer: Any) -> Done:
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    return MaxPool2d(size, strides, *_padding(layer.padding, size, strides)), {}, layer, None


def _average(layer: Any) -> Done:
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    if layer.padding == "same" and size != (1, 1):
        raise refuse(layer.name, layer, "padding='same' is not ported: what is padded depends on the input's size")
    return AveragePool2d(size, strides), {}, layer, None


def _upsample(layer: Any) -> Done:
    if layer.interpolation not in {"nearest", "bilinear"}:
        known = "only 'nearest' and 'bilinear'"
        raise refuse(layer.name, layer, f"interpolation={layer.interpolation!r} is not ported, {known}")
    return Upsample2d(tuple(layer.size), layer.interpolation), {}, layer, None


def _concat(layer: Any) -> Done:
    if layer.axis not in {3, -1}:
        raise refuse(layer.name, layer, f"axis={layer.axis} is not ported, only the channels, which are last")
    return Concat(), {}, lambda *tensors: layer(list(tensors)), None


def _slice(layer: Any, shape: Shape, index: Any) -> Done:
    n, c, h, w = shape
    pads = cut_out(layer.name, (n, h, w, c), index, "NHWC")
    return (Pad2d(pads), {}, lambda x: x[index], None) if any(map(any, pads)) else None


_SKIPPED = {"Dropout", "SpatialDropout2D", "Identity"}
_LAYERS: dict[str, Callable[[Any], Done]] = {
    "Conv2D": _conv,
    "Conv2DTranspose": _transposed,
    "BatchNormalization": _batch_norm,
    "ReLU": _relu,
    "Activation": _activated,
    "MaxPooling2D": _pool,
    "AveragePooling2D": _average,
    "UpSampling2D": _upsample,
    "Concatenate": _concat,
    "ZeroPadding2D": lambda layer: (Pad2d(added(NO_PADS, layer.padding)), {}, layer, None),
    "Cropping2D": lambda layer: (Pad2d(negative(layer.cropping)), {}, layer, None),
}


def read_layer(layer: Any, shape: Shape, arguments: Sequence[Any] = ()) -> Done:
    """A live layer that reads data of ``shape`` (N, C, H, W), and ``arguments`` after these.

    Of the operations of ``keras.ops`` only slices are known, and no class derived from a layer's.
    Raises TranslationError for other layers, and where one is called with more than its data.
    """
    import keras

    kind = type(layer).__name__
    if kind == "GetItem" and type(layer).__module__.startswith("keras.src.ops."):
        return _slice(layer, shape, arguments[0])
    if is_composed(layer):
        return _transposed(layer)
    if kind not in {*_LAYERS, *_SKIPPED} or type(layer) is not getattr(keras.layers, kind, None):
        raise unknown(layer.name, layer)
    if arguments:
        raise refuse(layer.name, layer, "is called with several arguments, which is not followed")
    require_plain(layer)
    if kind in _SKIPPED:
        return None
    if kind != "Conv2DTranspose" and getattr(layer, "data_format", "channels_last") != "channels_last":
        raise refuse(layer.name, layer, "data_format='channels_first' is not ported, only 'channels_last'")
    return _LAYERS[kind](layer)


def require_plain(layer: Any) -> None:
    """Raise TranslationError about a layer whose call was replaced on the object, or that is not as it was built."""
    if {"call", "__call__"} & set(vars(layer)):
        raise refuse(layer.name, layer, "has a call of its own, set on this object, which is not followed")
    if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        raise refuse(layer.name, layer, "is quantized or has LoRA enabled, which is not followed")
