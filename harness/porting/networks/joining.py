"""One way to state padding and cropping: what stands beside a layer that pads or crops itself is made part of it.

Zeros before a convolution join it, and so do crops after a transposed one; frameworks write either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.core.case import Pads
from harness.porting.layers.layer import added, negative
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, MaxPool2d, Node, Operation, Pad2d


@dataclass(frozen=True, slots=True)
class Joined:
    """The layers that are left, and for each which of the first ones it consists of, in the order of computation."""

    nodes: tuple[Node, ...]
    parts: Mapping[str, tuple[str, ...]]
    output: str


def join(nodes: Iterable[Node], output: str, biased: Iterable[str]) -> Joined:
    """Join the padding among ``nodes``, all of which ``output`` needs; ``biased`` names those with a bias."""
    joining = _Joining({node.name: node for node in nodes}, output, frozenset(biased))
    while any([joining.take(name) for name in list(joining.nodes) if name in joining.nodes]):  # noqa: C419 - all
        pass
    return Joined(tuple(joining.nodes.values()), joining.parts, joining.output)


class _Joining:
    def __init__(self, nodes: dict[str, Node], output: str, biased: frozenset[str]) -> None:
        self.nodes = nodes
        self.output = output
        self.biased = biased
        self.parts: dict[str, tuple[str, ...]] = {name: (name,) for name in nodes}

    def take(self, name: str) -> bool:
        """Make the padding ``name`` a part of its neighbours, where it can be; whether anything changed."""
        node = self.nodes[name]
        if not isinstance(node.operation, Pad2d):
            return False
        if not any(map(any, node.operation.pads)):
            return self._pass(node)
        return self._forward(node, node.operation) or self._back(node, node.operation)

    def _forward(self, pad: Node, operation: Pad2d) -> bool:
        """Into the layers that read it and pad with the same value."""
        changed = False
        for reader in self._readers(pad.name):
            joined = _before(operation, reader.operation)
            if joined is not None:
                self.nodes[reader.name] = replace(reader, inputs=pad.inputs, operation=joined)
                self.parts[reader.name] = (*self.parts[pad.name], *self.parts[reader.name])
                changed = True
        if changed and not self._readers(pad.name) and self.output != pad.name:
            self._drop(pad.name)
        return changed

    def _back(self, pad: Node, operation: Pad2d) -> bool:
        """Into the layer that it reads, where nothing else reads that."""
        source = self.nodes.get(pad.inputs[0])
        if source is None or self._readers(source.name) != [pad] or source.name == self.output:
            return False
        joined = _after(source.operation, operation, biased=source.name in self.biased)
        if joined is None:
            return False
        self.nodes[source.name] = replace(source, operation=joined)
        self.parts[source.name] = (*self.parts[source.name], *self.parts[pad.name])
        return self._pass(pad)

    def _pass(self, pad: Node) -> bool:
        """Let what reads ``pad`` read what it reads."""
        source = pad.inputs[0]
        for reader in self._readers(pad.name):
            inputs = tuple(source if one == pad.name else one for one in reader.inputs)
            self.nodes[reader.name] = replace(reader, inputs=inputs)
        self.output = source if self.output == pad.name else self.output
        self._drop(pad.name)
        return True

    def _drop(self, name: str) -> None:
        del self.nodes[name], self.parts[name]

    def _readers(self, name: str) -> list[Node]:
        return [node for node in self.nodes.values() if name in node.inputs]


def _before(pad: Pad2d, operation: Operation) -> Operation | None:
    """``operation`` of padded data."""
    if not isinstance(operation, Conv2d | MaxPool2d) or min(map(min, pad.pads)) < 0:
        return None
    fits = pad.fill == (0 if isinstance(operation, Conv2d) else -float("inf"))
    return replace(operation, pads=added(pad.pads, operation.pads)) if fits else None


def _after(operation: Operation, pad: Pad2d, *, biased: bool) -> Operation | None:
    """``operation``, its output padded.

    Zeros put where something was cut off before do not bring that back, and get no bias.
    """
    cuts_alone = max(map(max, pad.pads)) <= 0
    if isinstance(operation, ConvTranspose2d):
        crops = negative(operation.crops)
        if (pad.fill != 0 or biased) and not cuts_alone:
            return None
        return replace(operation, crops=negative(added(crops, pad.pads))) if _in_turn(crops, pad.pads) else None
    if isinstance(operation, Pad2d) and _in_turn(operation.pads, pad.pads):
        if cuts_alone or operation.fill == pad.fill:
            return replace(operation, pads=added(operation.pads, pad.pads))
        if max(map(max, operation.pads)) <= 0:
            return Pad2d(added(operation.pads, pad.pads), pad.fill)
    return None


def _in_turn(one: Pads, other: Pads) -> bool:
    """Whether the sum is the same as one after another."""
    sides = [pair for axis in zip(one, other, strict=True) for pair in zip(*axis, strict=True)]
    return not any(first < 0 < second for first, second in sides)
