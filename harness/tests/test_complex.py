"""Complex numbers, from the data to the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.engine.excerpts import Excerpts
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry
from harness.tests.build import make_case

DTYPE = ["complex64", "complex128"]


def a_case(dtype, **changes):
    return make_case(dtype=dtype, strides=(2, 1), in_channels=4, out_channels=4, bias=True, **{"groups": 2, **changes})


def asked(case):
    geometry = lower(case)
    tensors = make_tensors(case, geometry)
    return geometry, tensors, tensors.reference(geometry)


@pytest.mark.parametrize("dtype", DTYPE)
def test_drawn_numbers_have_two_whole_parts_and_exact_sums(dtype):
    case = a_case(dtype)
    _, tensors, reference = asked(case)
    for tensor in (tensors.x, tensors.w, tensors.b):
        assert tensor.dtype == DTYPES[dtype].numpy
        assert np.all(tensor.real)
        assert np.all(tensor.imag)
        assert np.array_equal(tensor, np.rint(tensor))
    assert reference.is_exact(case)


@pytest.mark.parametrize("dtype", DTYPE)
def test_the_oracle_is_the_definition_in_complex_arithmetic(dtype):
    geometry, tensors, reference = asked(a_case(dtype))
    assert isinstance(geometry, Geometry)
    assert np.array_equal(reference.output, by_definition(geometry, tensors))


def by_definition(geometry, tensors):
    """Every product, one by one, in Python's complex numbers."""
    y = np.zeros(geometry.output_shape, complex) + tensors.b.astype(complex)[:, None, None]
    height, width = geometry.axes
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    for n, i, h, w in np.ndindex(tensors.x.shape):
        for o, a, c in np.ndindex(outputs, height.k, width.k):
            row, column = h * height.s + a * height.d - height.begin, w * width.s + c * width.d - width.begin
            if 0 <= row < height.out and 0 <= column < width.out:
                product = complex(tensors.x[n, i, h, w]) * complex(tensors.w[i, o, a, c])
                y[n, i // inputs * outputs + o, row, column] += product
    return y


@pytest.mark.parametrize("dtype", DTYPE)
def test_right_values_are_exact_and_a_conjugated_kernel_is_not(dtype):
    case = a_case(dtype)
    _, tensors, reference = asked(case)
    right = reference.output.astype(dtype)
    assert judge(case, tensors, reference, Value(right)).verdict is Verdict.EXACT
    wrong = judge(case, tensors, reference, Value(right.conj()))
    assert wrong.verdict is Verdict.DIVERGES
    assert "j" in wrong.message
    narrow = judge(case, tensors, reference, Value(right.real))
    assert narrow.verdict is Verdict.WRONG_DTYPE


def test_values_of_two_parts_are_not_shown_as_heat_maps():
    from harness.adapters.pytorch import PyTorch
    from harness.core.results import Judgement
    from harness.engine.check import plan_check
    from harness.tests.asking import chosen

    case = a_case("complex64")
    _, _, reference = asked(case)
    check = plan_check(case, chosen(PyTorch))
    assert check is not None
    showcase = Excerpts(1)
    row = check.row(Judgement(Verdict.DIVERGES))
    showcase.add(row, case.dtype, reference, Value(reference.output.astype("complex64")))
    assert not showcase.expected
    assert not showcase.rows
