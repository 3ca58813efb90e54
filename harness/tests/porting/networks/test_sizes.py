"""What holds at every size, and at which sizes that is looked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from harness.porting import TranslationError
from harness.porting.networks.graph import Conv2d, MaxPool2d, Network, Node, Relu, same_pads
from harness.porting.networks.sizes import many_sizes, other_sizes, settled

SIZES = [(7, 9), (8, 12), (9, 10), (10, 11), (11, 13), (12, 14)]


def read_at(make):
    return [Network("x", (1, 2, *size), "float32", (Node("layer", ("x",), make(size)),)) for size in SIZES]


@pytest.mark.parametrize("strides", [(2, 2), (3, 1), (2, 3)])
@pytest.mark.parametrize("fixed", [((0, 0), (0, 0)), ((1, 0), (0, 2))])
@pytest.mark.parametrize("kind", ["conv", "pool"])
def test_same_is_recognized_by_what_it_pads(strides, fixed, kind):
    settings = {"conv": Conv2d(2, 2, (3, 5), strides, (1, 1), 1, fixed), "pool": MaxPool2d((3, 5), strides, fixed)}
    plain: Any = settings[kind]

    def make(size):
        inside = [n + sum(pad) for n, pad in zip(size, fixed, strict=True)]
        pairs = zip(fixed, same_pads(inside, (3, 5), strides), strict=True)
        pads = [(begin + more, end + other) for (begin, end), (more, other) in pairs]
        return replace(plain, pads=tuple(pads))

    [node] = settled(read_at(make)).nodes
    assert [node.operation.at(size) for size in SIZES] == [make(size) for size in SIZES]
    assert node.operation == replace(plain, same=True)


@pytest.mark.parametrize(
    "pads",
    [
        lambda size: ((0, -size[0] % 8), (0, 0)),
        lambda size: ((1, size[0] % 2), (0, 0)),
        lambda size: ((size[0] % 2, 0), (0, 0)),
    ],
)
def test_other_settings_that_follow_the_size_are_refused_by_name(pads):
    with pytest.raises(TranslationError, match=r"layer layer \(conv2d\): is another one for inputs of other sizes"):
        settled(read_at(lambda size: Conv2d(2, 2, (3, 3), (2, 2), (1, 1), 1, pads(size))))


def test_layers_that_come_and_go_are_refused_by_name():
    networks = read_at(lambda size: Relu())
    more = replace(networks[1], nodes=(*networks[1].nodes, Node("more", ("layer",), Relu())))
    with pytest.raises(TranslationError, match=r"layer more \(relu\): is another one"):
        settled([networks[0], more])


@pytest.mark.parametrize("size", [(7, 7), (8, 12), (512, 513), (1, 1)])
def test_the_other_sizes_have_other_parities_and_are_no_larger_than_needed(size):
    found = list(other_sizes(size))
    for axis in range(2):
        assert any((one[axis] - size[axis]) % 2 for one in found[:2])
    assert size not in found[:2]
    assert max(map(max, found[:2])) <= max(min(max(size), 95), 1) + 3
    assert len(found) == len(set(found)) or size == (1, 1)
    assert any(one[0] % 64 == size[0] % 64 and one[1] % 64 == size[1] % 64 for one in found)


def test_many_sizes_have_many_remainders():
    found = list(islice(many_sizes((16, 16), (24, 40)), 16))
    assert {height % 8 for height, _ in found} == {width % 8 for _, width in found} == {0}
    assert len({height // 8 for height, _ in found}) == 16
