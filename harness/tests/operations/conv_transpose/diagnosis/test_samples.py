from __future__ import annotations

import numpy as np
import pytest

from harness.operations.conv_transpose.diagnosis.samples import output_at, outputs_at
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.tests.build import make_geometry

GEOMETRIES = {
    "plain": make_geometry((3, 2, 1, 1), (4, 3, 1, 1), 2, 2, 3),
    "strided": make_geometry((3, 4, 3, 1, 1, 2), (4, 2, 5, 1, 0, 1), 1, 2, 3),
    "dilated": make_geometry((4, 3, 2, 3, 2, 1), (3, 2, 3, 2), 2, 1, 2),
    "extended": make_geometry((3, 2, 2, 1, -2, -1), (3, 3, 2, 1, 1, -4), 1, 2, 2),
    "grouped": make_geometry((3, 2, 2, 2), (2, 3, 2, 1), 2, 4, 6, 2),
}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_elements_are_those_of_the_oracle(name, bias):
    geometry, generator = GEOMETRIES[name], np.random.default_rng(3)
    x = generator.integers(-5, 6, geometry.input_shape).astype(np.float64)
    w = generator.integers(-5, 6, geometry.kernel_shape).astype(np.float64)
    b = np.arange(1.0, geometry.out_channels + 1) if bias else None
    reference = ConvTransposeReference(geometry, x, w, b)
    index = tuple(part.ravel() for part in np.indices(geometry.output_shape))
    sampled = outputs_at(reference, index)
    np.testing.assert_array_equal(sampled.values, reference.output.ravel())
    assert {place: output_at(reference, place) for place in np.ndindex(geometry.output_shape)} == dict(
        np.ndenumerate(reference.output)
    )
    np.testing.assert_array_equal(sampled.magnitude, reference.magnitude.ravel())
    terms = np.broadcast_to(reference.terms, geometry.output_shape).ravel()
    np.testing.assert_array_equal(sampled.terms, terms)


def test_infinities_stay_where_they_meet():
    geometry = make_geometry((3, 2, 2, 1), (3, 2, 2, 1))
    x = np.ones(geometry.input_shape)
    x[0, 0, 1, 1] = np.inf
    reference = ConvTransposeReference(geometry, x, np.ones(geometry.kernel_shape), None)
    index = tuple(part.ravel() for part in np.indices(geometry.output_shape))
    np.testing.assert_array_equal(outputs_at(reference, index).values, reference.output.ravel())
