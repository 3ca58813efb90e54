"""From calls and cases to layers."""

from __future__ import annotations

import pytest

from harness.core.errors import BadInputError, IllegalCaseError
from harness.operations.conv_transpose.case import Words
from harness.porting.layers.layer import Layer, TranslationError, crops_of, probes
from harness.porting.layers.parse import STAND_IN_CHANNELS, read_layer
from harness.tests.build import make_case, write_suite

SUITE = """
suite: Small
about: something
defaults: {dialect: DIALECT, in_channels: 2, out_channels: 4, input_size: [5, 7], kernel_size: 3, strides: 2}
cases:
  - {id: one, about: one, bias: [1, 2, 3, 4]}
  - {id: wrong, about: an error, strides: 1, OUTSIZE, expect: {error: true}}
  - {id: many, about: several, sweep: {kernel_size: [2, 3]}}
"""


@pytest.fixture
def suite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(dialect):
        impossible = {"tensorflow": "output_size: 99", "canonical": "padding: 99"}.get(dialect, "output_padding: 9")
        write_suite(tmp_path, SUITE.replace("DIALECT", dialect).replace("OUTSIZE", impossible))

    return write


def test_a_torch_layer():
    layer = read_layer("nn.ConvTranspose2d(4, 6, (3, 5), 2, padding=(1, 0), output_padding=1, groups=2)", "keras")
    case = layer.case
    assert (case.in_channels, case.out_channels, case.groups, case.bias) == (4, 6, 2, True)
    assert (case.kernel_size, case.strides, case.dilations) == ((3, 5), (2, 2), (1, 1))
    assert case.words == Words(((1, 1), (0, 0)), output_padding=(1, 1))
    assert crops_of(layer) == ((1, 0), (0, -1))
    assert not layer.sized
    assert (layer.kernel_layout, layer.data_layout) == ("IOHW", "NCHW")


def test_a_torch_function_states_its_channels_by_shapes():
    layer = read_layer("F.conv_transpose2d([2, 4, 8, 9], (4, 3, 3, 3), [6], stride=2, groups=2)", "keras")
    assert (layer.case.out_channels, layer.case.bias, layer.case.input_size, layer.case.batch) == (6, True, (8, 9), 2)


def test_a_keras_layer_does_not_say_its_input_channels():
    layer = read_layer("Conv2DTranspose(8, 3, 2, 'same', name='up', kernel_initializer=init())", "tensorflow")
    assert layer.any_channels
    assert layer.case.in_channels == STAND_IN_CHANNELS
    assert any("kernel_initializer" in note for note in layer.notes)
    assert any("name" in note for note in layer.notes)
    assert layer.kernel_layout == "HWOI"
    with pytest.raises(BadInputError, match="add --in-channels N"):
        read_layer("Conv2DTranspose(8, 3)", "pytorch")
    assert read_layer("Conv2DTranspose(8, 3)", "pytorch", 5).case.in_channels == 5
    shaped = "Conv2DTranspose(8, 3, data_format='channels_first', input_shape=(7, None, None))"
    assert read_layer(shaped, "pytorch").case.in_channels == 7
    with pytest.raises(BadInputError, match="7 channels"):
        read_layer(shaped, "pytorch", 5)


@pytest.mark.parametrize("strides", ["2", "[2]", "[2, 2]", "[1, 2, 2, 1]"])
def test_a_tensorflow_call_states_everything_by_shapes(strides):
    text = f"tf.nn.conv2d_transpose([2, 4, 5, 3], [3, 3, 6, 3], [2, 8, 9, 6], {strides})"
    layer = read_layer(text, "pytorch")
    case = layer.case
    assert (case.batch, case.input_size, case.in_channels, case.out_channels) == (2, (4, 5), 3, 6)
    assert case.words == Words("same", output_size=(8, 9))
    assert case.strides == (2, 2)
    assert layer.sized


def test_explicit_tensorflow_padding_is_in_the_order_of_data_format():
    text = "tf.nn.conv2d_transpose([1, 3, 4, 5], [3, 3, 6, 3], [1, 6, 3, 10], [1, 1, 1, 2], {}, 'NCHW')"
    layer = read_layer(text.format("[[0, 0], [0, 0], [1, 2], (0, 1)]"), "pytorch")
    assert layer.case.words.padding == ((1, 2), (0, 1))
    assert layer.case.strides == (1, 2)
    assert layer.data_layout == "NCHW"


@pytest.mark.parametrize(
    ("dialect", "framework"),
    [("pytorch", "pytorch"), ("tensorflow", "tensorflow"), ("onnx", None), ("canonical", None)],
)
def test_a_yaml_case(suite, dialect, framework):
    suite(dialect)
    layer = read_layer("suite.yaml::one", "keras")
    assert layer.framework == framework
    assert layer.case.bias is True
    assert layer.case.input_size == (5, 7)
    assert layer.sized


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("suite.yaml::many", "names several cases"),
        ("suite.yaml::wrong", "no single right output"),
        ("suite.yaml::nothing", "no such case"),
        ("missing.yaml::one", "missing.yaml"),
    ],
)
def test_cases_that_cannot_be_translated(suite, target, message):
    suite("tensorflow")
    with pytest.raises(BadInputError, match=message):
        read_layer(target, "keras")


def test_a_case_of_another_operation_is_no_layer_to_translate():
    with pytest.raises(BadInputError, match="is a case of avg_unpool2d"):
        read_layer("cases/average_unpooling.yaml::cut", "keras")


def test_a_layer_is_not_translated_into_its_own_words(suite):
    suite("tensorflow")
    with pytest.raises(BadInputError, match="in these words already"):
        read_layer("suite.yaml::one", "tensorflow")
    with pytest.raises(BadInputError, match="in these words already"):
        read_layer("ConvTranspose2d(1, 2, 3)", "pytorch")


def test_input_channels_are_said_once():
    with pytest.raises(BadInputError, match="has 4 input channels, not 5"):
        read_layer("ConvTranspose2d(4, 2, 3)", "keras", 5)


def test_probes_are_the_smallest_inputs_that_leave_an_output_and_larger_ones():
    found = probes(read_layer("ConvTranspose2d(1, 2, 3, padding=(3, 0))", "keras"))
    assert [probe.case.input_size for probe in found] == [(5, 1), (6, 3), (9, 2), (7, 6)]
    assert [probe.geometry.output_size[0] for probe in found] == [1, 2, 5, 3]
    assert {probe.case.batch for probe in found} == {1, 2}
    assert {probe.geometry.crops for probe in found} == {((3, 3), (0, 0))}


def test_a_stated_output_size_grows_with_the_input():
    case = make_case(dialect="tensorflow", padding="same", output_size=(5, 6), strides=(2, 2), input_size=3)
    found = probes(Layer(case, "tensorflow", "", sized=True))
    assert [probe.case.words.output_size for probe in found] == [(1, 2), (3, 6), (9, 4), (5, 12), (5, 6)]
    assert found[-1].case.input_size == (3, 3)


def test_what_is_too_large_to_try_is_said():
    with pytest.raises(TranslationError, match="too large"):
        probes(read_layer("ConvTranspose2d(100000, 100000, 99)", "keras"))


def test_an_illegal_layer_has_no_probes():
    with pytest.raises(IllegalCaseError):
        probes(Layer(make_case(dialect="pytorch", output_padding=5), "pytorch", ""))
