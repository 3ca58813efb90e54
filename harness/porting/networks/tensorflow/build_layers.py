"""A network as plain ``tf.nn`` calls with variables of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.conv_transpose import make_transposed
from harness.porting.networks.graph import Network, Node, Weights, padding_word
from harness.porting.networks.reader import given, refuse, to_hwio

MARK = "harness_network"
"""Where a module keeps the network that it computes: its code holds the parameters, and cannot be read."""
Made = tuple[Any, Callable[..., Any]]
"""What holds the variables of a layer, and a function of its inputs."""


def write(network: Network, weights: Weights) -> Any:
    """A tf.Module that computes ``network`` on (N, H, W, C) data of any size for which that holds.

    ``layers(x)`` gives the outputs of all layers by name. Raises TranslationError where TensorFlow cannot state one,
    and the module InvalidArgumentError where its input has another size than the network holds for.
    """
    import tensorflow as tf

    class Ported(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.calls = {}, {}
            setattr(self, MARK, network)
            for node in network.nodes:
                try:
                    made = make_layer(node, node.own(weights), network.dtype)
                except TranslationError as error:
                    raise refuse(node.name, node.kind, str(error)) from None
                self.parts[node.name], self.calls[node.name] = made

        def layers(self, x: Any) -> dict[str, Any]:
            for axis, size, message in network.fixed("NHWC"):
                tf.debugging.assert_equal(tf.shape(x)[axis], size, message)
            values = {network.input: x}
            for node in network.nodes:
                values[node.name] = self.calls[node.name](*(values[name] for name in node.inputs))
            return values

        def __call__(self, x: Any) -> Any:
            return self.layers(x)[network.nodes[-1].name]

    return Ported()


def make_layer(node: Node, own: Mapping[str, Array], dtype: DTypeName) -> Made:
    """The variables and the call of a layer, given its weights by role.

    Raises TranslationError where TensorFlow cannot state it.
    """
    import tensorflow as tf

    operation: Any = node.operation
    if node.kind == "conv_transpose2d":
        layer = make_transposed(operation, given(own, "kernel"), own.get("bias"), "tensorflow", dtype)
        return layer, layer
    if node.kind in {"conv2d", "batch_norm"}:
        return _weighted(operation, own)
    calls: dict[str, Callable[..., Any]] = {
        "relu": tf.nn.relu,
        "sigmoid": tf.nn.sigmoid,
        "concat": lambda *inputs: tf.concat(inputs, axis=-1),
        "average_pool2d": lambda x: tf.nn.avg_pool2d(x, operation.kernel_size, operation.strides, "VALID"),
    }
    if node.kind in calls:
        return {}, calls[node.kind]
    return {}, {"max_pool2d": _max_pool, "upsample2d": _upsample, "pad2d": _pad}[node.kind](operation, dtype)


def _weighted(operation: Any, own: Mapping[str, Array]) -> Made:
    """A convolution, or batch normalisation."""
    import tensorflow as tf

    if operation.kind == "batch_norm":
        held = {role: tf.Variable(given(own, role)) for role in operation.roles}
        parts = [held[role] for role in ("mean", "variance", "beta", "gamma")]
        return held, lambda x: tf.nn.batch_normalization(x, *parts, operation.epsilon)
    held = {"kernel": tf.Variable(to_hwio(given(own, "kernel")))}
    if "bias" in own:
        held["bias"] = tf.Variable(own["bias"])
    word = padding_word(operation)
    pads = [(0, 0), *operation.pads, (0, 0)]
    padded = word is None or (operation.same and operation.pads != NO_PADS)

    def call(x: Any) -> Any:
        data, padding = tf.pad(x, pads) if padded else x, (word or "valid").upper()
        y = tf.nn.conv2d(data, held["kernel"], operation.strides, padding, dilations=operation.dilations)
        return tf.nn.bias_add(y, held["bias"]) if "bias" in held else y

    return held, call


def _max_pool(operation: Any, _: DTypeName) -> Callable[..., Any]:
    import tensorflow as tf

    if operation.same and operation.pads != NO_PADS:
        raise TranslationError("tf.nn.max_pool2d pads by words or by numbers, not by both")
    words = "SAME" if operation.same else "VALID"
    pads = words if operation.pads == NO_PADS else [(0, 0), *operation.pads, (0, 0)]
    return lambda x: tf.nn.max_pool2d(x, operation.kernel_size, operation.strides, pads)


def _upsample(operation: Any, dtype: DTypeName) -> Callable[..., Any]:
    import tensorflow as tf

    rows, columns = operation.factors
    if operation.interpolation == "nearest":
        return lambda x: tf.repeat(tf.repeat(x, rows, axis=1), columns, axis=2)
    if dtype != "float32":
        raise TranslationError(f"tf.image.resize gives float32, not {dtype}")
    return lambda x: tf.image.resize(x, tf.shape(x)[1:3] * tf.constant([rows, columns]), "bilinear")


def _pad(operation: Any, _: DTypeName) -> Callable[..., Any]:
    import tensorflow as tf

    around = [(0, 0), *((max(begin, 0), max(end, 0)) for begin, end in operation.pads), (0, 0)]
    rows, columns = (slice(max(-begin, 0), min(end, 0) or None) for begin, end in operation.pads)
    return lambda x: tf.pad(x[:, rows, columns], around, constant_values=operation.fill)
