"""A port is right at every size that it takes, or there is none; what is not followed is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from harness.porting import TranslationError, compare, port, to_tensorflow
from harness.porting.layers.live_layers import owner_of
from harness.porting.networks import porting as module
from harness.porting.networks.compare import drawn_input, side

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:Using padding='same'", "ignore::FutureWarning"
)
SIZES = [(1, 7, 7), (2, 8, 8), (1, 9, 12), (3, 16, 13)]


def called(model, x):
    """The model's own output, (N, C, H, W), by no code of the harness."""
    owner = owner_of(model)
    if owner == "pytorch":
        import torch

        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()
    import tensorflow as tf

    return np.asarray(model(tf.constant(x.transpose(0, 2, 3, 1)))).transpose(0, 3, 1, 2)


def whole(shape):
    """Integers, of which sums are exact."""
    return np.round(3 * drawn_input(shape)).astype(np.float32)


def with_integers(keras, model):
    model.set_weights([whole(array.shape) for array in model.get_weights()])
    return model


def strided(keras):
    layers = keras.layers
    return {
        "conv": [layers.Conv2D(4, 3, strides=2, padding="same")],
        "pool": [layers.MaxPooling2D(3, strides=2, padding="same")],
        "wide": [layers.Conv2D(2, (5, 2), strides=(3, 2), padding="same", activation="relu")],
        "short": [layers.Conv2D(2, (2, 1), strides=(3, 2), padding="same")],
        "padded": [layers.ZeroPadding2D(((1, 0), (2, 1))), layers.Conv2D(2, 3, strides=2, padding="same")],
        "twice": [layers.Conv2D(4, 3, 2, padding="same"), layers.ReLU(), layers.MaxPooling2D(2, padding="same")],
    }


@pytest.mark.parametrize("name", ["conv", "pool", "wide", "short", "padded", "twice"])
def test_same_with_strides_is_right_at_every_size(frameworks, name):
    """There, back from there, and from a module of TensorFlow; exactly."""
    keras = frameworks.keras
    model = with_integers(keras, keras.Sequential([keras.Input((None, None, 3)), *strided(keras)[name]]))
    torch_model = port(model, "pytorch", (1, 3, 7, 7))
    ports = [torch_model, port(torch_model, "keras", (1, 3, 7, 7)), port(model, "tensorflow", (1, 3, 7, 7))]
    for n, height, width in SIZES:
        x = whole((n, 3, height, width))
        for each in ports:
            assert np.array_equal(called(each, x), called(model, x))
        assert not [str(one) for one in compare(model, torch_model, x.shape) if one.differs]


def same_by_hand(torch):
    """As one writes it: padding of the input by its size, on both axes."""
    nn, functional = torch.nn, torch.nn.functional

    class Same(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3, stride=2)

        def forward(self, x):
            sides = []
            for n in (x.shape[-1], x.shape[-2]):
                total = 3 - 1 - (n - 1) % 2
                sides += [total // 2, total - total // 2]
            return self.conv(functional.pad(x, sides))

    return Same().eval()


def test_padding_by_size_is_same_where_it_is(frameworks):
    model = same_by_hand(frameworks.torch)
    there = port(model, "keras", (1, 3, 8, 8))
    assert [layer.padding for layer in there.layers[1:]] == ["same"]
    assert not any(one.differs for n in (7, 8) for one in compare(model, there, (1, 3, n, 9)))


def sized(torch):
    nn, functional = torch.nn, torch.nn.functional

    class Multiple(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.c = nn.Conv2d(3, 2, 3)

        def forward(self, x):
            h, w = x.shape[-2:]
            return self.c(functional.pad(x, (0, -w % 8, 0, -h % 8)))

    class Sized(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.d, self.u = nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 3, 3, 2, 1)

        def forward(self, x):
            return self.u(self.d(x), output_size=x.size()[-2:])

    class Cut(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.d, self.u = nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 3, 4, 2, 1)

        def forward(self, x):
            up = self.u(self.d(x))
            return torch.cat([up[:, :, : x.shape[2], : x.shape[3]], x], 1)

    class Grown(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.d, self.u = nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 3, 3, 2, 1)

        def forward(self, x):
            up = self.u(self.d(x))
            rows, columns = x.size(2) - up.size(2), x.size(3) - up.size(3)
            up = functional.pad(up, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
            return torch.cat([up, x], dim=1)

    return {one.__name__: one().eval() for one in (Multiple, Sized, Cut, Grown)}


@pytest.mark.parametrize("to", ["keras", "tensorflow"])
@pytest.mark.parametrize(
    ("name", "size"), [("Multiple", 16), ("Multiple", 13), ("Sized", 7), ("Sized", 8), ("Cut", 7), ("Grown", 8)]
)
def test_what_follows_the_size_is_right_at_that_size_and_raises_at_others(frameworks, name, size, to):
    model = sized(frameworks.torch)[name]
    there = port(model, to, (1, 3, size, size))
    for batch in (1, 3):
        x = drawn_input((batch, 3, size, size)).astype(np.float32)
        assert called(there, x).shape == called(model, x).shape
        assert not any(one.differs for one in compare(model, there, x))
    with pytest.raises((ValueError, frameworks.tf.errors.InvalidArgumentError), match=f"{size}"):
        called(there, drawn_input((1, 3, size + 1, size + 1)).astype(np.float32))
    back = port(there, "pytorch", (1, 3, size, size))
    with pytest.raises(AssertionError, match=f"this network was ported for heights of {size} alone"):
        called(back, drawn_input((1, 3, size + 1, size)).astype(np.float32))


def test_an_output_size_that_is_the_same_at_every_size(frameworks):
    """Twice the input, which no size of the input makes another padding."""
    torch = frameworks.torch

    class Twice(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.up = torch.nn.ConvTranspose2d(3, 2, 3, 2, 1)

        def forward(self, x):
            return self.up(x, output_size=[2 * x.shape[2], 2 * x.shape[3]])

    model = Twice().eval()
    there = port(model, "keras", (1, 3, 5, 6))
    for shape in ((1, 3, 5, 6), (2, 3, 8, 7)):
        assert not any(one.differs for one in compare(model, there, shape))


def test_a_model_of_one_size_has_a_port_of_one_size(frameworks):
    keras = frameworks.keras
    for batch in (None, 2):
        inputs = keras.Input((7, 6, 3), batch)
        model = keras.Model(inputs, keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs))
        there = port(model, "pytorch", (2, 3, 7, 6))
        called(there, drawn_input((2, 3, 7, 6)).astype(np.float32))
        with pytest.raises(AssertionError, match="widths of 6 alone"):
            called(there, drawn_input((2, 3, 7, 7)).astype(np.float32))


def test_a_port_that_is_wrong_at_another_size_alone_is_not_returned(frameworks, monkeypatch):
    """As one that takes the padding from the example: the shape is right, the values are those of another pixel."""
    keras = frameworks.keras
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, 2, "same", name="c")])
    honest = side("pytorch").write

    def baked(network, weights):
        node = network.nodes[0]
        return honest(network.with_node(type(node)("c", node.inputs, node.operation.at((7, 7)))), weights)

    monkeypatch.setattr(side("pytorch"), "write", baked)
    monkeypatch.setattr(module, "OTHERS", 2)
    with pytest.raises(
        TranslationError, match=r"its port to PyTorch differs, on an input of shape \[2, 3, 8, 10\], first in layer c"
    ):
        port(model, "pytorch", (1, 3, 7, 7))


def test_crops_and_slices_are_read_however_they_are_written(frameworks):
    """Right ports by hand, none of which is called wrong."""
    torch, keras = frameworks.torch, frameworks.keras
    nn, layers = torch.nn, keras.layers
    functional = nn.functional
    model = nn.Sequential(nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.ReLU()).eval()

    class Sliced(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self, cut):
            super().__init__()
            self.up, self.cut = nn.ConvTranspose2d(3, 2, 4, 2), cut
            self.up.load_state_dict(model[0].state_dict())

        def forward(self, x):
            return torch.relu(self.cut(self.up(x)))

    inputs = keras.Input((None, None, 3))
    up = layers.Conv2DTranspose(2, 4, strides=2)
    full = up(inputs)
    up.set_weights([model[0].weight.detach().numpy().transpose(2, 3, 1, 0), model[0].bias.detach().numpy()])
    nested = keras.Sequential([keras.Input((None, None, 2)), layers.Cropping2D(1), layers.ReLU()])
    ports = [
        Sliced(lambda y: y[:, :, 1:-1, 1:-1]),
        Sliced(lambda y: y[..., 1:-1, 1:-1]),
        Sliced(lambda y: functional.pad(y, (-1, -1, -1, -1))),
        Sliced(lambda y: y[:, :, 1:, :-1][:, :, :-1, 1:]),
        nn.Sequential(nn.Sequential(Sliced(lambda y: y).up, nn.ZeroPad2d(-1)), nn.ReLU()),
        nn.Sequential(Sliced(lambda y: y).up, nn.ZeroPad2d(-1), nn.ReLU()),
        keras.Model(inputs, layers.ReLU()(layers.Cropping2D(1)(full))),
        keras.Model(inputs, layers.ReLU()(full[:, 1:-1, 1:-1])),
        keras.Model(inputs, nested(full)),
    ]
    for ported in ports:
        if owner_of(ported) == "pytorch":
            ported.eval()
        for one, other in ((model, ported), (ported, model)):
            assert not [str(found) for found in compare(one, other, (2, 3, 5, 6)) if found.differs]
    wrong = keras.Model(inputs, layers.ReLU()(layers.Cropping2D(((0, 2), (1, 1)))(full)))
    [found] = [one for one in compare(model, wrong, (2, 3, 5, 6)) if one.differs]
    assert "0 (conv_transpose2d)" in str(found) or "conv2d_transpose" in str(found)


def composed(frameworks):
    """Layers after a transposed convolution that look like what a translation composes, and are not one layer."""
    nn, keras, layers = frameworks.torch.nn, frameworks.keras, frameworks.keras.layers
    inputs = keras.Input((None, None, 3))

    def within(*steps):
        return keras.Sequential([inputs, keras.Sequential([inputs, *steps]), layers.ReLU()])

    return [
        within(layers.Conv2DTranspose(2, 3, strides=2, use_bias=False), layers.Cropping2D(1), layers.ZeroPadding2D(1)),
        within(layers.Conv2DTranspose(2, 3, strides=2, bias_initializer="ones"), layers.ZeroPadding2D(1)),
        within(layers.Conv2DTranspose(2, 3, strides=2, activation="sigmoid"), layers.Cropping2D(1)),
        nn.Sequential(nn.Sequential(nn.ConvTranspose2d(3, 2, 4, 2, bias=False), nn.ZeroPad2d(-1), nn.ZeroPad2d(1)), nn.ReLU()),
        nn.Sequential(nn.Sequential(nn.ConvTranspose2d(3, 2, 4, 2, 1), nn.ZeroPad2d(1)), nn.ReLU()),
    ]  # fmt: skip


@pytest.mark.parametrize("index", range(5))
def test_what_is_cut_off_or_biased_before_zeros_are_put_there_is_no_part_of_the_layer(frameworks, index):
    model = composed(frameworks)[index]
    there = port(model, "pytorch", (1, 3, 5, 6)) if index < 3 else port(model.eval(), "keras", (1, 3, 5, 6))
    x = drawn_input((2, 3, 7, 6)).astype(np.float32)
    assert not [str(one) for one in compare(model, there, x) if one.differs]
    assert np.array_equal(called(model, x) == 0, called(there, x) == 0)


def test_settings_computed_from_sizes_are_looked_at_in_small_images_too(frameworks):
    """A factor of h // (h // 2) is 2 from 4 rows on, and 3 for 3 rows."""
    torch = frameworks.torch

    class Scaled(torch.nn.Module):  # type: ignore[name-defined, misc]
        def forward(self, x):
            y = torch.relu(torch.nn.functional.max_pool2d(x, 2))
            return torch.nn.functional.interpolate(y, scale_factor=x.shape[2] // y.shape[2])

    there = port(Scaled().eval(), "keras", (1, 3, 16, 16))
    with pytest.raises(ValueError, match="expected shape"):
        called(there, drawn_input((1, 3, 3, 16)).astype(np.float32))


def test_settings_computed_from_the_batch_hold_for_that_batch_alone(frameworks):
    torch = frameworks.torch

    class Batched(torch.nn.Module):  # type: ignore[name-defined, misc]
        def forward(self, x):
            return torch.relu(torch.nn.functional.pad(x, [x.shape[0], 0]))

    model = Batched().eval()
    there = port(model, "tensorflow", (1, 3, 5, 6))
    with pytest.raises(frameworks.tf.errors.InvalidArgumentError, match="ported for batches of 1 alone"):
        called(there, drawn_input((2, 3, 5, 6)).astype(np.float32))
    with pytest.raises(TranslationError, match=r"layer x \(input\): it computes this for batches of 1 alone"):
        port(model, "keras", (1, 3, 5, 6))


def test_what_translations_return_is_read_in_every_framework(frameworks):
    torch = frameworks.torch
    layer = torch.nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, groups=2)
    model = torch.nn.Sequential(layer).eval()
    made = to_tensorflow(layer)
    assert not any(one.differs for one in compare(model, made, (1, 4, 5, 5)))
    assert not any(one.differs for one in compare(made, port(made, "keras", (1, 4, 5, 5)), (2, 4, 6, 5)))


def test_the_layer_is_named_where_inputs_of_a_concatenation_are_swapped(frameworks):
    """Of the same kinds, so that only the order of the branches tells them apart."""
    keras, layers = frameworks.keras, frameworks.keras.layers

    def made(order):
        inputs = keras.Input((None, None, 2))
        one, two = layers.Conv2D(3, 3, padding="same", name="one"), layers.Conv2D(3, 1, name="two")
        branches = [one(inputs), two(inputs)]
        model = keras.Model(inputs, layers.ReLU()(layers.Concatenate(name="cat")(branches[::order])))
        for layer in (one, two):
            layer.set_weights([whole(array.shape) for array in layer.get_weights()])
        return model

    [found] = [one for one in compare(made(1), made(-1), (1, 2, 6, 6)) if one.differs]
    assert str(found).startswith("cat (concat): diverges")
    assert "joined in the order 2, 1" in str(found)
