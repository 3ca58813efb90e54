"""Keras' side of a port: a Functional or Sequential model read as a network, and running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.errors import named
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.graph import Network, Node, Operation, Shape, ordered
from harness.porting.networks.joining import Joined, join
from harness.porting.networks.keras.build_layers import write
from harness.porting.networks.keras.read_layers import Met, is_composed, read_layer
from harness.porting.networks.reader import Answer, Names, Reading, dtype_of, refuse, to_nchw, to_nhwc, unknown

__all__ = ["read", "write"]

Call = Callable[[list[Any]], Any]


def read(model: Any, shape: Shape) -> Reading:
    """What a built Functional or Sequential keras.Model computes in inference, on inputs of ``shape`` (N, C, H, W).

    Models within it are read as its own layers. Layers read channels last. Raises TranslationError for other models,
    kinds of layers and settings, and for what is not followed.
    """
    import keras

    if not isinstance(model, keras.Model) or not (getattr(model, "inputs", None) and getattr(model, "outputs", None)):
        reason = "does not say how its layers are joined, as built Functional and Sequential models do"
        raise TranslationError(f"{type(model).__name__} {reason}")
    walk = _Walk(shape)
    _require_joined(model)
    walk.begin(model.inputs[0])
    output = walk.alone(model) if is_composed(model) else walk.follow(model)
    dtype = dtype_of(walk.weights)
    for layer, computes in walk.met:
        if computes != dtype:
            raise refuse(layer.name, layer, f"computes in {computes}, where the weights are {dtype}")
    biased = {name.removesuffix(".bias") for name in walk.weights if name.endswith(".bias")}
    joined = join(ordered(walk.nodes, output), output, biased)
    if not joined.nodes:
        raise TranslationError("the model has no layer that could be ported")
    network = Network(walk.input, shape, dtype, ordered(joined.nodes, joined.output))
    calls = _chained(walk.calls, joined)
    return Reading(network, walk.weights, lambda x: _run(model, network, calls, x))


def _require_joined(model: Any) -> None:
    """Raise TranslationError about a model that computes something else than its layers as they are joined."""
    import keras

    functional = type(keras.Model(one := keras.Input((1,)), one))
    if {"call", "__call__"} & set(vars(model)):
        raise refuse(model.name, model, "has a call of its own, set on this object, which is not followed")
    if type(model).call not in {functional.call, keras.Sequential.call}:
        raise refuse(model.name, model, "overrides call(), which is not followed")
    if type(model).__call__ not in {functional.__call__, keras.Sequential.__call__}:
        raise refuse(model.name, model, "overrides __call__(), which is not followed")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise TranslationError(f"the model {model.name} has several inputs or outputs; networks of one each are ported")


@dataclass
class _Walk:
    """The calls that lead to a model's output, turned into layers, each after what it reads."""

    shape: Shape
    input: str = ""
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    met: list[tuple[Any, str]] = field(default_factory=list)
    _shapes: dict[str, Shape] = field(default_factory=dict)
    _given: Names = field(default_factory=Names)
    _shared: set[int] = field(default_factory=set)

    def begin(self, start: Any) -> None:
        """Take the input of the model."""
        layer, _ = _origin(start)
        self.met.append((layer, start.dtype))
        self.input = self._given.fresh(layer.name)
        self._shapes[self.input] = self.shape

    def alone(self, layer: Any) -> str:
        """A model that is one layer; the name of the output."""
        return self._keep(layer, read_layer(Met(layer, self.shape)), (self.input,))

    def follow(self, model: Any, before: str = "") -> str:
        """Visit every call from the input of ``model``, which is called ``before``, to its output; that one's name."""
        names = {_key(model.inputs[0]): before or self.input}
        waiting = [model.outputs[0]]
        while waiting:
            layer, index = _origin(waiting[-1])
            node = layer._inbound_nodes[index]  # noqa: SLF001 - the graph has no public form
            missing = [one for one in node.input_tensors if _key(one) not in names]
            if missing:
                waiting.append(missing[0])
                continue
            tensor = waiting.pop()
            if _key(tensor) not in names:
                names[_key(tensor)] = self._visit(layer, node, [names[_key(one)] for one in node.input_tensors])
        return names[_key(model.outputs[0])]

    def _visit(self, layer: Any, node: Any, read: list[str]) -> str:
        """A call of a layer, given the names of what it reads; the name of what it gives."""
        import keras

        if not read:
            raise unknown(layer.name, layer)
        arguments = node.arguments
        strange = {name for name, value in arguments.kwargs.items() if value is not None and value is not False}
        if strange - {"training"} or (strange and _heeds_training(layer)):
            shown = ", ".join(f"{name}={arguments.kwargs[name]}" for name in sorted(strange))
            raise refuse(layer.name, layer, f"is called with {shown}, which is not followed")
        if isinstance(layer, keras.Model) and not is_composed(layer):
            _require_joined(layer)
            self.met.append((layer, layer.inputs[0].dtype))
            return self.follow(layer, read[0])
        return self._keep(layer, read_layer(Met(layer, self._shapes[read[0]], arguments.args[1:])), tuple(read))

    def _keep(self, layer: Any, done: Any, inputs: tuple[str, ...]) -> str:
        parts = layer.layers if is_composed(layer) else [layer]
        self.met += [(part, part.compute_dtype) for part in parts if hasattr(part, "compute_dtype")]
        if done is None:
            return inputs[0]
        operation, arrays, call, activation = done
        if arrays and id(layer) in self._shared:
            raise refuse(layer.name, layer, "is called twice; layers that share weights are not ported")
        self._shared.add(id(layer))
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


def _heeds_training(layer: Any) -> bool:
    return bool(getattr(layer, "_call_has_training_arg", True))


def _origin(tensor: Any) -> tuple[Any, int]:
    """The layer that made a symbolic tensor, and which of its calls."""
    history = tensor._keras_history  # noqa: SLF001 - the graph has no public form
    return history.operation, history.node_index


def _key(tensor: Any) -> tuple[int, int, int]:
    """By the object: its output where one call has several."""
    operation, index = _origin(tensor)
    return id(operation), index, tensor._keras_history.tensor_index  # noqa: SLF001 - the graph has no public form


def _chained(calls: Mapping[str, Call], joined: Joined) -> dict[str, Call]:
    """How the layers that are left are called: the parts of each, one after another."""

    def chained(parts: tuple[str, ...]) -> Call:
        def call(tensors: list[Any]) -> Any:
            for part in parts:
                tensors = [calls[part](tensors)]
            return tensors[0]

        return call

    return {name: chained(parts) for name, parts in joined.parts.items()}


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
