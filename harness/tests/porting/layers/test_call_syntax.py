"""Reading calls: every accepted spelling, and one clear message for everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from harness.core.errors import BadInputError
from harness.porting.layers.call_syntax import read_call
from harness.porting.layers.parse import read_layer
from harness.porting.layers.signatures import KERAS_LAYER, REQUIRED, TF_FUNCTION, TORCH_FUNCTION, TORCH_LAYER

TF = "tf.nn.conv2d_transpose([1, 4, 4, 2], [3, 3, 5, 2], [1, 8, 8, 5], {})"


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("ConvTranspose2d(2, 3, 4)", TORCH_LAYER),
        ("nn.ConvTranspose2d(2, 3, 4)", TORCH_LAYER),
        ("  torch.nn.ConvTranspose2d(2,\n  3, 4)", TORCH_LAYER),
        ("F.conv_transpose2d([1, 2, 3, 3], [2, 3, 1, 1])", TORCH_FUNCTION),
        ("torch.nn.functional.conv_transpose2d([1, 2, 3, 3], [2, 3, 1, 1])", TORCH_FUNCTION),
        ("Conv2DTranspose(3, 4)", KERAS_LAYER),
        ("layers.Conv2DTranspose(3, 4)", KERAS_LAYER),
        ("keras.layers.Conv2DTranspose(3, 4)", KERAS_LAYER),
        ("tf.keras.layers.Conv2DTranspose(3, 4)", KERAS_LAYER),
        ("keras.layers.Convolution2DTranspose(3, 4)", KERAS_LAYER),
        (TF.format("2"), TF_FUNCTION),
        ("nn.conv2d_transpose([1, 4, 4, 2], [3, 3, 5, 2], [1, 8, 8, 5], 2)", TF_FUNCTION),
    ],
)
def test_spellings(text, signature):
    assert read_call(text).signature is signature


def test_positional_arguments_stand_in_the_documented_order():
    call = read_call("ConvTranspose2d(1, 2, 3, 4, 5, 6, 7, False, 8, 'zeros', None, torch.double)")
    order = ["in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias"]
    order += ["dilation", "padding_mode", "device", "dtype"]
    assert [call.values[name] for name in order] == [1, 2, 3, 4, 5, 6, 7, False, 8, "zeros", None, "float64"]


SIGNATURES = """
import inspect, json, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, tensorflow, torch
found = {
    "ConvTranspose2d": torch.nn.ConvTranspose2d, "Conv2DTranspose": keras.layers.Conv2DTranspose,
    "conv2d_transpose": tensorflow.nn.conv2d_transpose,
}
print(json.dumps({
    name: [[p.name, repr(p.default)] for p in inspect.signature(target).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    for name, target in found.items()
}))
"""


def test_parameters_and_defaults_are_those_of_the_installed_packages():
    if any(find_spec(name) is None for name in ("keras", "tensorflow", "torch")):
        pytest.skip("needs all frameworks")
    done = subprocess.run([sys.executable, "-c", SIGNATURES], capture_output=True, text=True, check=True)
    installed = json.loads(done.stdout.splitlines()[-1])
    for signature in (TORCH_LAYER, KERAS_LAYER, TF_FUNCTION):
        ours = [name for name in signature.parameters if name not in signature.keyword_only]
        theirs = dict(installed[signature.name])
        assert ours == list(theirs)
        for name in ours:
            default = signature.parameters[name]
            accepted = {repr(default), repr((default, default))}
            if default is REQUIRED:
                accepted = {"<class 'inspect._empty'>"}
            assert theirs[name] in accepted or name in signature.without_effect, name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is no Python expression", "write one of"]),
        ("ConvTranspose2d(1, 2", ["is no Python expression"]),
        ("ConvTranspose2d", ["is no call"]),
        ("Conv2d(1, 2, 3)", ["Conv2d: is no transposed convolution", "write one of"]),
        ("nn.ConvTranspose2D(1, 2, 3)", ["is no transposed convolution", "did you mean nn.ConvTranspose2d?"]),
        ("os.system('true')", ["os.system: is no transposed convolution"]),
        ("keras.layers.Conv2DTranspose(64, 3)(x)", ["is no plain name"]),
        ("ConvTranspose2d(1, 2)", ["ConvTranspose2d: kernel_size is missing"]),
        ("ConvTranspose2d(1, 2, 3, strides=2)", ["strides: is no parameter", "did you mean stride?"]),
        ("ConvTranspose2d(1, 2, 3, in_channels=1)", ["in_channels: is given twice"]),
        ("ConvTranspose2d(1, 2, 3, **more)", ["** has no literal value"]),
        ("ConvTranspose2d(1, 2, 3, 1, 0, 0, 1, True, 1, 'zeros', None, None, 7)", ["at most 12 positional"]),
        ("ConvTranspose2d(channels, 2, 3)", ["in_channels: channels is not written out"]),
        ("ConvTranspose2d(2, 2, 3, stride=2.0)", ["stride: expected a whole number or a pair of them, not 2.0"]),
        ("ConvTranspose2d(2, 2, (3, 3, 3))", ["kernel_size: expected a whole number or a pair"]),
        ("ConvTranspose2d(2, 2, True)", ["kernel_size: expected a whole number"]),
        ("ConvTranspose2d(2, 2, 3, padding='same')", ["padding: expected a whole number"]),
        ("ConvTranspose2d(2, 2, 3, padding_mode='reflect')", ["padding_mode", "zeros only, not 'reflect'"]),
        ("ConvTranspose2d(2, 2, 3, device='cuda')", ["device", "leave it out"]),
        ("ConvTranspose2d(2, 2, 3, dtype=torch.bfloat16)", ["dtype: expected one of float64, float32, float16"]),
        ("ConvTranspose2d(2, 2, 3, bias=None)", ["bias: expected True or False"]),
        ("ConvTranspose2d(2, 3, 3, groups=2)", ["groups: groups=2 does not divide out_channels=3"]),
        ("ConvTranspose2d(2, 2, 3, output_padding=1)", ["output_padding 1 is not in [0, max(stride, dilation))"]),
        ("ConvTranspose2d(2, 2, 0)", ["kernel_size [0, 0] has an entry below 1"]),
        ("ConvTranspose2d(2, 2, 3, padding=-1)", ["padding -1 is negative"]),
        ("F.conv_transpose2d([1, 2, 3, 3], [4, 3, 1, 1])", ["weight: has 4 input channels, the input 2"]),
        ("F.conv_transpose2d(x, [4, 3, 1, 1])", ["input: x is not written out", "write its shape"]),
        ("F.conv_transpose2d([1, 2, 3, 3], [2, 3, 1, 1], [2])", ["bias: expected None or the shape [3]"]),
        ("Conv2DTranspose(3, 4, activation='relu')", ["activation: 'relu' changes the output", "apply it"]),
        ("Conv2DTranspose(3, 4, activation=keras.activations.relu)", ["activation", "leave it out, and apply it"]),
        ("Conv2DTranspose(3, 4, padding='full')", ["padding: expected 'valid' or 'same', not 'full'"]),
        ("Conv2DTranspose(3, 4, data_format='NCHW')", ["data_format: expected"]),
        ("Conv2DTranspose(3, 4, strides=2, dilation_rate=2)", ["strides > 1 together with dilation_rate > 1"]),
        ("Conv2DTranspose(3, 4, strides=2, output_padding=2)", ["output_padding 2 is not in [0, stride)"]),
        ("Conv2DTranspose(3, 4, input_shape=(4, 4))", ["input_shape: expected three entries"]),
        (TF.format("strides=[2, 2, 2, 1]"), ["strides: [2, 2, 2, 1] is not 1 for batch and channels"]),
        (TF.format("2, padding='same'"), ["padding: expected 'SAME', 'VALID' or four pairs"]),
        (TF.format("2, padding=[[0, 0], [1, 1], [0, 0], [1, 0]]"), ["padding: expected 'SAME', 'VALID' or four"]),
        (TF.format("3"), ["output_size: no convolution turns an output of 8 back into the input"]),
        ("F.conv_transpose2d([1, 2, 1, 9], [2, 3, 3, 3], padding=3)", ["the output would have -3 elements"]),
        (TF.format("2, data_format='NCHW'"), ["input: [1, 4, 4, 2] has 4 channels, the filters say 2"]),
        ("tf.nn.conv2d_transpose([1, 4, 4, 2], [3, 3, 5, 2], [2, 8, 8, 5], 2)", ["batch 2, the input 1"]),
        ("tf.nn.conv2d_transpose([4, 4, 2], [3, 3, 5, 2], [2, 8, 8, 5], 2)", ["input: expected a shape [N, H, W, C]"]),
    ],
)
def test_bad_calls_get_one_message(text, words):
    with pytest.raises(BadInputError) as caught:
        read_layer(text, "keras" if "torch" in text or text.startswith(("ConvT", "F.")) else "pytorch", None)
    assert len(caught.value.problems) == 1
    for word in words:
        assert word in str(caught.value)
