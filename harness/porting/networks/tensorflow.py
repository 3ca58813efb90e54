"""TensorFlow's side of a port: a network made into plain ``tf.nn`` calls with variables of its own, and running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.readiness import named
from harness.core.case import DTypeName
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.layer import TranslationError
from harness.porting.layers.live_layers import MARK as TRANSLATED
from harness.porting.layers.live_layers import UnreadableError
from harness.porting.networks.conv_transpose import make_transposed, read_transposed
from harness.porting.networks.graph import (
    Conv2d,
    ConvTranspose2d,
    Network,
    Node,
    Shape,
    Weights,
    always_same,
)
from harness.porting.networks.reader import Answer, Reading, dtype_of, given, refuse, to_nchw, to_nhwc

MARK = "harness_network"
"""Where a module keeps the network that it computes: its code says the parameters, and cannot be read."""
Made = tuple[Any, Callable[[list[Any]], Any]]


def read(model: Any, shape: Shape) -> Reading:
    """A module that ``write`` made, with the weights that its variables hold now, for inputs of ``shape``.

    Raises TranslationError for anything else, since TensorFlow functions and modules do not say their parameters.
    """
    network = getattr(model, MARK, None)
    if hasattr(model, TRANSLATED):
        return _translated(model, shape)
    if not isinstance(network, Network):
        raise TranslationError(
            "a TensorFlow function or module does not say its layers; only modules made by a port or a translation do"
        )
    network = replace(network, shape=shape)
    weights: dict[str, Array] = {}
    for node in network.nodes:
        weights |= {f"{node.name}.{role}": array for role, array in _weights_of(model, node).items()}
    return Reading(network, weights, lambda x: _run(model, network, x))


def _translated(model: Any, shape: Shape) -> Reading:
    """A module that a translation made, as a network of one layer."""
    try:
        operation, arrays = read_transposed(model)
    except (UnreadableError, IllegalCaseError) as error:
        raise TranslationError(str(error)) from None
    weights = {f"layer.{role}": array for role, array in arrays.items()}
    network = Network("x", shape, dtype_of(weights), (Node("layer", ("x",), operation),))

    def run(x: Array) -> Answer:
        import tensorflow as tf

        try:
            y = to_nchw(model(tf.constant(to_nhwc(x))).numpy())
        except Exception as error:
            return Answer({}, error=named(error))
        return Answer({"layer": y}, y)

    return Reading(network, weights, run)


def write(network: Network, weights: Weights) -> Any:
    """A tf.Module that computes ``network`` on (N, H, W, C) data of any size for which that holds.

    ``layers(x)`` gives the outputs of all layers by name. Raises TranslationError where TensorFlow cannot say one.
    """
    import tensorflow as tf

    class Ported(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.calls = {}, {}
            setattr(self, MARK, network)
            for node in network.nodes:
                own = {role: weights.get(f"{node.name}.{role}") for role in node.operation.roles}
                try:
                    made: Made = getattr(_Maker(node.operation, own, network.dtype), node.kind)()
                except TranslationError as error:
                    raise refuse(node.name, node.kind, str(error)) from None
                self.parts[node.name], self.calls[node.name] = made

        def layers(self, x: Any) -> dict[str, Any]:
            _assert_only(x, network)
            values = {network.input: x}
            for node in network.nodes:
                values[node.name] = self.calls[node.name]([values[name] for name in node.inputs])
            return values

        def __call__(self, x: Any) -> Any:
            return self.layers(x)[network.nodes[-1].name]

    return Ported()


@dataclass(frozen=True, slots=True)
class _Maker:
    """A method for each kind of layer: what holds its variables, and a function of its inputs."""

    operation: Any
    own: Mapping[str, Array | None]
    dtype: DTypeName

    def conv2d(self) -> Made:
        import tensorflow as tf

        operation = self.operation
        held = {"kernel": tf.Variable(np.ascontiguousarray(given(self.own, "kernel").transpose(2, 3, 1, 0)))}
        if self.own["bias"] is not None:
            held["bias"] = tf.Variable(self.own["bias"])
        always = not operation.same and always_same(operation.extents, operation.strides, operation.pads)
        pads = [(0, 0), *operation.pads, (0, 0)]

        def call(tensors: list[Any]) -> Any:
            x = tensors[0] if always or operation.pads == NO_PADS else tf.pad(tensors[0], pads)
            padding = "SAME" if always or operation.same else "VALID"
            y = tf.nn.conv2d(x, held["kernel"], operation.strides, padding, dilations=operation.dilations)
            return tf.nn.bias_add(y, held["bias"]) if "bias" in held else y

        return held, call

    def conv_transpose2d(self) -> Made:
        kernel, bias = given(self.own, "kernel"), self.own["bias"]
        layer = make_transposed(self.operation, kernel, bias, "tensorflow", self.dtype)
        return layer, lambda tensors: layer(tensors[0])

    def batch_norm(self) -> Made:
        import tensorflow as tf

        held = {role: tf.Variable(given(self.own, role)) for role in self.operation.roles}
        epsilon = self.operation.epsilon
        return held, lambda tensors: tf.nn.batch_normalization(
            tensors[0], held["mean"], held["variance"], held["beta"], held["gamma"], epsilon
        )

    def relu(self) -> Made:
        import tensorflow as tf

        return {}, lambda tensors: tf.nn.relu(tensors[0])

    def sigmoid(self) -> Made:
        import tensorflow as tf

        return {}, lambda tensors: tf.nn.sigmoid(tensors[0])

    def max_pool2d(self) -> Made:
        import tensorflow as tf

        operation = self.operation
        if operation.same and operation.pads != NO_PADS:
            raise TranslationError("tf.nn.max_pool2d pads by words or by numbers, not by both")
        words = "SAME" if operation.same else "VALID"
        pads = words if operation.pads == NO_PADS else [(0, 0), *operation.pads, (0, 0)]
        return {}, lambda tensors: tf.nn.max_pool2d(tensors[0], operation.kernel_size, operation.strides, pads)

    def upsample2d(self) -> Made:
        import tensorflow as tf

        rows, columns = self.operation.factors
        if self.operation.interpolation == "bilinear":
            if self.dtype != "float32":
                raise TranslationError(f"tf.image.resize gives float32, not {self.dtype}")
            return {}, lambda tensors: tf.image.resize(
                tensors[0], tf.shape(tensors[0])[1:3] * tf.constant([rows, columns]), "bilinear"
            )
        return {}, lambda tensors: tf.repeat(tf.repeat(tensors[0], rows, axis=1), columns, axis=2)

    def average_pool2d(self) -> Made:
        import tensorflow as tf

        operation = self.operation
        return {}, lambda tensors: tf.nn.avg_pool2d(tensors[0], operation.kernel_size, operation.strides, "VALID")

    def concat(self) -> Made:
        import tensorflow as tf

        return {}, lambda tensors: tf.concat(tensors, axis=-1)

    def pad2d(self) -> Made:
        import tensorflow as tf

        (top, bottom), (left, right) = self.operation.pads
        around = [(0, 0), (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)]
        rows, columns = (slice(max(-begin, 0), min(end, 0) or None) for begin, end in self.operation.pads)
        fill = self.operation.fill
        return {}, lambda tensors: tf.pad(tensors[0][:, rows, columns], around, constant_values=fill)


def _assert_only(x: Any, network: Network) -> None:
    """Raise InvalidArgumentError where ``x`` has another size than the network holds for."""
    import tensorflow as tf

    for axis, (what, size) in enumerate(
        zip(("batches", "heights", "widths"), network.only or (None,) * 3, strict=True)
    ):
        if size is not None:
            said = f"this network was ported for {what} of {size} alone: what it computes depends on the input's size"
            tf.debugging.assert_equal(tf.shape(x)[axis], size, said)


def _weights_of(model: Any, node: Node) -> dict[str, Array]:
    held = model.parts[node.name]
    if isinstance(node.operation, ConvTranspose2d):
        return read_transposed(held)[1]
    arrays = {role: np.array(variable.numpy()) for role, variable in held.items()}
    if isinstance(node.operation, Conv2d):
        arrays["kernel"] = np.ascontiguousarray(arrays["kernel"].transpose(3, 2, 0, 1))
    return arrays


def _run(model: Any, network: Network, x: Array) -> Answer:
    """Every layer on its own, and then the module as it is called."""
    import tensorflow as tf

    outputs: dict[str, Array] = {}
    try:
        values = {network.input: tf.constant(to_nhwc(x))}
        for node in network.nodes:
            values[node.name] = model.calls[node.name]([values[name] for name in node.inputs])
            outputs[node.name] = to_nchw(values[node.name].numpy())
        return Answer(outputs, to_nchw(model(values[network.input]).numpy()))
    except Exception as error:
        return Answer(outputs, error=named(error))
