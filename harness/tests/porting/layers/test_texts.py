"""The programs of a dozen typical layers, without running them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters.crops import Expression
from harness.adapters.keras import Keras
from harness.porting.layers.code import comment, header, pads_and_cuts
from harness.porting.layers.layer import Layer, TranslationError, probes
from harness.porting.layers.parse import read_layer
from harness.porting.layers.translation import WRITERS, adapter_of, draft_of
from harness.tests.build import make_case


def program(call, to, in_channels=None):
    """The route, and header and code of the translation as one text."""
    return written(read_layer(call, to, in_channels), to)


def written(layer, to):
    draft = draft_of(layer, to, probes(layer), adapter_of(to))
    return draft.expression.route, "\n".join([*header(draft, ["verified"]), *WRITERS[to](draft)])


K3 = "ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)"


@pytest.mark.parametrize(
    ("call", "to", "route", "lines"),
    [
        (
            K3,
            "keras",
            "composed",
            [
                'padding="same" has the right size and the wrong pixels: it crops (0, 1) rows and (0, 1) columns',
                "keras.layers.Conv2DTranspose(32, 3, strides=2)",
                "keras.layers.Cropping2D(((1, 0), (1, 0)))",
                "# IOHW (C_in, C_out, kH, kW) -> HWOI (kH, kW, C_out, C_in), not rotated",
                "layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])",
                "x.transpose(0, 2, 3, 1) on the way in, y.transpose(0, 3, 1, 2) on the way out",
            ],
        ),
        (
            "ConvTranspose2d(64, 32, 4, stride=2, padding=1)",
            "keras",
            "native",
            ["keras.layers.Conv2DTranspose(32, 4, strides=2, padding='same')", "return layer"],
        ),
        (
            "ConvTranspose2d(64, 32, 2, stride=2, bias=False)",
            "keras",
            "native",
            ["Conv2DTranspose(32, 2, strides=2, padding='same', use_bias=False)", "[kernel.transpose(2, 3, 1, 0)]"],
        ),
        (
            "ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1, groups=2)",
            "keras",
            "composed",
            ["keras.ops.split(inputs, 2, axis=-1)", "Conv2DTranspose(4, 3, strides=2)", "Cropping2D(((1, 0), (1, 0)))"],
        ),
        (
            "ConvTranspose2d(4, 8, 3, stride=2, padding=1)",
            "keras",
            "native",
            ["Conv2DTranspose(8, 3, strides=2, padding='same', output_padding=0)"],
        ),
        (
            "ConvTranspose2d(4, 8, 2, dilation=3, output_padding=(2, 0))",
            "keras",
            "composed",
            ["ZeroPadding2D(((0, 2), (0, 0)))", "class AddBias", "model.layers[-1].set_weights([bias])"],
        ),
        (
            "ConvTranspose2d(4, 8, 3, 2, 1, 1, dtype=torch.float64)",
            "keras",
            "composed",
            ["dtype='float64'", "Cropping2D(((1, 0), (1, 0)), dtype='float64')", "keras.Input((None, None, 4), dtype"],
        ),
        (
            K3,
            "tensorflow",
            "native",
            [
                "shape = [batch, 2 * height, 2 * width, 32]",
                "padding=[(0, 0), (1, 0), (1, 0), (0, 0)]",
                "return tf.nn.bias_add(y, self.bias)",
            ],
        ),
        (
            "ConvTranspose2d(64, 32, 3, padding=1, dilation=2, bias=False)",
            "tensorflow",
            "composed",
            ["shape = [batch, height + 4, width + 4, 32]", "dilations=2)", "y = y[:, 1:-1, 1:-1]", "    return y"],
        ),
        (
            "Conv2DTranspose(32, 3, strides=2, padding='same')",
            "pytorch",
            "composed",
            [
                "torch.nn.ConvTranspose2d(64, 32, 3, stride=2)",
                "torch.nn.ZeroPad2d((0, -1, 0, -1))",
                "# HWOI (kH, kW, C_out, C_in) -> IOHW (C_in, C_out, kH, kW), not rotated",
                "kernel.transpose(3, 2, 0, 1)",
            ],
        ),
        (
            "Conv2DTranspose(32, (5, 4), strides=(1, 2), padding='same', data_format='channels_first')",
            "pytorch",
            "native",
            [
                "ConvTranspose2d(64, 32, (5, 4), stride=(1, 2), padding=(2, 1))",
                "data are NCHW in both",
                "the output is as",
            ],
        ),
        (
            "Conv2DTranspose(32, 3, strides=2, padding='same', use_bias=False)",
            "tensorflow",
            "native",
            ["strides=2, padding='SAME')", "the kernel is HWOI (kH, kW, C_out, C_in) in both", "(3, 3, 32, 64)"],
        ),
        (
            "tf.nn.conv2d_transpose([1, 4, 4, 64], [4, 4, 32, 64], [1, 8, 8, 32], strides=2)",
            "pytorch",
            "native",
            ["ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False)", "the size of its input, (4, 4)"],
        ),
        (
            "tf.nn.conv2d_transpose([1, 4, 4, 64], [4, 4, 32, 64], [1, 8, 8, 32], strides=2)",
            "keras",
            "native",
            ["Conv2DTranspose(32, 4, strides=2, padding='same', use_bias=False)"],
        ),
    ],
)
def test_typical_layers(call, to, route, lines):
    found, text = program(call, to, 64 if call.startswith("Conv2D") else None)
    assert found == route
    for line in lines:
        assert line in text


@pytest.mark.parametrize("call", ["ConvTranspose2d(1, 2, 4, 2, 1)", "ConvTranspose2d(1, 2, 3)"])
def test_same_is_only_called_wrong_where_it_has_the_size_and_other_crops(call):
    assert "wrong pixels" not in program(call, "keras")[1]
    assert "wrong pixels" not in program(call, "tensorflow")[1]


def test_parameters_that_change_with_the_input_are_refused():
    class Fickle(Keras):
        def express(self, case, geometry):
            expression = super().express(case, geometry)
            assert isinstance(expression, Expression)
            return replace(expression, call={**expression.call, "filters": geometry.height.n})

    layer = read_layer(K3, "keras")
    with pytest.raises(TranslationError, match="keras needs other parameters for other input sizes"):
        draft_of(layer, "keras", probes(layer), Fickle())


def test_a_target_that_needs_no_input_channels_does_not_name_the_stand_in():
    _, text = program("Conv2DTranspose(32, 5)", "tensorflow")
    assert "kernel (5, 5, 32, C_in)" in text
    assert "From (N, H, W, C_in) to 32 channels" in text
    assert "the number of input channels does not matter here; verified with 3" in text


def test_a_late_bias_in_pytorch_reaches_appended_zeros():
    case = make_case(padding=((-1, 2), (0, -3)), bias=True)
    route, text = written(Layer(case, None, "file::id"), "pytorch")
    assert route == "composed"
    assert "torch.nn.ZeroPad2d((0, 3, 1, 0))" in text
    assert "torch.nn.ZeroPad2d((0, 0, 0, -2))" in text
    assert "AddBias(bias)" in text
    assert "bias=False" in text


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("ConvTranspose2d(1, 2, 3, stride=2, dilation=2)", "strides > 1 together with dilation_rate > 1"),
        ("ConvTranspose2d(1, 2, 3, dilation=(1, 2))", "different dilation rates per axis"),
        ("ConvTranspose2d(1, 2, 3, dilation=2, dtype=torch.float64)", "dilate only in float32"),
    ],
)
def test_what_keras_cannot_say_is_refused_with_the_reason(call, reason):
    with pytest.raises(TranslationError, match=reason):
        program(call, "keras")


def test_a_layer_already_in_the_target_is_refused():
    layer = Layer(make_case(dialect="keras"), "keras", "x")
    with pytest.raises(TranslationError, match="already"):
        written(layer, "keras")


def test_a_call_cannot_leave_its_comment():
    _, text = program("ConvTranspose2d(1,\n\n  2,\n3)", "keras")
    assert text.splitlines()[0] == "# PyTorch: ConvTranspose2d(1, 2, 3)"
    assert all(line.startswith("#") for line in comment("x\nimport os " * 30))


def test_a_crop_is_zeros_and_cuts():
    assert pads_and_cuts(((1, 0), (0, 2))) == (None, ((1, 0), (0, 2)))
    assert pads_and_cuts(((-1, 0), (0, 0))) == (((1, 0), (0, 0)), None)
    assert pads_and_cuts(((-1, 2), (3, -4))) == (((1, 0), (0, 4)), ((0, 2), (3, 0)))
    assert pads_and_cuts(((0, 0), (0, 0))) == (None, None)
