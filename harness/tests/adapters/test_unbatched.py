"""One image without a batch: what the call gets, and what its results must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.adapters import choose
from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.calls import forward_calls, gradient_calls
from harness.adapters.plan import Form, Plan, finish_form
from harness.core.case import Overrides
from harness.engine.check import plan_check
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.other_data import Given
from harness.tests.asking import make_case

CASE = make_case(
    in_channels=4,
    groups=2,
    batch=1,
    bias=True,
    strides=(2, 1),
    overrides=Overrides(input=(4, 3, 4)),
    outputs=ALL_OUTPUTS,
)


class Recorded:
    """An adapter that notes the shapes it gets, and answers with an axis more than it should where told to."""

    shape_only = False

    def __init__(self, extra=0):
        self.seen, self.extra = [], extra

    def prepare(self, call, x, w, b):
        self.seen.append(x.shape)
        return lambda: np.zeros((1,) * self.extra + (4, 7, 5), x.dtype)

    def differentiate(self, call, x, w, b, g):
        self.seen += [x.shape, g.shape]
        return lambda: {"input_grad": np.zeros((1,) * self.extra + x.shape), "kernel_grad": w, "bias_grad": b}


@pytest.fixture(scope="module")
def plan():
    check = plan_check(CASE, choose(["pytorch"])[0])
    assert check is not None
    assert isinstance(check.plan, Plan)
    return check.plan


@pytest.fixture(scope="module")
def given():
    tensors = make_tensors(CASE, lower(CASE))
    return Given(tensors.x, tensors.w, tensors.b, tensors.g)


def test_the_call_sees_three_axes_and_its_results_get_the_fourth_back(plan, given):
    adapter: Any = Recorded()
    forward, gradients = (make(adapter, plan, given, None)[0] for make in (forward_calls, gradient_calls))
    assert adapter.seen == [(4, 3, 4), (4, 3, 4), (4, 7, 5)]
    assert forward.finish(forward.make())["output"].shape == (1, 4, 7, 5)
    found = gradients.finish(gradients.make())
    assert [found[name].shape for name in ALL_OUTPUTS[1:]] == [(1, 4, 3, 4), (4, 2, 3, 2), (4,)]
    assert finish_form(plan, [Form((4, 7, 5), "float32")]) == Form((1, 4, 7, 5), "float32")


def test_a_result_with_a_batch_is_none_without(plan, given):
    adapter: Any = Recorded(extra=1)
    forward, gradients = (make(adapter, plan, given, None)[0] for make in (forward_calls, gradient_calls))
    assert forward.finish(forward.make())["output"].ndim == 5
    assert gradients.finish(gradients.make())["input_grad"].ndim == 5
