"""Keras' side of a port: a Functional or Sequential model read as a network, a network made into one, and running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.adapters.plan import Array
from harness.networks.keras_layers import Pad, Skip, read_layer
from harness.networks.keras_making import make_layers
from harness.networks.network import Network, Node, Operation, Shape, Weights, ordered
from harness.networks.reading import Answer, Names, Reading, dtype_of, refuse, to_nchw, to_nhwc, unknown, unpadded
from harness.readiness import named
from harness.translate.layer import TranslationError

Call = Callable[[list[Any]], Any]


def read(model: Any, shape: Shape) -> Reading:
    """What a built Functional or Sequential keras.Model computes in inference, on inputs of ``shape`` (N, C, H, W).

    Layers read channels last. Raises TranslationError for other models, kinds of layers and settings.
    """
    import keras

    if not isinstance(model, keras.Model) or not (getattr(model, "inputs", None) and getattr(model, "outputs", None)):
        said = "does not say how its layers are joined, as built Functional and Sequential models do"
        raise TranslationError(f"{type(model).__name__} {said}")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise TranslationError("the model has several inputs or outputs; networks of one each are ported")
    walk = _Walk(shape)
    output = walk.follow(model.inputs[0], model.outputs[0])
    nodes = ordered(walk.nodes, output)
    if not nodes:
        raise TranslationError("the model has no layer that could be ported")
    network = Network(walk.input, shape, dtype_of(walk.weights), nodes)
    return Reading(network, walk.weights, lambda x: _run(model, network, walk.calls, x))


def write(network: Network, weights: Weights) -> Any:
    """A Functional model, channels last, that computes ``network`` on inputs of any size; layers keep their names.

    Raises TranslationError where Keras cannot say a layer.
    """
    import keras

    inputs = keras.Input((None, None, network.shape[1]), dtype=network.dtype, name=network.input)
    values = {network.input: inputs}
    for node in network.nodes:
        arguments = [values[name] for name in node.inputs]
        own = {role: weights.get(f"{node.name}.{role}") for role in node.operation.roles}
        try:
            value = arguments if node.kind == "concat" else arguments[0]
            for layer in make_layers(node, own, network.dtype):
                value = layer(value)
        except TranslationError as error:
            raise refuse(node.name, node.kind, str(error)) from None
        except Exception as error:
            raise refuse(node.name, node.kind, f"Keras refuses it: {named(error)}") from None
        values[node.name] = value
    return keras.Model(inputs, values[network.nodes[-1].name], name="network")


@dataclass
class _Walk:
    """The calls that lead to a model's output, turned into layers, each after what it reads."""

    shape: Shape
    input: str = ""
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    _shapes: dict[str, Shape] = field(default_factory=dict)
    _names: dict[tuple[str, int], str | tuple[str, Pad]] = field(default_factory=dict)
    _given: Names = field(default_factory=Names)

    def follow(self, start: Any, end: Any) -> str:
        """Visit every call between the model's input and its output; the name of the output."""
        self.input = self._given.fresh(_origin(start)[0].name)
        self._names[_key(start)] = self.input
        self._shapes[self.input] = self.shape
        waiting = [end]
        while waiting:
            operation, index = _origin(waiting[-1])
            read = operation._inbound_nodes[index].input_tensors  # noqa: SLF001 - the graph has no public form
            missing = [one for one in read if _key(one) not in self._names]
            if missing:
                waiting.append(missing[0])
                continue
            tensor = waiting.pop()
            if _key(tensor) not in self._names:
                self._visit(tensor, operation, index, read)
        return self._read(end, "output")

    def _visit(self, tensor: Any, layer: Any, index: int, read: list[Any]) -> None:
        if not read:
            raise unknown(layer.name, layer)
        before = self._names[_key(read[0])]
        padded = before if isinstance(before, tuple) else (before, None)
        done = read_layer(layer, _around(self._shapes[padded[0]], padded[1]))
        if isinstance(done, Skip):
            self._names[_key(tensor)] = before
        elif isinstance(done, Pad):
            self._names[_key(tensor)] = (self._read(read[0], layer.name), done)
        else:
            if done[0].roles and index:
                raise refuse(layer.name, layer, "is called twice; layers that share weights are not ported")
            self._names[_key(tensor)] = self._keep(layer, done, read, padded)

    def _keep(self, layer: Any, done: Any, read: list[Any], padded: Any) -> str:
        operation, arrays, call, activation = done
        if padded[1] is not None and operation.kind == "conv2d":
            operation, inside = padded[1].joined(operation), call
            pad = padded[1].layer
            inputs: tuple[str, ...] = (padded[0],)

            def call(tensors: list[Any]) -> Any:
                return inside([pad(tensors[0])])
        else:
            inputs = tuple(self._read(one, layer.name) for one in read)
        name = self._given.fresh(layer.name)
        self._add(name, inputs, operation, call)
        self.weights |= {f"{name}.{role}": array for role, array in arrays.items()}
        if activation is None:
            return name
        after = self._given.fresh(f"{name}_{activation.kind}")
        self._add(after, (name,), activation, lambda tensors: layer.activation(tensors[0]))
        return after

    def _add(self, name: str, inputs: tuple[str, ...], operation: Operation, call: Call) -> None:
        self.nodes.append(Node(name, inputs, operation))
        self.calls[name] = call
        self._shapes[name] = operation.shape([self._shapes[one] for one in inputs])

    def _read(self, tensor: Any, reader: str) -> str:
        return unpadded(self._names[_key(tensor)], reader)


def _around(shape: Shape, pad: Pad | None) -> Shape:
    """The shape of padded data."""
    if pad is None:
        return shape
    (top, bottom), (left, right) = pad.pads
    return (*shape[:2], shape[2] + top + bottom, shape[3] + left + right)


def _origin(tensor: Any) -> tuple[Any, int]:
    """The layer that made a symbolic tensor, and which of its calls."""
    history = tensor._keras_history  # noqa: SLF001 - the graph has no public form
    return history.operation, history.node_index


def _key(tensor: Any) -> tuple[str, int]:
    operation, index = _origin(tensor)
    return str(id(operation)), index


def _run(model: Any, network: Network, calls: Mapping[str, Call], x: Array) -> Answer:
    """Every layer on its own, and then the model as it is called."""
    import keras

    outputs: dict[str, Array] = {}
    try:
        values = {network.input: keras.ops.convert_to_tensor(to_nhwc(x))}
        for node in network.nodes:
            values[node.name] = calls[node.name]([values[name] for name in node.inputs])
            outputs[node.name] = to_nchw(keras.ops.convert_to_numpy(values[node.name]))
        called = model(values[network.input], training=False)
        return Answer(outputs, to_nchw(keras.ops.convert_to_numpy(called)))
    except Exception as error:
        return Answer(outputs, error=named(error))
