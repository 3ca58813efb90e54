"""Products that are left out here by hand must be found, and errors that are none must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.operations.conv_transpose.diagnosis import diagnose
from harness.operations.conv_transpose.diagnosis.gradients import gradient_findings
from harness.tests.operations.conv_transpose.diagnosis.test_gradients import gradient_of, plainly
from harness.tests.operations.conv_transpose.test_diagnosis import CASES, PLAIN, reference_of

SIZED = {
    "integers": PLAIN,
    "real": CASES["real"],
    "groups": replace(CASES["groups"], data="real"),
    "many": replace(
        PLAIN, data="real", in_channels=64, strides=(1, 1), words=replace(PLAIN.words, output_padding=None)
    ),
}


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize("place", [(0, 0, 0), (1, 2, 1), (1, 1, 1)])
def test_a_kernel_element_that_is_left_out_is_found(name, place):
    case = SIZED[name]
    reference = reference_of(case)
    c, a, b = place
    kernel = reference.w.copy()
    kernel[c, :, a, b] = 0
    got = replace(reference, w=kernel).output.astype(np.float32).astype(float)
    (finding,) = diagnose(case, reference, got)
    assert finding.name == "product-missing"
    assert f"input channel {c} with the tap in row {a}, column {b}" in finding.text


def test_one_output_channel_alone_may_lack_it():
    reference = reference_of(PLAIN)
    kernel = reference.w.copy()
    kernel[1, 2, 0, 1] = 0
    (finding,) = diagnose(PLAIN, reference, replace(reference, w=kernel).output)
    assert finding.name == "product-missing"


def test_two_that_are_missing_are_not_one():
    reference = reference_of(PLAIN)
    kernel = reference.w.copy()
    kernel[0, :, 0, 0] = kernel[1, :, 2, 1] = 0
    assert [one.name for one in diagnose(PLAIN, reference, replace(reference, w=kernel).output)] != ["product-missing"]


@pytest.mark.parametrize("data", ["exact", "real"])
@pytest.mark.parametrize("where", ["plain", "groups"])
def test_products_of_gradients_are_found_too(where, data):
    gradient = gradient_of("input_grad", where, data)
    kernel = gradient.reference.w.copy()
    kernel[: kernel.shape[0] // gradient.reference.geometry.groups, 1, 2, 0] = 0
    lost = plainly(gradient, w=kernel).astype(np.float32).astype(float)
    (finding,) = gradient_findings(gradient, lost, "float32", exact=data == "exact")
    assert finding.name == "product-missing"
    assert "output channel 1 with the tap in row 2, column 0" in finding.text
    gradient = gradient_of("kernel_grad", where, data)
    x = gradient.reference.x.copy()
    x[2, :, 1, 3] = 0
    lost = plainly(gradient, x=x).astype(np.float32).astype(float)
    (finding,) = gradient_findings(gradient, lost, "float32", exact=data == "exact")
    assert finding.name == "product-missing"
    assert "batch element 2 in row 1, column 3" in finding.text
