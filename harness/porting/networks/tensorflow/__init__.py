"""TensorFlow's side of a port: a network made into plain ``tf.nn`` calls, read back, and running it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.errors import IllegalCaseError, named
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.layers.live_layers import MARK as TRANSLATED
from harness.porting.layers.live_layers import UnreadableError
from harness.porting.networks.conv_transpose import read_transposed
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, Network, Node, Shape
from harness.porting.networks.reader import Answer, Reading, dtype_of, to_nchw, to_nhwc
from harness.porting.networks.tensorflow.build_layers import MARK, write

__all__ = ["MARK", "read", "write"]


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
    weights = {
        f"{node.name}.{role}": array
        for node in network.nodes
        for role, array in _weights_of(node, model.parts[node.name]).items()
    }
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


def _weights_of(node: Node, variables: Any) -> dict[str, Array]:
    if isinstance(node.operation, ConvTranspose2d):
        return read_transposed(variables)[1]
    arrays = {role: np.array(variable.numpy()) for role, variable in variables.items()}
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
            values[node.name] = model.calls[node.name](*(values[name] for name in node.inputs))
            outputs[node.name] = to_nchw(values[node.name].numpy())
        return Answer(outputs, to_nchw(model(values[network.input]).numpy()))
    except Exception as error:
        return Answer(outputs, error=named(error))
