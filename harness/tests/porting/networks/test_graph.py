from __future__ import annotations

import pytest

from harness.porting.networks.graph import Conv2d, MaxPool2d, Node, Relu, ordered, padding_word, same_pads
from harness.tests.porting.networks.samples import NETWORK, X, computed


def test_shapes_are_those_of_the_outputs():
    outputs = computed()
    shapes = {NETWORK.input: NETWORK.shape}
    for node in NETWORK.nodes:
        shapes[node.name] = node.operation.shape([shapes[name] for name in node.inputs])
        assert shapes[node.name] == outputs[node.name].shape, node.name
    assert X.shape == NETWORK.shape


def test_order_follows_what_is_read_and_drops_the_rest():
    nodes = [
        Node("end", ("b", "a"), Relu()),
        Node("unused", ("a",), Relu()),
        Node("a", ("x",), Relu()),
        Node("b", ("a",), Relu()),
    ]
    assert [node.name for node in ordered(nodes, "end")] == ["a", "b", "end"]


def test_order_is_that_of_the_inputs():
    nodes = [Node("a", ("x",), Relu()), Node("b", ("x",), Relu()), Node("end", ("b", "a"), Relu())]
    assert [node.name for node in ordered(nodes, "end")] == ["b", "a", "end"]


def test_with_node_replaces_by_name():
    changed = NETWORK.with_node(Node("skip", ("block.bn",), Conv2d(1, 1, (1, 1), (1, 1), (1, 1), 1, ((0, 0), (0, 0)))))
    assert [node.kind for node in changed.nodes].count("conv2d") == 4
    assert len(changed.nodes) == len(NETWORK.nodes)


@pytest.mark.parametrize(
    ("size", "extent", "stride", "pads"),
    [(8, 3, 1, (1, 1)), (8, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (8, 2, 1, (0, 1)), (8, 1, 2, (0, 0)), (7, 2, 2, (0, 1))],
)
def test_same_puts_the_larger_half_at_the_end(size, extent, stride, pads):
    assert same_pads((size, 9), (extent, 1), (stride, 1)) == (pads, (0, 0))


@pytest.mark.parametrize(
    ("size", "strides", "pads", "word"),
    [
        ((3, 2), (1, 1), ((1, 1), (0, 1)), "same"),
        ((3, 2), (1, 1), ((1, 1), (1, 0)), None),
        ((3, 3), (2, 2), ((1, 1), (1, 1)), None),
        ((3, 3), (2, 2), ((0, 0), (0, 0)), "valid"),
    ],
)
def test_a_word_stands_where_it_means_the_padding_at_every_size(size, strides, pads, word):
    assert padding_word(MaxPool2d(size, strides, pads)) == word
    assert padding_word(MaxPool2d(size, strides, pads, same=True)) == "same"
