"""A network as a Functional model of Keras' own layers, channels last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.core.case import DTypeName
from harness.core.errors import named
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.code import pads_and_cuts
from harness.porting.layers.layer import TranslationError, negative
from harness.porting.networks.conv_transpose import make_transposed
from harness.porting.networks.graph import Network, Node, Weights, padding_word
from harness.porting.networks.reader import given, refuse, to_hwio


def write(network: Network, weights: Weights) -> Any:
    """A Functional model, channels last, that computes ``network``; layers keep their names.

    Its input has a size where the network holds for inputs of one size alone. Raises TranslationError where Keras
    cannot state a layer.
    """
    import keras

    batch, *size = network.only or (None, None, None)
    if batch is not None:
        message = f"it computes this for batches of {batch} alone, and models of Keras take any"
        raise refuse(network.input, "input", message)
    inputs = keras.Input((*size, network.shape[1]), dtype=network.dtype, name=network.input)
    values = {network.input: inputs}
    for node in network.nodes:
        arguments = [values[name] for name in node.inputs]
        try:
            value = arguments if node.kind == "concat" else arguments[0]
            for layer in make_layers(node, node.own(weights), network.dtype):
                value = layer(value)
        except TranslationError as error:
            raise refuse(node.name, node.kind, str(error)) from None
        except Exception as error:
            raise refuse(node.name, node.kind, f"Keras refuses it: {named(error)}") from None
        values[node.name] = value
    return keras.Model(inputs, values[network.nodes[-1].name], name="network")


def make_layers(node: Node, own: Mapping[str, Array], dtype: DTypeName) -> Iterator[Any]:
    """The layers that ``node`` becomes, one after another; ``own`` are its weights by role.

    Raises TranslationError where Keras cannot state it.
    """
    from keras import layers

    operation: Any = node.operation
    common = {"name": node.name, "dtype": dtype}
    if node.kind == "conv2d":
        yield from _convolution(operation, own, common)
    elif node.kind == "conv_transpose2d":
        layer = make_transposed(operation, given(own, "kernel"), own.get("bias"), "keras", dtype)
        layer.name = node.name
        yield layer
    elif node.kind == "batch_norm":
        layer = layers.BatchNormalization(epsilon=operation.epsilon, **common)
        layer.build((None, None, None, len(given(own, "mean"))))
        layer.set_weights([given(own, role) for role in operation.roles])
        yield layer
    elif node.kind == "relu":
        yield layers.ReLU(**common)
    elif node.kind == "sigmoid":
        yield layers.Activation("sigmoid", **common)
    elif node.kind == "max_pool2d":
        padding = padding_word(operation)
        if padding is None or (operation.same and operation.pads != NO_PADS):
            raise TranslationError("MaxPooling2D has no padding but that of 'same', which depends on the input's size")
        yield layers.MaxPooling2D(operation.kernel_size, operation.strides, padding, **common)
    elif node.kind == "average_pool2d":
        yield layers.AveragePooling2D(operation.kernel_size, operation.strides, **common)
    elif node.kind == "upsample2d":
        yield layers.UpSampling2D(operation.factors, interpolation=operation.interpolation, **common)
    elif node.kind == "concat":
        yield layers.Concatenate(**common)
    else:
        yield from _pad(operation, common)


def _convolution(operation: Any, own: Mapping[str, Array], common: Mapping[str, str]) -> Iterator[Any]:
    from keras import layers

    padding = padding_word(operation)
    if padding is None or (operation.same and operation.pads != NO_PADS):
        yield layers.ZeroPadding2D(operation.pads, name=f"{common['name']}.pad", dtype=common["dtype"])
    layer = layers.Conv2D(
        operation.out_channels,
        operation.kernel_size,
        operation.strides,
        padding or "valid",
        dilation_rate=operation.dilations,
        groups=operation.groups,
        use_bias="bias" in own,
        kernel_initializer="zeros",
        **common,
    )
    layer.build((None, None, None, operation.in_channels))
    layer.set_weights([to_hwio(given(own, "kernel")), *([own["bias"]] if "bias" in own else [])])
    yield layer


def _pad(operation: Any, common: Mapping[str, str]) -> Iterator[Any]:
    from keras import layers

    pads, cuts = pads_and_cuts(negative(operation.pads))
    if operation.fill:
        raise TranslationError(f"Keras' layers pad with zeros, not with {operation.fill:g}")
    if cuts:
        name = common["name"] if pads is None else f"{common['name']}.crop"
        yield layers.Cropping2D(cuts, name=name, dtype=common["dtype"])
    if pads:
        yield layers.ZeroPadding2D(pads, **common)
