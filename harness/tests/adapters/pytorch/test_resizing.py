"""How PyTorch is asked to resize: which words of ``interpolate`` say a case, and which cases none say."""

from pathlib import Path
from typing import Any

import pytest

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.resize2d import resize2d
from harness.adapters.pytorch.resize_conv2d import resize_conv2d
from harness.adapters.pytorch.text import PERMUTED
from harness.core.case import Expect
from harness.operations.resize2d.case import ResizeCase
from harness.operations.resize_conv2d.case import ResizeConvCase
from harness.tests.adapters.texts import printed
from harness.tests.operations.asking import shipped


def case(kind=ResizeCase, **words):
    said = {"input_size": (3, 4)} | words
    return kind("suite", "case", "", "pytorch", **({"output_size": (5, 7)} | said if "scale" not in said else said))


SAID: dict[str, Any] = {
    "half pixels": ({}, {"size": (5, 7), "mode": "bilinear", "align_corners": False}),
    "aligned corners": (
        {"coordinates": "align_corners"},
        {"size": (5, 7), "mode": "bilinear", "align_corners": True},
    ),
    "a scale": ({"scale": (1.5, 2.0)}, {"scale_factor": (1.5, 2.0), "mode": "bilinear", "align_corners": False}),
    "nearest with half pixels": ({"method": "nearest"}, {"size": (5, 7), "mode": "nearest-exact"}),
    "nearest from the corner": (
        {"method": "nearest", "coordinates": "asymmetric"},
        {"size": (5, 7), "mode": "nearest"},
    ),
    "nearest in other words that pick the same": (
        {"method": "nearest", "rounding": "round_prefer_floor", "output_size": (6, 8)},
        {"size": (6, 8), "mode": "nearest-exact"},
    ),
    "halves that are rounded down to every other pixel": (
        {"method": "nearest", "rounding": "round_prefer_floor", "input_size": (4, 4), "output_size": (2, 2)},
        {"size": (2, 2), "mode": "nearest"},
    ),
    "bilinear from the corner, where nothing moves": (
        {"coordinates": "asymmetric", "output_size": (3, 4)},
        {"size": (3, 4), "mode": "bilinear", "align_corners": False},
    ),
    "an error whose coordinates no mode has": (
        {"coordinates": "asymmetric", "output_size": (0, 4), "expect": Expect(error=True)},
        {"size": (0, 4), "mode": "bilinear"},
    ),
    "an error as it is written": (
        {"method": "nearest", "coordinates": "align_corners", "expect": Expect(error=True)},
        {"size": (5, 7), "mode": "nearest", "align_corners": True},
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_the_words_of_a_case_are_those_of_interpolate(name):
    words, call = SAID[name]
    program = resize2d(case(**words))
    assert isinstance(program, Program)
    assert program.call == call
    assert program.route == "native"
    assert all(f"{key}={value!r}" in printed(program) for key, value in call.items())


@pytest.mark.parametrize(
    "words",
    [
        {"coordinates": "asymmetric"},
        {"method": "nearest", "coordinates": "align_corners", "output_size": (2, 2)},
        {"method": "nearest", "rounding": "round_prefer_floor", "input_size": (12, 12), "output_size": (3, 3)},
        {"method": "nearest", "rounding": "ceil"},
    ],
)
@pytest.mark.parametrize(("kind", "write"), [(ResizeCase, resize2d), (ResizeConvCase, resize_conv2d)])
def test_what_no_mode_gives_is_inexpressible(kind, write, words):
    found = write(case(kind, **words))
    assert isinstance(found, Inexpressible)
    assert "interpolate has no" in found.reason


def test_channels_last_is_a_permuted_tensor():
    program = resize2d(case(layout="NHWC"))
    assert isinstance(program, Program)
    assert program.reasons == (PERMUTED,)
    assert "np.ascontiguousarray(input.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)" in printed(program)


@pytest.mark.parametrize("bias", [True, False])
def test_the_gradients_of_a_convolution_are_those_of_all_its_tensors(bias):
    program = resize_conv2d(case(ResizeConvCase, bias=bias))
    assert isinstance(program, Program)
    tensors = ("input", "kernel", "bias")[: 3 if bias else 2]
    assert program.tensors == tensors
    text = printed(program, gradient=True)
    assert all(f'"{name}_grad": found[{place}]' in text for place, name in enumerate(tensors))
    assert ("bias_grad" in text) == bias


@pytest.mark.parametrize("suite", ["resizing", "resize_convolution"])
def test_every_shipped_case_is_said(suite):
    write = {"resizing": resize2d, "resize_convolution": resize_conv2d}[suite]
    for one in shipped(Path(f"cases/{suite}.yaml")):
        compile(printed(write(one)), one.id, "exec")
