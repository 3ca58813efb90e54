"""One image without a batch: what the call gets, and what its results must be."""

from __future__ import annotations

import numpy as np
import pytest

from harness.adapters import choose
from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.program import Program
from harness.core.case import Overrides
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.tests.adapters.texts import outputs, printed
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


@pytest.mark.xdist_group("pytorch")
def test_the_call_sees_three_axes_and_its_results_get_the_fourth_back():
    torch = pytest.importorskip("torch")
    adapter, tensors = choose(["pytorch"])[0].adapter, make_tensors(CASE, lower(CASE))
    program = adapter.program(CASE)
    assert isinstance(program, Program)
    assert "y = layer(x[0])[None]" in printed(program)
    with torch.no_grad():
        found = outputs(adapter, program, tensors.named) | outputs(adapter, program, tensors.named, gradient=True)
    shapes = [(1, 4, 7, 5), (1, 4, 3, 4), (4, 2, 3, 2), (4,)]
    assert [found[name].shape for name in ALL_OUTPUTS] == shapes
    assert np.array_equal(found["output"], tensors.reference(lower(CASE)).output)
