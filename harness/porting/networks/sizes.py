"""At which sizes a port is verified, and what of a network holds at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product, zip_longest
from typing import Any

from harness.core.case import Pair
from harness.porting.networks.graph import Conv2d, MaxPool2d, Network, Node, Operation, Shape, same_pads
from harness.porting.networks.reader import refuse

STEPS = (1, 2, 4, 8, 16, 32, 64)
"""By how much sizes grow: the first step at which the model does not raise is used."""
MANY = 16
"""At how many sizes settings that are computed from sizes are looked at."""
_LARGE, _RESIDUES = 64, 32


def other_sizes(size: Pair) -> Iterator[Pair]:
    """Other (height, width), the smaller first; of the first two, one on each axis is of the other parity.

    Large images are followed by smaller ones with the same remainders, since every size costs as much as the first.
    """
    small = [n if n <= _LARGE else _LARGE + n % _RESIDUES for n in size]
    for height, width in dict.fromkeys([(small[0], small[1]), size]):
        for step in STEPS:
            yield height + step, width + 3 * step
            yield height + 2 * step, width + step


def many_sizes(size: Pair, other: Pair | None) -> Iterator[Pair]:
    """Sizes with many remainders, as far apart as ``other`` is from ``size``, and small and large ones."""
    height, width = size if other is None else other
    step = 1 if other is None else max((one for one in STEPS if (other[0] - size[0]) % one == 0), default=1)
    for row, column in ((height, width), (0, 0)):
        for number in range(1, MANY + 1):
            yield row + number * step, column + (5 * number % (MANY + 1)) * step
    yield 2 * height + step, 2 * width + 3 * step
    yield 3 * height, 3 * width


def shapes_of(network: Network) -> dict[str, Shape]:
    """The shape of every layer's output, and of the input, by name."""
    found = {network.input: network.shape}
    for node in network.nodes:
        found[node.name] = node.operation.shape([found[name] for name in node.inputs])
    return found


def settled(networks: Sequence[Network]) -> Network:
    """The first network, read at several sizes, with settings that hold at all of them.

    Raises TranslationError that names the first layer for which there are none.
    """
    shapes = [shapes_of(network) for network in networks]
    nodes: list[Node] = []
    for found in zip_longest(*(network.nodes for network in networks)):
        node = next(one for one in found if one is not None)
        alike = all(one is not None and (one.name, one.inputs) == (node.name, node.inputs) for one in found)
        read = [shape[node.inputs[0]] for shape in shapes] if alike else []
        operation = _settled([one.operation for one in found], read) if alike else None
        if operation is None:
            raise refuse(node.name, node.kind, "is another one for inputs of other sizes")
        nodes.append(replace(node, operation=operation))
    return replace(networks[0], nodes=tuple(nodes))


def _settled(operations: Sequence[Operation], shapes: Sequence[Shape]) -> Operation | None:
    """What ``operations``, one for each input, have in common."""
    first = operations[0]
    if all(one == first for one in operations):
        return first
    if not isinstance(first, Conv2d | MaxPool2d):
        return None
    found: list[Any] = list(operations)
    if any(one.same or replace(one, pads=first.pads) != first for one in found):
        return None
    pads = [
        _around([one.pads[axis] for one in found], [shape[2 + axis] for shape in shapes], first, axis)
        for axis in range(2)
    ]
    return None if pads[0] is None or pads[1] is None else replace(first, pads=(pads[0], pads[1]), same=True)


def _around(pads: Sequence[Pair], sizes: Sequence[int], operation: Conv2d | MaxPool2d, axis: int) -> Pair | None:
    """The fixed zeros of an axis, where the rest is what ``same`` pads there."""
    extent, stride = operation.extents[axis], operation.strides[axis]
    fixed = product(range(min(begin for begin, _ in pads) + 1), range(min(end for _, end in pads) + 1))
    for begin, end in sorted(fixed, key=sum):
        rest = [same_pads([n + begin + end] * 2, [extent] * 2, [stride] * 2)[0] for n in sizes]
        if all(pad == (begin + one[0], end + one[1]) for pad, one in zip(pads, rest, strict=True)):
            return (begin, end)
    return None
