"""A hypothesis explains what it gives within rounding, and only where that is not right anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.hypotheses import Hypothesis, explains
from harness.core.measuring import Beside
from harness.core.reference import ReferenceValues

FLOAT32 = DTYPES["float32"]
Y = np.random.default_rng(0).normal(size=(1, 4, 5, 6)).astype(np.float32).astype(np.float64)


def beside(got, reference=None):
    return Beside(got, reference or ReferenceValues(Y), FLOAT32, independent=False)


@dataclass(frozen=True)
class Guess(Hypothesis):
    values: ReferenceValues | None
    first: ReferenceValues | None = None

    def reference(self):
        assert self.values is not None, "all channels are computed"
        return self.values

    def few(self):
        return self.first


def hypothesis(y, few=None, **bound):
    return Guess("", "", ReferenceValues(y, **bound), None if few is None else ReferenceValues(few))


def summed(y, terms):
    return {"magnitude": np.abs(y), "terms": np.full(1, terms), "exact": False}


def test_what_is_not_rounded_must_be_equal():
    assert explains(hypothesis(-Y), beside(-Y))
    assert not explains(hypothesis(-Y), beside(np.nextafter(-Y.astype(np.float32), np.float32(9)).astype(np.float64)))


@pytest.mark.parametrize(("units", "fits"), [(0, True), (4, True), (40, False)])
def test_sums_may_be_rounded_as_often_as_terms_meet_and_twice_more(units, fits):
    got = (2 * Y * (1 + units * FLOAT32.unit_roundoff)).astype(np.float32).astype(np.float64)
    assert explains(hypothesis(2 * Y, **summed(2 * Y, 3)), beside(got)) is fits


def test_what_leaves_the_errors_as_they_are_explains_nothing():
    got = Y * (1 + 5 * FLOAT32.unit_roundoff)
    right = ReferenceValues(Y, **summed(Y, 1))
    assert not explains(hypothesis(Y, **summed(Y, 3)), beside(got, right))


def test_a_few_channels_reject_before_all_are_computed():
    assert not explains(Guess("", "", None, ReferenceValues(Y[:, :2])), beside(-Y))
    assert explains(hypothesis(-Y, few=-Y[:, :2]), beside(-Y))


def test_another_shape_is_explained_by_its_values_alone():
    got = Y[:, :, 1:]
    assert explains(hypothesis(got), beside(got))
    assert not explains(hypothesis(Y), beside(got))
