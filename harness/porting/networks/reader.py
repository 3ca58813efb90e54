"""What every framework's side of a port shares: what was read of a live model, and how it answers an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

import numpy as np

from harness.core.case import DTypeName, Layout, Pads
from harness.core.errors import named
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.graph import Network, Node, Operation, Shape, Weights, ordered
from harness.porting.networks.joining import Joined, join

JUDGED: tuple[DTypeName, ...] = ("float32", "float64")
KINDS = (
    "convolutions and transposed ones in two dimensions, batch normalisation, ReLU, sigmoid, max and average pooling, "
    "upsampling by whole factors (nearest or bilinear), concatenation of channels, zero padding, cropping of height "
    "and width, and dropout, which does nothing in inference"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gave: the output of each layer, and of the model as it is called; (N, C, H, W).

    Where it raised, ``error`` is the reason, ``outputs`` end there and ``called`` is None.
    """

    outputs: Mapping[str, Array]
    called: Array | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A network and its weights by ``name.role``."""

    network: Network
    weights: Weights


@dataclass(frozen=True, slots=True)
class Ran(Weighted):
    """A network as a framework made it, and what it gave."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Reading(Weighted):
    """A live model as a network, and a function that runs it on (N, C, H, W) data.

    ``sized`` is true where some settings were computed from sizes, and may be others for another input.
    """

    run: Callable[[Array], Answer]
    sized: bool = False


class RaisesError(TranslationError):
    """A model raises on inputs of a shape."""


def refuse(name: str, layer: object, reason: str) -> TranslationError:
    """The error about one layer, by its name and its class."""
    kind = layer if isinstance(layer, str) else type(layer).__name__
    return TranslationError(f"layer {name} ({kind}): {reason}")


def unknown(name: str, layer: object) -> TranslationError:
    """The error about a layer of another kind."""
    return refuse(name, layer, f"is none of the kinds that are ported: {KINDS}")


@dataclass
class Walk:
    """A live model turned into layers, each after what it reads, at an input of ``shape``."""

    shape: Shape
    input: str = ""
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _weighted: set[Any] = field(default_factory=set)

    def fresh(self, wanted: str) -> str:
        """A name that no layer has: ``wanted``, or with a number."""
        numbered = (f"{wanted}_{number}" for number in count(1))
        name = next(one for one in chain([wanted], numbered) if one not in self._names)
        self._names.add(name)
        return name

    def add(self, wanted: str, inputs: tuple[str, ...], operation: Operation, arrays: Mapping[str, Array]) -> str:
        """A layer with its weights by role; its name."""
        name = self.fresh(wanted)
        self.nodes.append(Node(name, inputs, operation))
        self.weights |= {f"{name}.{role}": array for role, array in arrays.items()}
        return name

    def require_once(self, key: object, name: str, layer: object) -> None:
        """Raise TranslationError about a ``layer`` with weights whose ``key`` was seen."""
        if key in self._weighted:
            raise refuse(name, layer, "is called twice; layers that share weights are not ported")
        self._weighted.add(key)

    def network(self, output: str, what: str) -> tuple[Network, Joined]:
        """What ``output`` needs, padding joined to what is beside it. Raises TranslationError where that is none."""
        biased = {name.removesuffix(".bias") for name in self.weights if name.endswith(".bias")}
        joined = join(ordered(self.nodes, output), output, biased)
        if not joined.nodes:
            raise TranslationError(f"the {what} has no layer that could be ported")
        nodes = ordered(joined.nodes, joined.output)
        return Network(self.input, self.shape, dtype_of(self.weights), nodes), joined


def run_layers(
    network: Network,
    calls: Mapping[str, Callable[..., Any]],
    model: Callable[[Any], Any],
    tensor: Callable[[Array], Any],
    array: Callable[[Any], Any],
    x: Array,
) -> Answer:
    """Every layer on its own by its call, and then ``model`` as it is called, channels last.

    ``tensor`` makes a framework's tensor of an array, and ``array`` the inverse.
    """
    outputs: dict[str, Array] = {}
    try:
        values = {network.input: tensor(to_nhwc(x))}
        for node in network.nodes:
            values[node.name] = calls[node.name](*(values[name] for name in node.inputs))
            outputs[node.name] = to_nchw(array(values[node.name]))
        return Answer(outputs, to_nchw(array(model(values[network.input]))))
    except Exception as error:
        return Answer(outputs, error=named(error))


def cut_out(name: str, shape: Sequence[int], index: Any, layout: Layout) -> Pads:
    """What slices take away from data of ``shape``, as negative padding of height and width.

    Raises TranslationError for an index that takes something else.
    """
    items = list(index) if isinstance(index, tuple | list) else [index]
    dots = [at for at, one in enumerate(items) if one is Ellipsis]
    at = dots[0] if dots else len(items)
    items[at : at + 1] = [slice(None)] * (len(shape) - len(items) + len(dots[:1]))
    if len(shape) != 4 or len(items) != 4 or any(not isinstance(one, slice) for one in items):
        raise refuse(name, "slice", f"only height and width of {layout} data are cut, each by a slice")
    axes = {letter: (*one.indices(n), n) for letter, one, n in zip(layout, items, shape, strict=True)}
    pads = {letter: (-begin, end - n, step) for letter, (begin, end, step, n) in axes.items()}
    if any(pads[letter] != (0, 0, 1) for letter in "NC") or any(pads[letter][2] != 1 for letter in "HW"):
        raise refuse(name, "slice", "only height and width are cut, without a step")
    return tuple(pads[letter][:2] for letter in "HW")


def dtype_of(weights: Mapping[str, Array]) -> DTypeName:
    """The one type of all weights; float32 where there are none. Raises TranslationError for any other."""
    found = sorted({str(array.dtype) for array in weights.values()} or {"float32"})
    for name in JUDGED:
        if found == [name]:
            return name
    known = " or ".join(JUDGED)
    raise TranslationError(f"the weights are {' and '.join(found)}; networks are ported in {known}, all of one type")


def given(own: Mapping[str, Array], role: str) -> Array:
    """A weight that a layer cannot be without. Raises TranslationError."""
    if role not in own:
        raise TranslationError(f"its {role} is missing")
    return own[role]


def to_hwio(kernel: Array) -> Array:
    """A kernel (C_out, C_in/G, kH, kW) of a convolution as Keras and TensorFlow hold it."""
    return np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))


def to_nhwc(x: Array) -> Array:
    """(N, C, H, W) data as Keras and TensorFlow read them."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def to_nchw(y: Any) -> Array:
    """The inverse of ``to_nhwc``; a copy."""
    array = np.asarray(y)
    return np.array(array.transpose(0, 3, 1, 2) if array.ndim == 4 else array, order="C")
