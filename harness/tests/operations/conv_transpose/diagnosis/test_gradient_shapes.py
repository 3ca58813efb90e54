"""Gradients of a wrong shape are told what they are like, and confirmed only where the values say so too."""

import numpy as np
import pytest

from harness.core.case import GRADIENTS
from harness.operations.conv_transpose.diagnosis.gradient_shapes import gradient_shape_findings
from harness.tests.operations.conv_transpose.diagnosis.test_gradients import gradient_of

MADE = {
    "axes-in-order(HWOI)": ("kernel_grad", "square", lambda t: t.output.transpose(2, 3, 1, 0)),
    "axes-in-order(OIHW)": ("kernel_grad", "plain", lambda t: t.output.swapaxes(0, 1)),
    "axes-in-order(NHWC)": ("input_grad", "plain", lambda t: t.output.transpose(0, 2, 3, 1)),
    "axes-in-order(NCWH)": ("input_grad", "plain", lambda t: t.output.swapaxes(2, 3)),
    "axes-squeezed": ("input_grad", "alone", lambda t: t.output[0]),
    "axes-kept": ("bias_grad", "plain", lambda t: t.output[None, :, None, None]),
    "gradient-flattened": ("kernel_grad", "plain", lambda t: t.output.ravel()),
}
SHAPES = {
    "batch-missing": ("input_grad", "plain", lambda t: t.output.sum(0), "the axis of the batch is missing"),
    "batch-of-one": ("input_grad", "plain", lambda t: t.output[:1], "there is one element of the batch"),
    "padding-ignored": ("input_grad", "plain", lambda t: np.ones((3, 2, 3, 4)), "convolved without padding"),
    "groups-ignored": ("kernel_grad", "groups", lambda t: np.ones((4, 4, 3, 3)), "the groups are ignored"),
    "batch-not-summed": ("bias_grad", "plain", lambda t: t.g.sum((2, 3)), "it is not summed over the batch"),
    "not-summed": ("bias_grad", "plain", lambda t: t.g, "it is not summed: the cotangent itself"),
    "channels-summed": ("bias_grad", "plain", lambda t: t.g.sum(), "it is summed over the channels too"),
    "shape-of-kernel": ("input_grad", "plain", lambda t: t.reference.w, "it had the shape of the kernel"),
}


@pytest.mark.parametrize("finding", MADE)
@pytest.mark.parametrize("data", ["exact", "real"])
def test_the_right_values_in_other_axes_are_said_to_be_so(finding, data):
    name, where, make = MADE[finding]
    gradient = gradient_of(name, where, data)
    got = make(gradient).astype("float32").astype(float)
    findings, sentence = gradient_shape_findings(gradient, got, "float32", data == "exact")
    assert [one.name for one in findings] == [finding]
    assert sentence is None
    assert findings[0].text.startswith("as if ")


@pytest.mark.parametrize("finding", MADE)
def test_other_values_in_such_axes_are_not(finding):
    name, where, make = MADE[finding]
    gradient = gradient_of(name, where)
    got = make(gradient).copy()
    got.reshape(-1)[-1] += 1
    findings, sentence = gradient_shape_findings(gradient, got, "float32", exact=True)
    assert finding in [one.name for one in findings]
    assert sentence is not None
    assert sentence.startswith("the shape, if not the values, is as if ")


@pytest.mark.parametrize("finding", SHAPES)
def test_a_shape_is_said_to_be_no_more_than_a_shape(finding):
    name, where, make, words = SHAPES[finding]
    gradient = gradient_of(name, where)
    findings, sentence = gradient_shape_findings(gradient, np.asarray(make(gradient)), "float32", exact=True)
    assert finding in [one.name for one in findings]
    assert sentence is not None
    assert sentence.startswith("the shape, if not the values, is as if ")
    assert words in sentence


def test_a_shape_like_nothing_is_told_by_what_differs():
    gradient = gradient_of("kernel_grad", "plain")
    findings, sentence = gradient_shape_findings(gradient, np.ones((2, 4, 3, 7)), "float32", exact=True)
    assert findings == []
    assert sentence == "7 for 3 along columns"
    findings, sentence = gradient_shape_findings(gradient, np.ones((2, 5)), "float32", exact=True)
    assert findings == []
    assert sentence == "it has 2 axes instead of 4"


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_right_shape_is_like_nothing(name):
    gradient = gradient_of(name, "plain")
    assert gradient_shape_findings(gradient, gradient.output, "float32", exact=True) == ([], "")
