"""How TensorFlow and Keras are asked to resize, and which cases they cannot say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.keras import Keras
from harness.adapters.keras import resize2d as keras_resize2d
from harness.adapters.keras import resize_conv2d as keras_resize_conv2d
from harness.adapters.program import Inexpressible
from harness.adapters.tensorflow import TensorFlow, resize2d, resize_conv2d
from harness.adapters.tensorflow.text import TRANSPOSED
from harness.core.case import Expect
from harness.operations.resize2d.case import ResizeCase
from harness.operations.resize_conv2d.case import ResizeConvCase
from harness.tests.adapters.texts import printed
from harness.tests.operations.asking import shipped

CASE = ResizeCase("suite", "case", "", "pytorch", input_size=(3, 4), output_size=(5, 7))
CONVOLVED = ResizeConvCase("suite", "case", "", "pytorch", input_size=(3, 4), output_size=(5, 7), bias=True)
WRITERS: dict[str, Any] = {
    "tensorflow": (resize2d.resize2d, CASE, TensorFlow),
    "tensorflow convolution": (resize_conv2d.resize_conv2d, CONVOLVED, TensorFlow),
    "keras": (keras_resize2d.resize2d, CASE, Keras),
    "keras convolution": (keras_resize_conv2d.resize_conv2d, CONVOLVED, Keras),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "words",
    [
        {"coordinates": "align_corners"},
        {"coordinates": "asymmetric", "method": "nearest"},
        {"output_size": None, "scale": (1.5, 2.0)},
    ],
)
def test_other_coordinates_than_half_pixels_are_inexpressible(name, words):
    write, case, _ = WRITERS[name]
    found = write(replace(case, **words))
    assert isinstance(found, Inexpressible)
    assert "half pixels only" in found.reason


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "words",
    [
        {},
        {"coordinates": "asymmetric", "method": "nearest", "output_size": (6, 8)},
        {"coordinates": "align_corners", "output_size": (3, 4)},
        {"output_size": None, "scale": (2.0, 0.5)},
    ],
)
def test_words_that_give_the_same_are_said(name, words):
    write, case, _ = WRITERS[name]
    assert write(replace(case, **words)).route == "native"


@pytest.mark.parametrize("name", WRITERS)
def test_an_error_is_asked_only_with_the_words_that_there_are(name):
    write, case, adapter = WRITERS[name]
    wrong = replace(case, expect=Expect(error=True))
    assert "(0, 4)" in printed(write(replace(wrong, output_size=(0, 4))), adapter.name)
    for words in ({"scale": (2.0, 2.0)}, {"output_size": None}):
        assert "takes a size, and no scale" in write(replace(wrong, **words)).reason


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow convolution"])
def test_bilinear_in_tensorflow_is_float32(name):
    write, case, _ = WRITERS[name]
    assert write(replace(case, dtype="float16")) == Inexpressible(resize2d.FLOAT32)
    assert write(replace(case, dtype="float16", method="nearest")).route == "native"


@pytest.mark.parametrize("name", ["keras", "keras convolution"])
def test_keras_has_a_layer_for_whole_factors(name):
    write, case, _ = WRITERS[name]
    layer = write(replace(case, output_size=(6, 12)))
    assert "UpSampling2D(size=(2, 3), interpolation='bilinear'" in printed(layer, "keras")
    function = write(replace(case, output_size=(6, 2)))
    assert "= keras.ops.image.resize(" in printed(function, "keras")
    assert "size=(6, 2)," in printed(function, "keras")


def test_layouts_that_are_not_read_are_transposed():
    first = {name: replace(case, layout="NCHW") for name, (_, case, _) in WRITERS.items()}
    reasons = {name: write(first[name]).reasons for name, (write, _, adapter) in WRITERS.items()}
    transposed = (TRANSPOSED,)
    assert reasons == {
        "tensorflow": transposed,
        "tensorflow convolution": transposed,
        "keras": (),
        "keras convolution": (),
    }
    write = WRITERS["keras convolution"][0]
    double = write(replace(first["keras convolution"], dtype="float64"))
    assert double.reasons == (keras_resize_conv2d.NO_FLOAT64,)
    assert "channels_first" not in printed(double, "keras")


@pytest.mark.parametrize("name", WRITERS)
def test_the_program_of_every_shipped_case_that_is_said_is_python(name):
    write, case, adapter = WRITERS[name]
    suite = "resizing" if type(case) is ResizeCase else "resize_convolution"
    written = [write(one) for one in shipped(Path(f"cases/{suite}.yaml"))]
    programs = [one for one in written if not isinstance(one, Inexpressible)]
    assert len(programs) > len(written) / 2
    for program in programs:
        compile(printed(program, adapter.name), name, "exec")
