"""The limits for arrays of few elements, whose sums of squares and of signs are far from normal."""

from __future__ import annotations

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.statistical import DEVIATIONS, Scores, deviation, scores

TERMS = 128


@pytest.fixture(scope="module")
def honest():
    """z of sums in float32, one by one: a random walk each, as the sum of a bias gradient over an image is."""
    rows = np.random.default_rng(0).standard_normal((TERMS, 60_000)).astype("float32")
    total = np.zeros(rows.shape[1], "float32")
    for row in rows:
        total += row
    right = rows.sum(axis=0, dtype="float64")
    norm = np.sqrt(np.square(rows, dtype="float64").sum(axis=0))
    return total - right, right, deviation(right, norm, np.full(right.shape, TERMS - 1), DTYPES["float32"])


def each(honest, count):
    """The scores of arrays of ``count`` elements."""
    parts = [one[: one.size // count * count].reshape(-1, count) for one in honest]
    return [scores(*rows, independent=True) for rows in zip(*parts, strict=True)]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 50])
def test_right_sums_of_few_elements_are_right(honest, count):
    found = each(honest, count)
    assert [one.failures for one in found if one.failures] == []


def test_six_deviations_of_a_normal_sum_would_accuse_them(honest):
    means = [one.mean_square for one in each(honest, 2)]
    assert sum(mean > 1 + DEVIATIONS for mean in means) >= 3


@pytest.mark.parametrize(
    ("count", "mean_square", "signed"), [(1, 145, 12), (2, 73, 8.485), (4, 37, 6), (288, 1.5, 6), (20_000, 1.06, 6)]
)
def test_the_limits_by_the_number_of_elements(count, mean_square, signed):
    limits = Scores(count, 0, 0, 0)
    assert limits.most_mean_square == pytest.approx(mean_square)
    assert limits.most_signed == pytest.approx(signed, rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_what_is_over_a_limit_is_named(count):
    limits = Scores(count, 0, 0, 0)
    over = Scores(count, 12.1, limits.most_mean_square * 1.01, -limits.most_signed * 1.01)
    assert len(over.failures) == 3
    assert Scores(count, 12, limits.most_mean_square, limits.most_signed).failures == ()
