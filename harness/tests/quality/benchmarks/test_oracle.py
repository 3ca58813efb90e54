from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import GRADIENTS
from harness.quality.benchmarks.oracle import LAYERS, Layer, Subject, medians, references, start_pytorch

SMALL = Layer("small", 4, 6, 3, 2, 1, 5, groups=2)
UNPADDED = replace(SMALL, padding=0, groups=1)


def subject(layer):
    """Integers, so that every order of summation gives the same."""
    return Subject.of(replace(layer.case(), data="integers"))


@pytest.mark.parametrize("output", ["output", *GRADIENTS])
def test_pytorch_is_asked_for_what_the_oracle_makes(output):
    one = subject(SMALL)
    torch = start_pytorch(1)
    made, asked = one.oracle(output)(), one.pytorch(output, torch)()
    assert made.any()
    assert np.array_equal(made, asked.detach().numpy())


@pytest.mark.parametrize("who", ["onnx", "keras"])
def test_the_references_are_asked_for_it_too(who):
    one = subject(UNPADDED)
    call = getattr(one, who)()
    assert np.array_equal(one.oracle("output")(), call())


def test_a_reference_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(Subject, "onnx", lambda _: None)
    found = references(subject(UNPADDED), 1)
    assert set(found) == {"Keras' NumPy reference"}
    assert set(found["Keras' NumPy reference"]) == {"reference", "oracle"}


def test_calls_take_turns_and_the_first_does_not_count():
    made = []
    times = medians({"one": lambda: made.append(1), "other": lambda: made.append(2)}, 3)
    assert made == [1, 2] * 4
    assert set(times) == {"one", "other"}


def test_the_table_has_the_layers_people_use():
    assert [layer.name.split("-")[0] for layer in LAYERS] == ["unet", "unet", "dcgan", "fcn8s", "pix2pix", "depthwise"]
    fcn = next(layer for layer in LAYERS if layer.name.startswith("fcn8s"))
    assert (fcn.kernel, fcn.stride) == (16, 8)
    assert LAYERS[-1].groups == LAYERS[-1].in_channels
