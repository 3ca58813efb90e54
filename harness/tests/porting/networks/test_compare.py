"""A user's own models, in this process: ports in every direction, and hand-made ports that are wrong."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from harness.porting import TranslationError, compare, port
from harness.porting.layers.live_layers import owner_of
from harness.porting.networks import keras as keras_side
from harness.porting.networks.compare import changed_weights, drawn_input, side
from harness.porting.networks.fault_injection import FAULTS, plant
from harness.porting.networks.sizes import shapes_of
from harness.tests.porting.networks.models import keras_model, torch_model

SHAPE = (2, 3, 8, 12)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Using padding='same'")


def called(model, x):
    """The model's own output, (N, C, H, W)."""
    owner = owner_of(model)
    if owner == "pytorch":
        import torch

        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()
    import tensorflow as tf

    return np.asarray(model(tf.constant(x.transpose(0, 2, 3, 1)))).transpose(0, 3, 1, 2)


def operations(network):
    """As they are for an input of the size at which the network was read."""
    shapes = shapes_of(network)
    return [node.operation.at(shapes[node.inputs[0]][2:]) for node in network.nodes]


def model_of(frameworks, owner):
    if owner == "pytorch":
        return torch_model(frameworks.torch)
    model = keras_model(frameworks.keras)
    return model if owner == "keras" else port(model, "tensorflow", SHAPE)


DIRECTIONS = [
    (one, to) for one in ("pytorch", "keras", "tensorflow") for to in ("pytorch", "keras", "tensorflow") if one != to
]


@pytest.mark.parametrize(("owner", "to"), DIRECTIONS)
def test_a_users_own_model_there_and_back(frameworks, owner, to):
    model = model_of(frameworks, owner)
    there = port(model, to, SHAPE)
    back = port(there, owner, SHAPE)
    assert (owner_of(there), owner_of(back)) == (to, owner)
    first, last = (side(owner).read(one, SHAPE) for one in (model, back))
    assert changed_weights(first, last) == []
    assert operations(first.network) == operations(last.network)
    x = drawn_input(SHAPE).astype(np.float32)
    whole, again = called(model, x), called(back, x)
    assert np.array_equal(whole, again)
    assert np.max(np.abs(called(there, x) - whole)) < 1e-5 * np.max(np.abs(whole))


def test_a_port_reads_other_sizes(frameworks):
    model = torch_model(frameworks.torch)
    there = port(model, "keras", SHAPE)
    findings = compare(model, there, (1, 3, 16, 20))
    assert [str(finding) for finding in findings if finding.differs] == []
    assert len(findings) == 15


def test_weights_are_copied(frameworks):
    model = torch_model(frameworks.torch)
    there = port(model, "tensorflow", SHAPE)
    with frameworks.torch.no_grad():
        model.last.weight.zero_()
    assert np.any(there.parts["last"]["kernel"].numpy())
    found = [str(finding) for finding in compare(model, there, SHAPE) if finding.differs]
    assert len(found) == 1
    assert found[0].startswith("last (conv2d): diverges: values differ")


def test_float64(frameworks):
    """Both resize images in float32, and Keras does not say so."""
    model = torch_model(frameworks.torch).double()
    with pytest.raises(TranslationError, match=r"first in layer grow .*; as if it is computed in float32"):
        port(model, "keras", SHAPE)
    with pytest.raises(
        TranslationError, match=r"layer grow \(upsample2d\): tf.image.resize gives float32, not float64"
    ):
        port(model, "tensorflow", SHAPE)
    model.grow = frameworks.torch.nn.Upsample(scale_factor=2)
    port(model, "tensorflow", SHAPE)
    back = port(port(model, "keras", SHAPE), "pytorch", SHAPE)
    assert all(tensor.dtype == frameworks.torch.float64 for tensor in back.parameters())


def by_hand(frameworks, *, epsilon=1e-5, padding="same", order=1, rotated=False, bias=True, relu=True):
    """A torch model, and its port to Keras as one writes it, with what one gets wrong."""
    torch, layers = frameworks.torch, frameworks.keras.layers
    nn = torch.nn

    class Own(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.one, self.norm = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
            self.two = nn.Conv2d(4, 4, 3, stride=2, padding=1)
            self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)

        def forward(self, x):
            skip = torch.relu(self.norm(self.one(x)))
            return torch.cat([self.up(torch.relu(self.two(skip))), skip], 1)

    torch.manual_seed(1)
    model = Own()
    with torch.no_grad():
        model.norm.running_mean.normal_()
        model.norm.running_var.uniform_(0.5, 1.5)
        model.norm.weight.normal_()
    arrays = {name: tensor.detach().numpy() for name, tensor in model.eval().state_dict().items()}
    inputs = frameworks.keras.Input((6, 8, 2))
    one = layers.Conv2D(4, 3, padding="same", use_bias=bias)
    norm, two, up = (
        layers.BatchNormalization(epsilon=epsilon),
        layers.Conv2D(4, 3, 2, padding),
        layers.Conv2DTranspose(4, 2, 2),
    )
    skip = norm(one(inputs))
    skip = layers.ReLU()(skip) if relu else skip
    y = skip if padding == "same" else layers.ZeroPadding2D(1)(skip)
    y = up(layers.ReLU()(two(y)))
    ported = frameworks.keras.Model(inputs, layers.Concatenate()([y, skip][::order]))
    kernel = arrays["one.weight"][:, :, ::-1, ::-1] if rotated else arrays["one.weight"]
    one.set_weights([kernel.transpose(2, 3, 1, 0), arrays["one.bias"]][: 2 if bias else 1])
    norm.set_weights([arrays[f"norm.{name}"] for name in ("weight", "bias", "running_mean", "running_var")])
    two.set_weights([arrays["two.weight"].transpose(2, 3, 1, 0), arrays["two.bias"]])
    up.set_weights([arrays["up.weight"].transpose(2, 3, 1, 0), arrays["up.bias"]])
    return model, ported


@pytest.mark.parametrize(
    ("mistake", "layer", "diagnosis"),
    [
        ({"epsilon": 1e-3}, "norm (batch_norm)", "as if epsilon is 0.001 where 1e-05 is expected"),
        (
            {"padding": "same"},
            "two (conv2d)",
            "as if the padding is (0, 2) rows and (0, 2) columns where (1, 1) rows and (1, 1) columns is expected",
        ),
        ({"order": -1}, "cat (concat)", "as if its inputs are joined in the order 2, 1"),
        ({"rotated": True}, "one (conv2d)", "as if the kernel is rotated by 180 degrees"),
        ({"bias": False}, "one (conv2d)", "as if the bias is left out"),
    ],
)
def test_what_is_wrong_in_a_port_by_hand_is_named(frameworks, mistake, layer, diagnosis):
    model, ported = by_hand(frameworks, **{"padding": "valid", **mistake})
    found = [finding for finding in compare(model, ported, (2, 2, 6, 8)) if finding.differs]
    assert len(found) == 1
    assert found[0].original is not None
    assert f"{found[0].original.name} ({found[0].original.kind})" == layer
    assert found[0].ported is not None
    assert found[0].ported.diagnosis == diagnosis


def test_a_right_port_by_hand(frameworks):
    model, ported = by_hand(frameworks, padding="valid")
    findings = compare(model, ported, (2, 2, 6, 8))
    assert not any(finding.differs for finding in findings)
    assert [finding.original.kind for finding in findings if finding.original is not None] == [
        "conv2d", "batch_norm", "relu", "conv2d", "relu", "conv_transpose2d", "concat",
    ]  # fmt: skip
    assert findings[1].ported is not None
    assert findings[1].ported.name.startswith("batch_normalization")


def test_a_layer_that_is_missing_is_where_the_models_part(frameworks):
    model, ported = by_hand(frameworks, padding="valid", relu=False)
    *before, last = compare(model, ported, (2, 2, 6, 8))
    assert not any(finding.differs for finding in before)
    assert len(before) == 2
    assert last.differs
    assert str(last).startswith("after norm (batch_norm) the models part: relu (relu) comes in the first, conv2d_")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("keras", SHAPE), "is one of Keras already"),
        (("jax", SHAPE), "there is no framework 'jax'"),
        (("pytorch", (3, 8, 12)), "neither an array"),
        (("pytorch", (0, 3, 8, 12)), "neither an array"),
        (("pytorch", np.ones((3, 8, 12))), "no array"),
        (("pytorch", np.ones(SHAPE, np.int64)), "no array"),
    ],
)
def test_wrong_arguments(frameworks, arguments, message):
    with pytest.raises(TranslationError, match=message):
        port(keras_model(frameworks.keras), *arguments)


def test_other_objects():
    with pytest.raises(TranslationError, match="a dict is no layer of PyTorch, Keras or TensorFlow"):
        port({}, "keras", SHAPE)


@pytest.mark.parametrize("fault", ["kernel-rotated", "batch-norm-epsilon", "padding-one-off", "concat-order"])
def test_a_wrong_port_is_not_returned(frameworks, monkeypatch, fault):
    honest = keras_side.write
    chosen = []

    def broken(network, weights):
        planted = plant(FAULTS[fault], network, weights)
        assert planted is not None
        chosen.append(planted[0])
        return honest(*planted[1:])

    monkeypatch.setattr(keras_side, "write", broken)
    with pytest.raises(
        TranslationError, match=r"its port to Keras differs, on an input of shape .*, first in layer "
    ) as caught:
        port(torch_model(frameworks.torch), "keras", SHAPE)
    assert f"first in layer {chosen[0]} (" in str(caught.value)


def test_changed_weights_are_not_returned(frameworks, monkeypatch):
    """By less than rounding, so that no output tells."""
    honest = keras_side.write

    def broken(network, weights):
        kernel = weights["last.kernel"].copy()
        kernel[0, 0, 0, 0] = np.nextafter(kernel[0, 0, 0, 0], np.float32(9))
        return honest(network, {**weights, "last.kernel": kernel})

    monkeypatch.setattr(keras_side, "write", broken)
    with pytest.raises(TranslationError, match=r"the weights of last\.kernel are not those of the original"):
        port(torch_model(frameworks.torch), "keras", SHAPE)


def test_a_model_that_does_not_call_its_layers_so_is_noticed(frameworks):
    """Traced once, it computes something else when it is called."""
    torch = frameworks.torch

    class Fickle(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.conv, self.calls = torch.nn.Conv2d(3, 1, 1), 0

        def forward(self, x):
            self.calls += 1
            return torch.relu(self.conv(x)) if self.calls == 1 else torch.sigmoid(self.conv(x))

    with pytest.raises(
        TranslationError, match="Fickle computes something else from call to call, which is not followed"
    ):
        port(Fickle().eval(), "keras", SHAPE)


def test_importing_imports_no_framework():
    program = "import sys, harness.porting.networks; sys.exit(len({'torch', 'keras', 'tensorflow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
