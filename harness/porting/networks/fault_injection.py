"""Faults that ``harness port`` plants in a port, to show that they are found and named: wrong networks or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, Kind, Network, Node, Weights

Edited = tuple[Node, dict[str, Array]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault: its name, a description, the kind of layer that can have it, and how it changes one.

    ``edit`` takes a layer and its own weights by role, and gives both as they are ported, or None where that layer
    cannot have the fault.
    """

    name: str
    about: str
    kind: Kind
    edit: Callable[[Node, Mapping[str, Array]], Edited | None]


def plant(fault: Planted, network: Network, weights: Weights) -> tuple[str, Network, Weights] | None:
    """The layer that was chosen, and the network and weights with the fault in it; None where no layer can have it.

    It is the middle one of the layers that can, so that right layers lie on either side.
    """
    tried = (fault.edit(node, node.own(weights)) for node in network.nodes if node.kind == fault.kind)
    edits = [edited for edited in tried if edited is not None]
    if not edits:
        return None
    node, own = edits[len(edits) // 2]
    kept = {name: array for name, array in weights.items() if name.rpartition(".")[0] != node.name}
    return node.name, network.with_node(node), kept | {f"{node.name}.{role}": array for role, array in own.items()}


def _weights(**changes: Callable[[Mapping[str, Array]], Array]) -> Callable[[Node, Mapping[str, Array]], Edited | None]:
    """An edit of weights by role; a change that changes nothing is no fault."""

    def edit(node: Node, own: Mapping[str, Array]) -> Edited | None:
        if not set(changes) <= set(own):
            return None
        made = {role: np.ascontiguousarray(change(own)) for role, change in changes.items()}
        if all(np.array_equal(made[role], own[role]) for role in made):
            return None
        return node, {**own, **made}

    return edit


def _without_bias(node: Node, own: Mapping[str, Array]) -> Edited | None:
    return (node, {role: array for role, array in own.items() if role != "bias"}) if "bias" in own else None


def _shifted(node: Node, own: Mapping[str, Array]) -> Edited | None:
    """One row or column more at the beginning, and one less at the end."""
    operation: Any = node.operation
    word = "pads" if isinstance(operation, Conv2d) else "crops"
    pairs = getattr(operation, word)
    if min(min(pair) for pair in pairs) < 1:
        return None
    (top, bottom), columns = pairs
    return replace(node, operation=replace(operation, **{word: ((top + 1, bottom - 1), columns)})), dict(own)


def _epsilon(node: Node, own: Mapping[str, Array]) -> Edited | None:
    operation: Any = node.operation
    other = 1e-3 if operation.epsilon != 1e-3 else 1e-5
    return replace(node, operation=replace(operation, epsilon=other)), dict(own)


def _order(node: Node, own: Mapping[str, Array]) -> Edited | None:
    return (replace(node, inputs=node.inputs[::-1]), dict(own)) if node.inputs != node.inputs[::-1] else None


def _rotated(own: Mapping[str, Array]) -> Array:
    return own["kernel"][:, :, ::-1, ::-1]


def _reshaped(own: Mapping[str, Array]) -> Array:
    """What comes of reshaping (C_out, C_in, kH, kW) to (kH, kW, C_in, C_out), which mixes the axes up."""
    outputs, inputs, height, width = own["kernel"].shape
    return own["kernel"].reshape(height, width, inputs, outputs).transpose(3, 2, 0, 1)


FAULTS: dict[str, Planted] = {
    one.name: one
    for one in (
        Planted("batch-norm-epsilon", "epsilon of the other framework's default", "batch_norm", _epsilon),
        Planted(
            "gamma-beta-swapped",
            "gamma and beta in each other's place",
            "batch_norm",
            _weights(gamma=lambda own: own["beta"], beta=lambda own: own["gamma"]),
        ),
        Planted("bias-missing", "a convolution without its bias", "conv2d", _without_bias),
        Planted("concat-order", "inputs joined in the other order", "concat", _order),
        Planted("crop-one-off", "a transposed convolution's crop one pixel off", ConvTranspose2d.kind, _shifted),
        Planted("kernel-reshaped", "a kernel reshaped, not transposed", "conv2d", _weights(kernel=_reshaped)),
        Planted("kernel-rotated", "a kernel rotated by 180 degrees", "conv2d", _weights(kernel=_rotated)),
        Planted("padding-one-off", "a convolution's padding one pixel off", "conv2d", _shifted),
        Planted(
            "transposed-kernel-rotated",
            "a transposed convolution's kernel rotated by 180 degrees",
            ConvTranspose2d.kind,
            _weights(kernel=_rotated),
        ),
    )
}
