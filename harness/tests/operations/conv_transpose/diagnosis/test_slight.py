"""Small errors on one side of zero, made here by exact sums and masks, and those of rounding, which are on neither."""

from __future__ import annotations

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.hypotheses import errors_of
from harness.core.reference import ReferenceValues
from harness.operations.conv_transpose.diagnosis.slight import one_sided_finding

FLOAT32 = DTYPES["float32"]


def cut(values):
    """float64 without what float32 has no bits for."""
    return ((values.view(np.int64) >> 29) << 29).view(np.float64)


def sums(terms, count, step):
    """Products of ``terms`` pairs of float32, summed with ``step`` after each, and the reference."""
    rng = np.random.default_rng(terms)
    x, w = rng.normal(size=(2, terms, count)).astype(np.float32).astype(float)
    got = np.zeros(count)
    for product in x * w:
        got = step(got + product)
    reference = ReferenceValues(
        (x * w).sum(0), "C", np.abs(x * w).sum(0), np.full(1, terms), squares=lambda: np.square(x * w).sum(0)
    )
    return got, reference


def finding(got, reference, *, independent=True):
    return one_sided_finding(errors_of(got, reference, FLOAT32, independent=independent), got)


@pytest.mark.parametrize("terms", [3, 9, 100, 2048])
def test_truncated_sums_are_told_from_rounded_ones(terms):
    found = finding(*sums(terms, 2000, cut))
    assert found is not None
    assert found.name == "sums-truncated"
    assert finding(*sums(terms, 2000, lambda s: s.astype(np.float32).astype(float))) is None


@pytest.mark.parametrize("terms", [3, 9, 100, 2048])
@pytest.mark.parametrize(("side", "words"), [(0.5, "away from zero"), (-0.5, "toward zero")])
def test_half_of_the_bound_is_on_one_side(terms, side, words):
    _, reference = sums(terms, 500, cut)
    bound = 2.0**-24 * (terms * reference.magnitude + np.abs(reference.output))
    got = (reference.output + side * np.sign(reference.output) * bound).astype(np.float32).astype(float)
    found = finding(got, reference)
    assert found is not None
    assert found.name == "biased-one-way"
    assert words in found.text


def test_results_that_are_cut_off():
    _, reference = sums(9, 2000, cut)
    found = finding(cut(reference.output.copy()), reference)
    assert found is not None
    assert found.name == "results-truncated"
    assert finding(reference.output.astype(np.float32).astype(float), reference) is None


def test_errors_of_any_size_and_those_of_data_that_are_alike_say_nothing():
    got, reference = sums(9, 2000, cut)
    assert finding(reference.output * 0.99, reference) is None
    assert finding(got, reference, independent=False) is None


def test_one_large_error_is_no_side():
    _, reference = sums(9, 4, cut)
    got = reference.output.copy()
    got[1] += 8 * 2.0**-24 * reference.magnitude[1] * np.sign(got[1])
    assert finding(got, reference) is None
