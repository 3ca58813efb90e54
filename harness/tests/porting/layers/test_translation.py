"""Verification: right translations pass, broken ones are refused."""

from __future__ import annotations

import pytest

from harness.core.errors import WorkerDiedError, WorkerUnavailableError
from harness.engine.process import Worker
from harness.porting import to_keras, to_pytorch, to_tensorflow
from harness.porting.layers.layer import DiffersError, Layer, TranslationError
from harness.porting.layers.parse import read_layer
from harness.porting.layers.translation import WRITERS, translate
from harness.porting.workers import LayerWorkers
from harness.tests.build import make_case

K3 = "ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)"


def translated(call, to, workers, in_channels=None):
    return translate(read_layer(call, to, in_channels), to, workers)


@pytest.mark.parametrize(
    ("call", "to", "route"),
    [
        (K3, "keras", "composed"),
        (K3, "tensorflow", "native"),
        ("F.conv_transpose2d([1, 4, 3, 3], [4, 3, 4, 4], None, stride=2, padding=1)", "keras", "native"),
        ("ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2)", "keras", "composed"),
        ("ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2)", "tensorflow", "composed"),
        ("ConvTranspose2d(4, 8, 2, dilation=3, output_padding=(2, 0))", "keras", "composed"),
        ("ConvTranspose2d(4, 8, 2, dilation=3, output_padding=(2, 0), groups=4)", "keras", "composed"),
        ("ConvTranspose2d(4, 8, 3, 2, 1, 1, dtype=torch.float64)", "keras", "composed"),
        ("ConvTranspose2d(4, 8, 3, 2, 1, groups=2, dtype=torch.float16)", "keras", "composed"),
        ("ConvTranspose2d(4, 8, 3, 2, 1, dtype=torch.float64)", "tensorflow", "native"),
        ("Conv2DTranspose(5, 3, 2, 'same')", "tensorflow", "native"),
        ("Conv2DTranspose(5, 3, 2, 'same', dtype='float64')", "pytorch", "composed"),
        ("Conv2DTranspose(5, (1, 2), (3, 4), data_format='channels_first')", "pytorch", "native"),
        ("tf.nn.conv2d_transpose([2, 3, 2, 4], [3, 2, 3, 4], [2, 5, 3, 3], [2, 2], 'SAME')", "pytorch", "composed"),
        (
            "tf.nn.conv2d_transpose([2, 4, 3, 2], [3, 2, 3, 4], [2, 3, 8, 4], [2, 2], 'VALID', 'NCHW')",
            "keras",
            "native",
        ),
    ],
)
def test_right_translations_are_verified(call, to, route, workers):
    found = translated(call, to, workers, 4 if call.startswith("Conv2D") else None)
    assert found.route == route
    assert (
        f"as {to.replace('keras', 'Keras').replace('pytorch', 'PyTorch').replace('tensorflow', 'TensorFlow')}, {route}"
        in found.text
    )
    sizes = ", ".join(str(probe) for probe in found.probes)
    assert sizes in " ".join(found.text.replace("#", "").split())
    assert len(found.probes) >= 4
    assert all(version in found.text for version in found.versions.values())


@pytest.mark.parametrize("to", ["keras", "pytorch", "tensorflow"])
def test_a_case_without_a_framework_is_held_against_the_oracle_alone(to, workers):
    case = make_case(in_channels=4, out_channels=6, groups=2, bias=True, strides=(2, 3), padding=((-1, 2), (5, -3)))
    found = translate(Layer(case, None, "suite.yaml::one", sized=True), to, workers)
    assert "every element equals that of the NumPy oracle," in found.text
    assert "the canonical dialect: suite.yaml::one" in found.text


def rotated(text):
    return text.replace("kernel.transpose(2, 3, 1, 0)", "kernel.transpose(2, 3, 1, 0)[::-1, ::-1]")


def other_end(text):
    return text.replace("Cropping2D(((1, 0), (1, 0)))", "Cropping2D(((0, 1), (0, 1)))")


def one_axis(text):
    return text.replace("Cropping2D(((1, 0), (1, 0)))", "Cropping2D(((1, 0), (0, 1)))")


def not_cropped(text):
    return text.replace("Cropping2D(((1, 0), (1, 0)))", "Cropping2D(0)")


def no_bias(text):
    return text.replace(", bias])", ", 0 * bias])")


def exchanged_axes(text):
    return text.replace("kernel.transpose(2, 3, 1, 0)", "kernel.transpose(3, 2, 1, 0)")


def half_precision(text):
    return text.replace("strides=2)", "strides=2, dtype='float16')")


@pytest.mark.parametrize("fault", [rotated, other_end, one_axis, not_cropped, no_bias, exchanged_axes, half_precision])
def test_a_broken_writer_is_caught(fault, workers, monkeypatch):
    honest = WRITERS["keras"]

    def broken(draft):
        text = "\n".join(honest(draft))
        assert fault(text) != text
        return fault(text).split("\n")

    monkeypatch.setitem(WRITERS, "keras", broken)
    with pytest.raises(DiffersError, match="the translation does not give the oracle's output on an input"):
        translated(K3, "keras", workers)


@pytest.mark.parametrize("body", ["raise ValueError('no')", "return no_such_name", "return keras.layers.Flatten()"])
def test_a_program_that_fails_is_refused(body, workers, monkeypatch):
    monkeypatch.setitem(
        WRITERS, "keras", lambda draft: ["import keras", "def make_layer(kernel, bias):", f"    {body}"]
    )
    with pytest.raises(TranslationError, match="the translation"):
        translated(K3, "keras", workers)


def test_a_program_that_kills_its_process_is_refused_and_the_next_one_is_verified(workers, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(WRITERS, "keras", lambda draft: ["import os", "def make_layer(*weights):", "    os.abort()"])
        with pytest.raises(TranslationError, match="Keras gave no answer: SIGABRT"):
            translated(K3, "keras", workers)
    assert translated(K3, "keras", workers).route == "composed"


def test_a_source_that_diverges_is_refused(workers):
    call = "Conv2DTranspose(2, 2, 2, 'same', output_padding=0)"
    with pytest.raises(TranslationError, match="Keras's own call raised on an input"):
        translated(call, "tensorflow", workers)


def test_sizes_that_keras_gets_wrong_are_left_out_and_said(workers):
    found = translated("Conv2DTranspose(3, 1, data_format='channels_first')", "pytorch", workers, 2)
    assert all(probe.geometry.output_size[1] != 3 for probe in found.probes)
    assert len(found.probes) == 3
    assert "no such size was compared" in " ".join(found.text.replace("#", "").split())


def test_a_framework_that_does_not_start_refuses_everything(monkeypatch):
    def start(self):
        raise WorkerUnavailableError("ModuleNotFoundError: No module named 'torch'")

    monkeypatch.setattr(Worker, "start", start)
    with (
        LayerWorkers() as workers,
        pytest.raises(TranslationError, match="PyTorch could not be started, so nothing can be verified"),
    ):
        translated(K3, "keras", workers)


def test_a_worker_that_dies_closes_all(monkeypatch, workers):
    def receive(self):
        raise WorkerDiedError("SIGKILL")

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "receive", receive)
        with pytest.raises(TranslationError, match=r"PyTorch gave no answer|Keras gave no answer"):
            translated(K3, "keras", workers)
    assert translated(K3, "keras", workers).route == "composed"


@pytest.mark.parametrize("translation", [to_keras, to_pytorch, to_tensorflow])
def test_what_is_no_layer_is_refused(translation):
    with pytest.raises(TranslationError, match="a list is no layer of PyTorch, Keras or TensorFlow"):
        translation([1, 2])
