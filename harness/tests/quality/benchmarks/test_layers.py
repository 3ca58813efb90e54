from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import GRADIENTS
from harness.quality.benchmarks import layers
from harness.quality.benchmarks.layers import LAYERS, Layer, Subject, references, start_pytorch

MIB = 1 << 20
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
    found = references(1, UNPADDED)
    assert set(found) == {"Keras' NumPy reference"}
    assert set(found["Keras' NumPy reference"]) == {"reference", "oracle"}


def test_every_size_and_output_is_timed(monkeypatch):
    monkeypatch.setattr(layers, "SIZES", (2, 3))
    found = layers.by_size(1)
    assert set(found) == {"1x16x2x2", "1x16x3x3"}
    assert all(set(timed) == {"output", *GRADIENTS} for timed in found.values())
    assert set(found["1x16x2x2"]["kernel_grad"]) == {"oracle", "pytorch float64"}


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_call_allocates_is_seen_whether_it_is_kept_or_not(monkeypatch, kept):
    def call():
        full = np.ones(64 * MIB // 8)
        return full if kept else full[0]

    # an earlier peak is not to be mistaken for the call's
    earlier = np.ones(256 * MIB // 8)
    del earlier
    monkeypatch.setattr(layers, "FCN8S", Layer("small", 2, 2, 2, 2, 0, 3))
    monkeypatch.setattr(layers, "start_pytorch", lambda _: None)
    monkeypatch.setattr(Subject, "oracle", lambda *_: call)
    assert 63 * MIB < layers.grown("oracle", "output") < 80 * MIB


def test_the_table_has_the_layers_people_use():
    assert [layer.name.split("-")[0] for layer in LAYERS] == ["unet", "unet", "dcgan", "fcn8s", "pix2pix", "depthwise"]
    fcn = next(layer for layer in LAYERS if layer.name.startswith("fcn8s"))
    assert (fcn.kernel, fcn.stride) == (16, 8)
    assert LAYERS[-1].groups == LAYERS[-1].in_channels
