"""What Keras' side reads, refuses and writes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from harness.porting import TranslationError
from harness.porting.networks.graph import Conv2d, ConvTranspose2d, MaxPool2d, Network, Node, Relu
from harness.porting.networks.keras import read, write
from harness.tests.porting.networks.samples import NETWORK, WEIGHTS, X, computed, drawn

SHAPE = (1, 3, 8, 8)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_every_kind_is_written_run_and_read(frameworks):
    reading = read(write(NETWORK, WEIGHTS), NETWORK.shape)
    assert (reading.network.input, reading.network.nodes) == (NETWORK.input, NETWORK.nodes)
    assert {name: array.tobytes() for name, array in reading.weights.items()} == {
        name: array.tobytes() for name, array in WEIGHTS.items()
    }
    answer = reading.run(X)
    honest = computed()
    assert {name: array.shape for name, array in answer.outputs.items()} == {
        name: array.shape for name, array in honest.items()
    }
    assert answer.called is not None
    assert np.array_equal(answer.called, answer.outputs["out"])


def models(keras):
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))

    def of(*steps):
        return keras.Sequential([keras.Input((8, 8, 3)), *steps])

    shared = layers.Conv2D(3, 1)

    class Own(keras.Model):  # type: ignore[name-defined, misc]
        def call(self, x):
            return x

    half = keras.DTypePolicy("mixed_bfloat16")
    return {
        "layer f (Lambda): is none of the kinds that are ported": of(layers.Lambda(lambda x: x, name="f")),
        "layer n (LayerNormalization): is none of the kinds": of(layers.LayerNormalization(name="n")),
        "layer d (DepthwiseConv2D): is none of the kinds": of(layers.DepthwiseConv2D(3, name="d")),
        "layer g (GlobalAveragePooling2D): is none of the kinds": of(layers.GlobalAveragePooling2D(name="g")),
        "layer a (AveragePooling2D): padding='same' is not ported: what is padded depends on the input's size": of(layers.AveragePooling2D(3, padding="same", name="a")),
        "layer a (Add): is none of the kinds": keras.Model(inputs, layers.Add(name="a")([inputs, inputs])),
        "(Relu): is none of the kinds": keras.Model(inputs, keras.ops.relu(inputs)),
        "layer c (Conv2D): the activation tanh is not ported": of(layers.Conv2D(1, 1, activation="tanh", name="c")),
        "layer t (Conv2DTranspose): the activation elu": of(layers.Conv2DTranspose(1, 1, activation="elu", name="t")),
        "layer a (Activation): the activation softmax": of(layers.Activation("softmax", name="a")),
        "layer c (Conv2D): data_format='channels_first'": of(layers.Conv2D(1, 1, data_format="channels_first", name="c")),
        "layer t (Conv2DTranspose): it reads NCHW": of(layers.Conv2DTranspose(1, 1, data_format="channels_first", name="t")),
        "layer c (Conv2D): computes in bfloat16 and holds float32": of(layers.Conv2D(1, 1, dtype=half, name="c")),
        "layer b (BatchNormalization): axis=1 is not ported": of(layers.BatchNormalization(axis=1, name="b")),
        "layer r (ReLU): max_value, negative_slope": of(layers.ReLU(max_value=6, name="r")),
        "layer u (UpSampling2D): interpolation='bicubic'": of(layers.UpSampling2D(interpolation="bicubic", name="u")),
        "layer c (Concatenate): axis=1 is not ported": keras.Model(inputs, layers.Concatenate(axis=1, name="c")([inputs, inputs])),
        "is called twice": keras.Model(inputs, shared(shared(inputs))),
        "(slice): only height and width are cut": keras.Model(inputs, layers.ReLU()(inputs)[:, :, :, 1:]),
        "layer n (BatchNormalization): is called with training=True": keras.Model(inputs, layers.BatchNormalization(name="n")(inputs, training=True)),
        "layer d (Dropout): is called with training=True": keras.Model(inputs, layers.Dropout(0.5, name="d")(layers.ReLU()(inputs), training=True)),
        "layer r (ReLU): computes in float16, where the weights are float32": of(layers.Conv2D(1, 1), layers.ReLU(name="r", dtype="float16")),
        "layer i (InputLayer): computes in float16, where the weights are float32": keras.Sequential([keras.Input((8, 8, 3), dtype="float16", name="i"), layers.Conv2D(1, 1)]),
        "layer d (Derived): is none of the kinds": of(type("Derived", (layers.ReLU,), {})(name="d")),
        "layer m (Doubled): overrides call()": type("Doubled", (keras.Model,), {"call": lambda self, x: 2 * x})(inputs, layers.ReLU()(inputs), name="m"),
        "Own does not say how its layers are joined": Own(),
        "Sequential does not say how its layers are joined": keras.Sequential([layers.ReLU()]),
        "several inputs or outputs": keras.Model(inputs, [layers.ReLU()(inputs), layers.ReLU()(inputs)]),
        "has no layer that could be ported": of(layers.Dropout(0.5)),
        "the weights are float16": of(layers.Conv2D(1, 1, dtype="float16")),
    }  # fmt: skip


def test_refusals_name_the_layer(frameworks):
    for message, model in models(frameworks.keras).items():
        with pytest.raises(TranslationError, match=re.escape(message)):
            read(model, SHAPE)


def test_same_with_strides_pads_by_the_size_of_what_it_reads(frameworks):
    keras = frameworks.keras
    model = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.ZeroPadding2D(((0, 1), (0, 0))),
            keras.layers.Conv2D(1, 3, 2, "same"),
        ]
    )
    [node] = read(model, SHAPE).network.nodes
    assert node.operation == Conv2d(3, 1, (3, 3), (2, 2), (1, 1), 1, ((0, 1), (0, 0)), same=True)
    even, odd = (node.operation.at((n, 8)) for n in (8, 7))
    assert (even.pads, odd.pads) == (((1, 2), (0, 1)), ((0, 2), (0, 1)))


def test_models_within_models_are_read_as_their_layers(frameworks):
    keras, layers = frameworks.keras, frameworks.keras.layers
    inner = keras.Sequential([keras.Input((None, None, 2)), layers.ReLU(name="r"), layers.Conv2D(2, 1, name="c")])
    inputs = keras.Input((None, None, 2))
    skip = keras.Model(inputs, layers.Concatenate(name="j")([inner(inputs), inputs]))
    model = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(2, 1, name="first"), skip, layers.ReLU(name="last")]
    )
    reading = read(model, SHAPE)
    assert [(node.name, node.inputs) for node in reading.network.nodes] == [
        ("first", (reading.network.input,)),
        ("r", ("first",)),
        ("c", ("r",)),
        ("j", ("c", "first")),
        ("last", ("j",)),
    ]
    answer = reading.run(drawn(SHAPE))
    assert answer.called is not None
    assert np.array_equal(answer.called, answer.outputs["last"])
    twice = keras.Sequential([keras.Input((None, None, 2)), inner, inner])
    with pytest.raises(TranslationError, match=r"layer c \(Conv2D\): is called twice"):
        read(twice, (1, 2, 8, 8))


def test_an_activation_within_a_layer_is_a_layer_of_its_own(frameworks):
    keras = frameworks.keras
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1, activation="relu", name="c")])
    reading = read(model, SHAPE)
    answer = reading.run(drawn(SHAPE))
    assert [(node.name, node.kind) for node in reading.network.nodes] == [("c", "conv2d"), ("c_relu", "relu")]
    assert np.min(answer.outputs["c"]) < 0
    assert np.array_equal(answer.outputs["c_relu"], np.maximum(answer.outputs["c"], 0))
    assert model.layers[0].activation is keras.activations.relu


def test_padding_in_words_where_a_word_holds_for_every_size(frameworks):
    operations = [
        (((1, 1), (1, 1)), (1, 1), ["Conv2D same"]),
        (((0, 0), (0, 0)), (2, 2), ["Conv2D valid"]),
        (((1, 1), (1, 1)), (2, 2), ["ZeroPadding2D", "Conv2D valid"]),
        (((2, 0), (1, 1)), (1, 1), ["ZeroPadding2D", "Conv2D valid"]),
    ]
    for pads, strides, expected in operations:
        node = Node("c", ("x",), Conv2d(3, 2, (3, 3), strides, (1, 1), 1, pads))
        network = Network("x", SHAPE, "float32", (node,))
        model = write(network, {"c.kernel": drawn((2, 3, 3, 3))})
        said = [f"{type(layer).__name__} {getattr(layer, 'padding', '')}" for layer in model.layers[1:]]
        assert [one.partition(" (")[0] for one in said] == expected
        assert read(model, SHAPE).network.nodes == (node,)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (MaxPool2d((3, 3), (2, 2), ((1, 1), (1, 1))), r"layer n \(max_pool2d\): MaxPooling2D has no padding but"),
        (
            Conv2d(3, 2, (3, 3), (2, 2), (2, 2), 1, ((0, 0), (0, 0))),
            r"layer n \(conv2d\): Keras refuses it: ValueError",
        ),
        (
            ConvTranspose2d(3, 2, (3, 3), (2, 2), (2, 2), 1, ((0, 0), (0, 0))),
            r"layer n \(conv_transpose2d\): Keras documents strides > 1 together with",
        ),
    ],
)
def test_what_keras_cannot_say(frameworks, operation, message):
    shape = (2, 3, 3, 3) if isinstance(operation, Conv2d) else (3, 2, 3, 3)
    with pytest.raises(TranslationError, match=message):
        write(Network("x", SHAPE, "float32", (Node("n", ("x",), operation),)), {"n.kernel": drawn(shape)})


def test_a_composed_transposed_convolution_comes_back(frameworks):
    operation = ConvTranspose2d(4, 2, (2, 3), (3, 2), (1, 1), 2, ((1, -2), (0, 2)))
    network = Network("x", (1, 4, 8, 8), "float32", (Node("up", ("x",), operation), Node("relu", ("up",), Relu())))
    for bias in ({}, {"up.bias": drawn((2,), 2)}):
        weights = {"up.kernel": drawn((4, 1, 2, 3), 1), **bias}
        reading = read(write(network, weights), network.shape)
        assert (reading.network.nodes, sorted(reading.weights)) == (network.nodes, sorted(weights))


def test_an_error_ends_the_answer(frameworks):
    keras = frameworks.keras
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.ReLU(name="r"), keras.layers.Conv2D(1, 3, name="c")]
    )
    answer = read(model, SHAPE).run(drawn((1, 4, 8, 8)))
    assert (list(answer.outputs), answer.called) == (["r"], None)
    assert answer.error
