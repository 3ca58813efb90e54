"""What PyTorch's side reads, refuses and writes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from harness.porting import TranslationError
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, MaxPool2d, Network, Node, Relu
from harness.porting.networks.pytorch import read, write
from harness.tests.porting.networks.samples import NETWORK, WEIGHTS, X, computed, drawn

SHAPE = (1, 3, 8, 8)


def test_every_kind_is_written_run_and_read(frameworks):
    reading = read(write(NETWORK, WEIGHTS), NETWORK.shape)
    assert [(node.name, node.operation) for node in reading.network.nodes] == [
        (node.name, node.operation) for node in NETWORK.nodes
    ]
    assert {name: array.tobytes() for name, array in reading.weights.items()} == {
        name: array.tobytes() for name, array in WEIGHTS.items()
    }
    answer = reading.run(X)
    honest = computed()
    assert sorted(answer.outputs) == sorted(honest)
    assert all(answer.outputs[name].shape == honest[name].shape for name in honest)
    assert answer.called is not None
    assert np.array_equal(answer.called, answer.outputs["out"])


def modules(torch):
    nn, functional = torch.nn, torch.nn.functional

    def calling(function, *layers):
        class Calling(nn.Module):  # type: ignore[name-defined, misc]
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList(layers)

            def forward(self, x):
                return function(self.layers, x)

        return Calling()

    class Two(nn.Module):  # type: ignore[name-defined, misc]
        def forward(self, x, y):
            return torch.cat([x, y], 1)

    shared = nn.Conv2d(3, 3, 1)
    return {
        "layer 1 (LSTM): is none of the kinds that are ported": nn.Sequential(nn.ReLU(), nn.LSTM(8, 8)),
        "layer 0 (LayerNorm): is none of the kinds": nn.Sequential(nn.LayerNorm(8)),
        "layer 0 (Conv1d): is none of the kinds": nn.Sequential(nn.Conv1d(3, 3, 1)),
        "layer 0 (LeakyReLU): is none of the kinds": nn.Sequential(nn.LeakyReLU()),
        "layer 0 (AdaptiveAvgPool2d): is none of the kinds": nn.Sequential(nn.AdaptiveAvgPool2d(1)),
        "layer 0 (AvgPool2d): neither padding nor": nn.Sequential(nn.AvgPool2d(2, padding=1)),
        "layer 0 (Conv2d): padding_mode='reflect' is not ported": nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect")),
        "layer 0 (BatchNorm2d): track_running_stats=False": nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)),
        "layer 0 (MaxPool2d): neither dilation nor ceil_mode": nn.Sequential(nn.MaxPool2d(2, ceil_mode=True)),
        "layer max_pool2d (max_pool2d): neither dilation": calling(lambda layers, x: functional.max_pool2d(x, 2, dilation=2)),
        "layer 0 (Upsample): only whole scale factors": nn.Sequential(nn.Upsample(scale_factor=1.5)),
        "layer 1 (Upsample): only whole scale factors": nn.Sequential(nn.ReLU(), nn.Upsample(scale_factor=2, mode="bicubic")),
        "layer interpolate (interpolate): only whole scale factors": calling(lambda layers, x: functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)),
        "layer cat (cat): dim=2 is not ported": calling(lambda layers, x: torch.cat([x, x], 2)),
        "layer add (add): is none of the kinds": calling(lambda layers, x: x + torch.relu(x)),
        "layer pad (pad): only zeros on height and width": calling(lambda layers, x: functional.pad(x, [1, 1, 1, 1], mode="reflect")),
        "layer pad (pad): value=1 is not ported": calling(lambda layers, x: functional.pad(x, [1, 1], value=1)),
        "layer getitem (slice): only height and width are cut": calling(lambda layers, x: torch.relu(x)[:, 1:]),
        "layer getitem (slice): only height and width of NCHW": calling(lambda layers, x: torch.relu(x)[0]),
        "layer interpolate (interpolate): antialias=True": calling(lambda layers, x: functional.interpolate(x, scale_factor=2, mode="bilinear", antialias=True)),
        "layer layers.0 (MaxPool2d): return_indices=True": calling(lambda layers, x: layers[0](x)[0], nn.MaxPool2d(2, return_indices=True)),
        "layer sigmoid (sigmoid): is called with out": calling(lambda layers, x: torch.sigmoid(x, out=x)),
        "layer item (item): makes numbers of the data, which is not followed": calling(lambda layers, x: functional.pad(torch.relu(x), [x.item(), 0])),
        "layer 0 (conv2d): is called twice": nn.Sequential(shared, shared),
        "layer dropout (dropout): training=True": calling(lambda layers, x: functional.dropout(x)),
        "takes several inputs": Two(),
        "returns several values": calling(lambda layers, x: (torch.relu(x), torch.relu(x))),
        "has no layer that could be ported": nn.Sequential(nn.Identity()),
        "cannot be traced by torch.fx": calling(lambda layers, x: torch.relu(x) if x.sum() > 0 else x),
        "the module raises on an input of shape [1, 3, 8, 8]: RuntimeError": nn.Sequential(nn.Conv2d(4, 1, 1)),
        "the weights are float16; networks are ported in float32 or float64": nn.Sequential(nn.Conv2d(3, 1, 1).half()),
    }  # fmt: skip


def test_refusals_name_the_layer(frameworks):
    for message, model in modules(frameworks.torch).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(TranslationError) as caught:
                read(model.eval(), SHAPE)
        assert message in str(caught.value)


@pytest.mark.parametrize(("kind", "name"), [("BatchNorm2d", "1"), ("Dropout", "2")])
def test_training_mode_is_refused_and_changes_nothing(frameworks, kind, name):
    nn = frameworks.torch.nn
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Dropout()).eval()
    model.get_submodule(name).train()
    with pytest.raises(TranslationError, match=rf"layer {name} \({kind}\): is in training mode"):
        read(model, SHAPE)
    assert not model[1].running_mean.any()


def test_a_module_alone(frameworks):
    nn = frameworks.torch.nn
    reading = read(nn.Conv2d(3, 2, 3, padding=(1, 0)), SHAPE)
    assert [node.operation for node in reading.network.nodes] == [
        Conv2d(3, 2, (3, 3), (1, 1), (1, 1), 1, ((1, 1), (0, 0)))
    ]


def test_names_are_those_of_the_modules(frameworks):
    torch = frameworks.torch

    class Named(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.block, self.relu = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1)), torch.nn.ReLU()

        def forward(self, x):
            return torch.relu(self.relu(self.relu(self.block(x))))

    names = [node.name for node in read(Named(), SHAPE).network.nodes]
    assert names == ["block.0", "relu", "relu_1", "relu_2"]


@pytest.mark.parametrize("name", ["forward", "training", "wide.inner", "a..b"])
def test_names_that_no_submodule_can_have(frameworks, name):
    relu = Node(name, ("wide",), Relu())
    network = Network("x", NETWORK.shape, "float32", (NETWORK.nodes[0], relu))
    reading = read(write(network, WEIGHTS), NETWORK.shape)
    assert [node.kind for node in reading.network.nodes] == ["conv2d", "relu"]
    assert reading.run(X).error == ""


def test_a_name_within_that_of_a_layer_makes_no_part_of_that_layer(frameworks):
    up = Node("up", ("x",), ConvTranspose2d(3, 2, (2, 2), (2, 2), (1, 1), 1, ((0, 0), (0, 0))))
    network = Network("x", SHAPE, "float32", (up, Node("up.inner", ("up",), Relu())))
    reading = read(write(network, {"up.kernel": drawn((3, 2, 2, 2))}), SHAPE)
    assert [(node.name, node.kind) for node in reading.network.nodes] == [
        ("up", "conv_transpose2d"),
        ("up_inner", "relu"),
    ]


@pytest.mark.parametrize("pads", [((0, 1), (0, 1)), ((2, 2), (0, 0))])
def test_max_pooling_padded_as_no_layer_of_pytorch_does(frameworks, pads):
    pool = Node("pool", ("x",), MaxPool2d((3, 3), (2, 2), pads))
    network = Network("x", SHAPE, "float32", (pool,))
    reading = read(write(network, {}), SHAPE)
    assert reading.network.nodes == (pool,)
    x = -1 - np.abs(drawn(SHAPE))
    outputs = reading.run(x).outputs["pool"]
    assert np.array_equal(outputs, computed(network, {}, x)["pool"])


def test_a_composed_transposed_convolution_comes_back(frameworks):
    operation = ConvTranspose2d(3, 2, (2, 3), (3, 2), (1, 1), 1, ((1, -2), (0, 2)))
    network = Network("x", SHAPE, "float32", (Node("up.0", ("x",), operation),))
    for bias in ({}, {"up.0.bias": drawn((2,), 2)}):
        weights = {"up.0.kernel": drawn((3, 2, 2, 3), 1), **bias}
        reading = read(write(network, weights), SHAPE)
        assert (reading.network.nodes, sorted(reading.weights)) == (network.nodes, sorted(weights))


def test_an_error_ends_the_answer(frameworks):
    reading = read(
        frameworks.torch.nn.Sequential(frameworks.torch.nn.ReLU(), frameworks.torch.nn.Conv2d(3, 1, 1)), SHAPE
    )
    answer = reading.run(drawn((1, 4, 8, 8)))
    assert (list(answer.outputs), answer.called) == (["0"], None)
    assert answer.error.startswith("RuntimeError: Given groups=1")


def test_an_operation_in_place_does_not_change_what_was_recorded(frameworks):
    nn = frameworks.torch.nn
    answer = read(nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True)), SHAPE).run(drawn(SHAPE))
    assert np.min(answer.outputs["0"]) < 0
    assert np.min(answer.outputs["1"]) == 0
