"""TensorFlow's side of a port: a network made into plain ``tf.nn`` calls, read back, and running it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.layers.live_layers import MARK as TRANSLATED
from harness.porting.networks.conv_transpose import read_transposed
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, Network, Node, Shape
from harness.porting.networks.reader import Reading, dtype_of, run_layers
from harness.porting.networks.tensorflow.build_layers import MARK, write

__all__ = ["MARK", "read", "write"]


def read(model: Any, shape: Shape) -> Reading:
    """A module that ``write`` made, with the weights that its variables hold now, for inputs of ``shape``.

    Raises TranslationError for anything else, since TensorFlow functions and modules do not state their parameters.
    """
    import tensorflow as tf

    if hasattr(model, TRANSLATED):
        network, parts, calls = _translated(model, shape), {"layer": model}, {"layer": model}
    elif isinstance(getattr(model, MARK, None), Network):
        network, parts, calls = replace(getattr(model, MARK), shape=shape), model.parts, model.calls
    else:
        raise TranslationError(
            "a TensorFlow function or module does not say its layers; only modules made by a port or a translation do"
        )
    weights = {
        f"{node.name}.{role}": array
        for node in network.nodes
        for role, array in _weights_of(node, parts[node.name]).items()
    }
    return Reading(network, weights, partial(run_layers, network, calls, model, tf.constant, lambda y: y.numpy()))


def _translated(model: Any, shape: Shape) -> Network:
    """A module that a translation made, as a network of one layer."""
    try:
        operation, arrays = read_transposed(model)
    except IllegalCaseError as error:
        raise TranslationError(str(error)) from None
    return Network("x", shape, dtype_of(arrays), (Node("layer", ("x",), operation),))


def _weights_of(node: Node, variables: Any) -> dict[str, Array]:
    if isinstance(node.operation, ConvTranspose2d):
        return read_transposed(variables)[1]
    arrays = {role: np.array(variable.numpy()) for role, variable in variables.items()}
    if isinstance(node.operation, Conv2d):
        arrays["kernel"] = np.ascontiguousarray(arrays["kernel"].transpose(3, 2, 0, 1))
    return arrays
