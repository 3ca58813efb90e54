"""However padding and cropping are written, the network is the same one, and computes the same."""

from __future__ import annotations

import numpy as np
import pytest

from harness.porting.networks.graph import Conv2d, ConvTranspose2d, MaxPool2d, Network, Node, Pad2d, Relu
from harness.porting.networks.joining import join
from harness.tests.porting.networks.samples import computed, drawn

CONV = Conv2d(2, 2, (3, 2), (2, 1), (1, 1), 1, ((1, 0), (0, 1)))
STRIDED = Conv2d(2, 2, (3, 3), (2, 2), (1, 1), 1, ((0, 0), (0, 0)), same=True)
UP = ConvTranspose2d(2, 2, (3, 4), (2, 3), (1, 1), 1, ((1, 0), (0, 1)))
WIDE = ConvTranspose2d(2, 2, (3, 4), (2, 3), (1, 1), 1, ((-1, 0), (0, -2)))
POOL = MaxPool2d((3, 2), (2, 2), ((1, 0), (0, 0)))
LOW = -float("inf")


def pad(pads, fill=0.0):
    return Pad2d(pads, fill)


CHAINS = {
    "zeros before a convolution": ([pad(((1, 2), (0, 3))), CONV], 1),
    "zeros before a convolution that pads by size": ([pad(((1, 2), (0, 3))), STRIDED], 1),
    "crops before a convolution": ([pad(((-1, 2), (0, 0))), CONV], 2),
    "crops after a transposed convolution": ([UP, pad(((0, -1), (-2, -1)))], 1),
    "zeros after a transposed convolution that cut nothing off": ([WIDE, pad(((1, 1), (0, 2)))], 1),
    "zeros after a transposed convolution that cut off": ([UP, pad(((1, 0), (0, 0)))], 2),
    "zeros after another layer": ([Relu(), pad(((1, 0), (0, 2)))], 2),
    "twice": ([pad(((1, 2), (0, 3))), pad(((2, 0), (1, -1))), Relu()], 2),
    "what was padded is cut off again": ([Relu(), pad(((1, 2), (0, 3))), pad(((-1, -2), (0, -3)))], 1),
    "cut off, and then padded": ([Relu(), pad(((-1, 0), (0, 0))), pad(((1, 0), (0, 0)))], 3),
    "lowest numbers before max pooling": ([pad(((1, 0), (0, 1)), LOW), POOL], 1),
    "zeros before max pooling": ([pad(((1, 0), (0, 1))), POOL], 2),
    "cut off, then padded with another number": ([Relu(), pad(((-1, 0), (0, -1))), pad(((0, 1), (1, 0)), LOW), Relu()], 3),
}  # fmt: skip


def network_of(operations):
    names = [f"n{index}" for index in range(len(operations))]
    nodes = [Node(name, (before,), one) for name, before, one in zip(names, ["x", *names], operations, strict=False)]
    return Network("x", (2, 2, 7, 9), "float32", tuple(nodes))


def weights_of(network, *, bias):
    found = {}
    for index, node in enumerate(network.nodes):
        if node.operation.roles:
            found[f"{node.name}.kernel"] = np.round(4 * drawn((2, 2, *node.operation.kernel_size), index))
            found |= {f"{node.name}.bias": drawn((2,), index + 9)} if bias else {}
    return found


@pytest.mark.parametrize("name", sorted(CHAINS))
@pytest.mark.parametrize("bias", [False, True])
def test_what_is_joined_computes_the_same(name, bias):
    operations, left = CHAINS[name]
    network = network_of(operations)
    weights = weights_of(network, bias=bias)
    x = np.round(4 * drawn(network.shape, 5))
    done = join(network.nodes, network.nodes[-1].name, {one.removesuffix(".bias") for one in weights if "bias" in one})
    appended = name == "zeros after a transposed convolution that cut nothing off" and bias
    assert len(done.nodes) == left + appended
    assert [part for node in done.nodes for part in done.parts[node.name]][-1:] or not done.nodes
    joined = Network("x", network.shape, "float32", done.nodes)
    whole, shorter = computed(network, weights, x), computed(joined, weights, x)
    assert np.array_equal(whole[network.nodes[-1].name], shorter[done.output])
    for node in done.nodes:
        assert np.array_equal(shorter[node.name], whole[done.parts[node.name][-1]])


def test_what_something_else_reads_is_kept():
    nodes = [
        Node("pad", ("x",), pad(((1, 1), (1, 1)))),
        Node("one", ("pad",), CONV),
        Node("two", ("pad",), Relu()),
        Node("up", ("two",), UP),
        Node("cut", ("up",), pad(((-1, 0), (0, 0)))),
        Node("other", ("up",), Relu()),
    ]
    done = join(nodes, "cut", set())
    assert [(node.name, node.inputs) for node in done.nodes] == [
        ("pad", ("x",)),
        ("one", ("x",)),
        ("two", ("pad",)),
        ("up", ("two",)),
        ("cut", ("up",)),
        ("other", ("up",)),
    ]
    assert done.parts["one"] == ("pad", "one")
