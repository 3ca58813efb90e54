"""What a whole network is, apart from any framework: its layers in order, how they are joined, and their settings.

Data are (N, C, H, W). A network has one input and one output. The weights of a layer called ``name`` are held apart,
under ``name.role`` (see ``Operation.roles``), in the layouts named there. Settings hold for every size of the input.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, Self

from harness.core.case import DTypeName, Layout, Pads, Pair
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.operations.max_pool2d_with_indices.windows import explicit, named
from harness.porting.layers.layer import added, layer_case

Shape = tuple[int, int, int, int]
"""(N, C, H, W)."""
Only = tuple[int | None, int | None, int | None]
Weights = Mapping[str, Array]
Kind = Literal[
    "conv2d",
    "conv_transpose2d",
    "batch_norm",
    "relu",
    "sigmoid",
    "max_pool2d",
    "average_pool2d",
    "upsample2d",
    "concat",
    "pad2d",
]
Interpolation = Literal["nearest", "bilinear"]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a layer does to its inputs."""

    kind: ClassVar[Kind]
    roles: ClassVar[tuple[str, ...]] = ()
    """The names of its weights."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """The output's shape."""
        return inputs[0]

    def at(self, size: Sequence[int]) -> Operation:
        """The same for an input of this (height, width) alone: what depends on the size is a number."""
        return self


class _Windows(Operation):
    """Windows that slide over the input with ``pads`` around it.

    Where ``same``, what is so padded is padded as TensorFlow's ``SAME`` does, by its size. With strides of 1 that is
    the same for every size, and is written as ``pads``.
    """

    __slots__ = ()
    kernel_size: Pair
    strides: Pair
    pads: Pads
    same: bool

    @property
    def extents(self) -> Pair:
        """How many rows and columns a window spans."""
        return self.kernel_size

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        n, c, *size = inputs[0]
        return (n, c, *_slid(size, self.extents, self.strides, self.at(size).pads))

    def at(self, size: Sequence[int]) -> Self:
        if not self.same:
            return self
        inside = [n + sum(pad) for n, pad in zip(size, self.pads, strict=True)]
        fixed: Any = {"pads": added(self.pads, same_pads(inside, self.extents, self.strides)), "same": False}
        return replace(self, **fixed)


@dataclass(frozen=True, slots=True)
class _Kernels(Operation):
    in_channels: int
    out_channels: int
    kernel_size: Pair
    strides: Pair
    dilations: Pair
    groups: int
    roles = ("kernel", "bias")

    @property
    def extents(self) -> Pair:
        """How many rows and columns a kernel spans."""
        rows, columns = ((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilations, strict=True))
        return rows, columns


@dataclass(frozen=True, slots=True)
class Conv2d(_Kernels, _Windows):
    """A convolution (correlation) of the input with ``pads`` zeros around it. Kernel (C_out, C_in/G, kH, kW)."""

    pads: Pads
    same: bool = False
    kind = "conv2d"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        n, _, h, w = _Windows.shape(self, inputs)
        return (n, self.out_channels, h, w)

    def transposed(self, size: Sequence[int]) -> ConvTranspose2d:
        """What spreads an output over an input of this (height, width) as this gathers it; the kernel is the same."""
        slid = _slid(size, self.extents, self.strides, self.pads)
        crops = tuple(
            (begin, (out - 1) * s + extent - begin - n)
            for (begin, _), out, s, extent, n in zip(self.pads, slid, self.strides, self.extents, size, strict=True)
        )
        channels = (self.out_channels, self.in_channels)
        return ConvTranspose2d(*channels, self.kernel_size, self.strides, self.dilations, self.groups, crops)


@dataclass(frozen=True, slots=True)
class ConvTranspose2d(_Kernels):
    """A transposed convolution, ``crops`` cut off its full output (negative: zeros). Kernel (C_in, C_out/G, kH, kW)."""

    crops: Pads
    kind = "conv_transpose2d"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        height, width = (
            (n - 1) * s + extent - sum(crop)
            for n, s, extent, crop in zip(inputs[0][2:], self.strides, self.extents, self.crops, strict=True)
        )
        return (inputs[0][0], self.out_channels, height, width)

    def case(self, size: tuple[int, int, int], dtype: DTypeName, *, bias: bool) -> Case:
        """As the rest of the harness knows it, of real values; ``size`` is (N, H, W) of the input."""
        settings = {field.name: getattr(self, field.name) for field in fields(_Kernels)}
        settings |= {"batch": size[0], "input_size": size[1:], "bias": bias, "data": "real"}
        return layer_case("canonical", dtype, Words(self.crops), **settings)


@dataclass(frozen=True, slots=True)
class BatchNorm(Operation):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel, with statistics that are given."""

    epsilon: float
    kind = "batch_norm"
    roles = ("gamma", "beta", "mean", "variance")


@dataclass(frozen=True, slots=True)
class Relu(Operation):
    """max(x, 0)."""

    kind = "relu"


@dataclass(frozen=True, slots=True)
class Sigmoid(Operation):
    """1 / (1 + exp(-x))."""

    kind = "sigmoid"


@dataclass(frozen=True, slots=True)
class MaxPool2d(_Windows):
    """The largest element of each window; ``pads`` never win."""

    kernel_size: Pair
    strides: Pair
    pads: Pads
    same: bool = False
    kind = "max_pool2d"


@dataclass(frozen=True, slots=True)
class AveragePool2d(_Windows):
    """The average of each window; nothing is padded."""

    kernel_size: Pair
    strides: Pair
    pads = NO_PADS
    same = False
    kind = "average_pool2d"


@dataclass(frozen=True, slots=True)
class Upsample2d(Operation):
    """``factors`` times as many elements: the nearest one, or bilinear between centres of pixels."""

    factors: Pair
    interpolation: Interpolation = "nearest"
    kind = "upsample2d"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        n, c, h, w = inputs[0]
        return (n, c, h * self.factors[0], w * self.factors[1])


@dataclass(frozen=True, slots=True)
class Concat(Operation):
    """The inputs one after another along the channels."""

    kind = "concat"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        n, _, h, w = inputs[0]
        return (n, sum(shape[1] for shape in inputs), h, w)


@dataclass(frozen=True, slots=True)
class Pad2d(Operation):
    """Elements of the value ``fill`` around the input; negative ``pads`` cut off its own."""

    pads: Pads
    fill: float = 0.0
    kind = "pad2d"

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        n, c, h, w = inputs[0]
        return (n, c, h + sum(self.pads[0]), w + sum(self.pads[1]))


@dataclass(frozen=True, slots=True)
class Node:
    """A layer: its name, the names of what it reads, and what it does to them."""

    name: str
    inputs: tuple[str, ...]
    operation: Operation

    @property
    def kind(self) -> Kind:
        return self.operation.kind

    def own(self, weights: Weights) -> dict[str, Array]:
        """Those of a whole network's weights that are this layer's, by role."""
        names = {role: f"{self.name}.{role}" for role in self.operation.roles}
        return {role: weights[name] for role, name in names.items() if name in weights}


@dataclass(frozen=True, slots=True)
class Network:
    """``nodes`` in an order in which they can be computed; the last is the output.

    ``shape`` is that of an input of the network, at which it was read. Where it computes this only for inputs of one
    (N, H, W), that is ``only``; None in it stands for any.
    """

    input: str
    shape: Shape
    dtype: DTypeName
    nodes: tuple[Node, ...]
    only: Only | None = None

    def with_node(self, node: Node) -> Network:
        """The same network but for the layer that has the name of ``node``."""
        return replace(self, nodes=tuple(node if one.name == node.name else one for one in self.nodes))

    def fixed(self, layout: Layout) -> Iterator[tuple[int, int, str]]:
        """The axes of ``layout`` that have one size alone, that size, and what is wrong with another."""
        known = zip("NHW", ("batches", "heights", "widths"), self.only or (None,) * 3, strict=True)
        for letter, what, size in known:
            if size is not None:
                text = (
                    f"this network was ported for {what} of {size} alone: what it computes depends on the input's size"
                )
                yield layout.index(letter), size, text


def ordered(nodes: Iterable[Node], output: str, turned: Container[str] = ()) -> tuple[Node, ...]:
    """Those of ``nodes`` that ``output`` needs, each after all that it reads, these in the order in which it does.

    What the nodes called ``turned`` read comes in the opposite order.
    """
    by_name = {node.name: node for node in nodes}
    found: dict[str, Node] = {}
    waiting = [output]
    while waiting:
        node = by_name.get(waiting[-1])
        needed = () if node is None else node.inputs[::-1] if node.name in turned else node.inputs
        missing = [one for one in needed if one in by_name and one not in found]
        if missing:
            waiting.append(missing[0])
            continue
        if node is not None:
            found.setdefault(node.name, node)
        waiting.pop()
    return tuple(found.values())


def same_pads(size: Sequence[int], extents: Sequence[int], strides: Sequence[int]) -> Pads:
    """What ``same`` of TensorFlow and Keras pads a (height, width) with; see ``windows.named``."""
    axes = (named("same", n, extent, s, 1) for n, extent, s in zip(size, extents, strides, strict=True))
    return tuple((axis.before, axis.after) for axis in axes)


def fixed_same(extents: Sequence[int], strides: Sequence[int]) -> Pads | None:
    """What ``same`` pads where that is the same for every size."""
    varies = any(extent > 1 and stride > 1 for extent, stride in zip(extents, strides, strict=True))
    return None if varies else same_pads(strides, extents, strides)


def padding_word(operation: _Windows) -> Literal["same", "valid"] | None:
    """The word for the padding at every size of the input, beside ``pads`` where it is ``same``; None for none."""
    if operation.same:
        return "same"
    if operation.pads == NO_PADS:
        return "valid"
    alike = set(operation.strides) == {1} and operation.pads == same_pads((1, 1), operation.extents, (1, 1))
    return "same" if alike else None


def _slid(size: Sequence[int], extents: Sequence[int], strides: Sequence[int], pads: Pads) -> Pair:
    """How often windows of ``extents`` fit on each axis of data of ``size``, padded with ``pads``."""
    height, width = (
        explicit(pad, n, extent, s, 1).count for pad, n, extent, s in zip(pads, size, extents, strides, strict=True)
    )
    return height, width
