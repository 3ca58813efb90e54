"""Live layers in this process: weights, refusals, and round trips in every direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from harness.porting import TranslationError, to_keras, to_pytorch, to_tensorflow, translate
from harness.porting.layers import code
from harness.porting.layers import live_translation as live
from harness.porting.layers.live_layers import call_of, owner_of, read_live
from harness.quality.benchmarks.random_layers import calls
from harness.quality.benchmarks.translation import DIRECTIONS

ROUND_TRIPS = 25
MOST_DRAWN = 400
LIMITS = (
    "Keras documents strides > 1 together with dilation_rate > 1",
    "Keras documents different dilation rates",
    "could not create a primitive descriptor",
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def integers(generator, shape):
    return generator.integers(-8, 9, size=shape).astype(np.float32)


def torch_layer(frameworks, text, seed=0):
    """The layer with integer weights, with which every sum is exact."""
    torch = frameworks.torch
    layer = eval(text, {"ConvTranspose2d": torch.nn.ConvTranspose2d})
    generator = np.random.default_rng(seed)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(torch.from_numpy(integers(generator, weight.shape)))
    return layer


def keras_layer(frameworks, text, in_channels, seed=0):
    layer = eval(text, {"Conv2DTranspose": frameworks.keras.layers.Conv2DTranspose})
    layer.build((None, None, None, in_channels) if layer.data_format == "channels_last" else (None, in_channels, 4, 4))
    generator = np.random.default_rng(seed)
    layer.set_weights([integers(generator, weight.shape) for weight in layer.get_weights()])
    return layer


def started(frameworks, source, drawn):
    """A live layer of ``source``; one of TensorFlow is itself a translation, as it reads no other."""
    if source == "keras":
        return keras_layer(frameworks, drawn.text, drawn.in_channels)
    layer = torch_layer(frameworks, drawn.text)
    return layer if source == "pytorch" else to_tensorflow(layer)


def output(layer, case, x):
    """The output of a live layer on (N, C, H, W) data, as (N, C, H, W)."""
    layout = read_live(layer).case.layout
    assert layout is not None
    y = call_of(owner_of(layer), layer)(np.ascontiguousarray(x.transpose(["NCHW".index(c) for c in layout])))
    return y.transpose([layout.index(c) for c in "NCHW"])


@pytest.mark.parametrize(("source", "to"), DIRECTIONS)
def test_round_trips_give_the_starting_outputs(source, to, frameworks):
    done: list[Any] = []

    @settings(
        max_examples=MOST_DRAWN,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(calls("keras" if source == "keras" else "pytorch"))
    def check(drawn):
        if len(done) == ROUND_TRIPS or drawn.text.startswith("F."):
            return
        try:
            start = started(frameworks, source, drawn)
            between = translate(start, to)
            end = translate(between, source)
        except TranslationError as error:
            if not any(limit in str(error) for limit in LIMITS):
                raise
            return
        case = read_live(start).case
        x = integers(np.random.default_rng(1), (2, case.in_channels, 7, 9))
        assert np.array_equal(output(start, case, x), output(between, case, x)), drawn
        assert np.array_equal(output(start, case, x), output(end, case, x)), drawn
        done.append(drawn)

    check()
    assert len(done) == ROUND_TRIPS


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("through", [to_keras, to_tensorflow])
def test_weights_come_back_bit_by_bit(frameworks, groups, through):
    torch = frameworks.torch
    layer = torch.nn.ConvTranspose2d(4, 6, (3, 2), 2, 1, 1, groups=groups)
    back = to_pytorch(through(layer))
    assert isinstance(back, torch.nn.ConvTranspose2d)
    assert back.weight.detach().numpy().tobytes() == layer.weight.detach().numpy().tobytes()
    assert torch.equal(back.bias, layer.bias)
    assert (back.stride, back.padding, back.output_padding, back.groups) == ((2, 2), (1, 1), (1, 1), groups)


def test_weights_are_copied_and_not_shared(frameworks):
    torch = frameworks.torch
    layer = torch.nn.ConvTranspose2d(2, 3, 3)
    made = [to_keras(layer).get_weights()[0], to_tensorflow(layer).kernel.numpy()]
    copies = [weight.copy() for weight in made]
    with torch.no_grad():
        layer.weight.zero_()
    assert all(np.array_equal(*pair) and np.any(pair[0]) for pair in zip(made, copies, strict=True))


def test_translated_layers_can_be_trained(frameworks):
    tf, torch = frameworks.tf, frameworks.torch
    layer = torch.nn.ConvTranspose2d(2, 3, 3, 2, 1, 1)
    module, model = to_tensorflow(layer), to_keras(layer)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(module(tf.ones((1, 4, 4, 2)))) + tf.reduce_sum(model(tf.ones((1, 4, 4, 2))))
    variables = [*module.trainable_variables, *model.trainable_variables]
    assert len(variables) == 4
    assert all(gradient is not None for gradient in tape.gradient(loss, variables))
    back = to_pytorch(model)
    back(torch.ones(1, 2, 4, 4)).sum().backward()
    assert all(weight.grad is not None for weight in back.parameters())


def test_a_translated_module_runs_in_a_graph(frameworks):
    tf = frameworks.tf
    module = to_tensorflow(torch_layer(frameworks, "ConvTranspose2d(2, 3, 3, 2, 1, 1, groups=1)"))
    x = tf.reshape(tf.range(2 * 4 * 5 * 2, dtype=tf.float32), (2, 4, 5, 2))
    graph = tf.function(module, input_signature=[tf.TensorSpec((None, None, None, 2), tf.float32)])
    assert np.array_equal(graph(x).numpy(), module(x).numpy())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda f: f.torch.nn.Conv2d(1, 2, 3), "Conv2d"),
        (lambda f: f.torch.nn.LazyConvTranspose2d(2, 3), "no weights yet"),
        (lambda f: f.torch.nn.ConvTranspose2d(1, 2, 3).to(f.torch.bfloat16), "bfloat16"),
        (lambda f: f.torch.nn.Sequential(f.torch.nn.ConvTranspose2d(1, 2, 3), f.torch.nn.ReLU()), "ReLU"),
        (lambda f: f.torch.nn.Sequential(f.torch.nn.ConvTranspose2d(1, 2, 3), f.torch.nn.ZeroPad2d(1)), "after a bias"),
        (lambda f: f.torch.nn.ConvTranspose2d(1, 2, 3, output_padding=1), "breaks a rule of its framework"),
        (lambda f: f.keras.layers.Conv2DTranspose(2, 3), "build it"),
        (lambda f: f.keras.Sequential([f.keras.Input((4, 4, 1)), f.keras.layers.Conv2DTranspose(2, 3, activation="relu")]), "activation relu"),
        (lambda f: f.keras.Sequential([f.keras.Input((4, 4, 1)), f.keras.layers.Flatten()]), "holds 0 layers"),
        (lambda f: f.tf.Module(), "only modules made by to_tensorflow"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(frameworks, build, message):
    layer = build(frameworks)
    translation = to_keras if owner_of(layer) != "keras" else to_pytorch
    with pytest.raises(TranslationError, match=message):
        translation(layer)


def test_crops_in_an_order_that_loses_values_are_caught(frameworks):
    keras = frameworks.keras
    model = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            keras.layers.Conv2DTranspose(2, 3, use_bias=False),
            keras.layers.Cropping2D(1),
            keras.layers.ZeroPadding2D(1),
        ]
    )
    with pytest.raises(TranslationError, match="zeros are put where something was cut off before"):
        to_pytorch(model)


@pytest.mark.parametrize("fault", ["rotated", "bias"])
def test_a_wrong_live_translation_is_not_returned(frameworks, monkeypatch, fault):
    honest = code.make_layer

    def broken(text, w, b):
        return honest(text, *((w[:, :, ::-1, ::-1], b) if fault == "rotated" else (w, b + 1e-3)))

    monkeypatch.setattr(live, "make_layer", broken)
    with pytest.raises(TranslationError, match="its translation does not give the oracle's output"):
        to_keras(frameworks.torch.nn.ConvTranspose2d(2, 3, 3))


def test_a_translation_that_raises_is_not_returned(frameworks, monkeypatch):
    def raising(text, w, b):
        return lambda x: 1 / 0

    monkeypatch.setattr(live, "make_layer", raising)
    with pytest.raises(TranslationError, match=r"its translation raised on an input .*ZeroDivisionError"):
        to_keras(frameworks.torch.nn.ConvTranspose2d(2, 3, 3))
