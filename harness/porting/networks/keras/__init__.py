"""Keras' side of a port: a Functional or Sequential model read as a network, and running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.porting.layers.layer import TranslationError
from harness.porting.networks.graph import Shape
from harness.porting.networks.keras.build_layers import write
from harness.porting.networks.keras.read_layers import Call, Done, is_composed, read_layer
from harness.porting.networks.reader import Reading, Walk, dtype_of, refuse, run_layers, unknown

__all__ = ["read", "write"]


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
    output = walk.keep(model, read_layer(model, shape), (walk.input,)) if is_composed(model) else walk.follow(model)
    dtype = dtype_of(walk.weights)
    for layer, computes in walk.met:
        if computes != dtype:
            raise refuse(layer.name, layer, f"computes in {computes}, where the weights are {dtype}")
    network, joined = walk.network(output, "model")
    calls = {name: _chained([walk.calls[part] for part in parts]) for name, parts in joined.parts.items()}
    conversions = keras.ops.convert_to_tensor, keras.ops.convert_to_numpy
    return Reading(
        network, walk.weights, partial(run_layers, network, calls, partial(model, training=False), *conversions)
    )


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
class _Walk(Walk):
    """The calls that lead to a model's output."""

    calls: dict[str, Call] = field(default_factory=dict)
    met: list[tuple[Any, str]] = field(default_factory=list)
    _shapes: dict[str, Shape] = field(default_factory=dict)

    def begin(self, start: Any) -> None:
        """Take the input of the model."""
        layer, _ = _origin(start)
        self.met.append((layer, start.dtype))
        self.input = self.fresh(layer.name)
        self._shapes[self.input] = self.shape

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
        if strange - {"training"} or (strange and getattr(layer, "_call_has_training_arg", True)):
            shown = ", ".join(f"{name}={arguments.kwargs[name]}" for name in sorted(strange))
            raise refuse(layer.name, layer, f"is called with {shown}, which is not followed")
        if isinstance(layer, keras.Model) and not is_composed(layer):
            _require_joined(layer)
            self.met.append((layer, layer.inputs[0].dtype))
            return self.follow(layer, read[0])
        return self.keep(layer, read_layer(layer, self._shapes[read[0]], arguments.args[1:]), tuple(read))

    def keep(self, layer: Any, done: Done, inputs: tuple[str, ...]) -> str:
        """A call of a layer as it was read; the name of what it gives."""
        parts = layer.layers if is_composed(layer) else [layer]
        self.met += [(part, part.compute_dtype) for part in parts if hasattr(part, "compute_dtype")]
        if done is None:
            return inputs[0]
        operation, arrays, call, activation = done
        if arrays:
            self.require_once(id(layer), layer.name, layer)
        name = self.add(layer.name, inputs, operation, arrays)
        self.calls[name] = call
        self._shapes[name] = operation.shape([self._shapes[one] for one in inputs])
        if activation is None:
            return name
        after = self.add(f"{name}_{activation.kind}", (name,), activation, {})
        self.calls[after] = layer.activation
        self._shapes[after] = self._shapes[name]
        return after


def _origin(tensor: Any) -> tuple[Any, int]:
    """The layer that made a symbolic tensor, and which of its calls."""
    history = tensor._keras_history  # noqa: SLF001 - the graph has no public form
    return history.operation, history.node_index


def _key(tensor: Any) -> tuple[int, int, int]:
    """By the object: its output where one call has several."""
    operation, index = _origin(tensor)
    return id(operation), index, tensor._keras_history.tensor_index  # noqa: SLF001 - the graph has no public form


def _chained(parts: Sequence[Call]) -> Call:
    """How a layer that is left is called: its parts, one after another."""

    def call(*tensors: Any) -> Any:
        for part in parts:
            tensors = (part(*tensors),)
        return tensors[0]

    return call
