"""A small network with every kind of layer, and what an honest framework would give for it, without any framework."""

from __future__ import annotations

import numpy as np

from harness.core.dtypes import DTYPES
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    Network,
    Node,
    Relu,
    Sigmoid,
    Upsample2d,
)
from harness.porting.networks.references import LayerCall

FLOAT32 = DTYPES["float32"]
NODES = (
    Node("wide", ("x",), Conv2d(3, 12, (3, 3), (1, 1), (1, 1), 1, ((1, 1), (1, 1)))),
    Node("block.bn", ("wide",), BatchNorm(1e-5)),
    Node("skip", ("block.bn",), Relu()),
    Node("pool", ("skip",), MaxPool2d((2, 2), (2, 2), ((0, 0), (0, 0)))),
    Node("deep", ("pool",), Conv2d(12, 8, (3, 2), (2, 1), (1, 1), 1, ((1, 0), (1, 0)))),
    Node("up", ("deep",), ConvTranspose2d(8, 5, (3, 3), (2, 1), (1, 1), 1, ((1, 0), (1, 1)))),
    Node("grown", ("up",), Upsample2d((2, 2))),
    Node("thin", ("skip",), AveragePool2d((2, 4), (2, 4))),
    Node("smooth", ("thin",), Upsample2d((2, 4), "bilinear")),
    Node("cat", ("grown", "skip", "smooth"), Concat()),
    Node("last", ("cat",), Conv2d(29, 2, (1, 1), (1, 1), (1, 1), 1, ((0, 0), (0, 0)))),
    Node("out", ("last",), Sigmoid()),
)
NETWORK = Network("x", (2, 3, 8, 12), "float32", NODES)


def drawn(shape, seed=0, scale=1.0):
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def weights_of(network, seed=0):
    """Weights for the kinds above, none of them trivial."""
    made = {}
    for index, node in enumerate(network.nodes):
        operation, at = node.operation, 10 * index + seed
        if isinstance(operation, Conv2d | ConvTranspose2d):
            channels = (operation.out_channels, operation.in_channels)
            one, other = channels if isinstance(operation, Conv2d) else channels[::-1]
            made[f"{node.name}.kernel"] = drawn((one, other // operation.groups, *operation.kernel_size), at, 0.3)
            made[f"{node.name}.bias"] = drawn((operation.out_channels,), at + 1, 0.2)
        elif isinstance(operation, BatchNorm):
            gamma, beta, mean, variance = (drawn((12,), at + role, 0.25) for role in range(4))
            made |= {"block.bn.gamma": 1 + gamma, "block.bn.beta": beta, "block.bn.mean": mean}
            made["block.bn.variance"] = np.exp(variance)
    return made


WEIGHTS = weights_of(NETWORK)
X = drawn(NETWORK.shape, 7)


def computed(network=NETWORK, weights=WEIGHTS, x=X):
    """The output of every layer, each rounded to float32 once."""
    values = {network.input: x}
    for node in network.nodes:
        seen = LayerCall.of(node, weights, [values[name] for name in node.inputs], FLOAT32)
        values[node.name] = seen.reference.output.astype(np.float32)
    del values[network.input]
    return values
