from __future__ import annotations

import math

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.quality.benchmarks import bounds
from harness.quality.benchmarks.bounds import HONEST, NARROW, TERMS, bounds_part, judged, pairwise, toward_zero
from harness.quality.benchmarks.runner import Options

SHORT = TERMS[:3]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("way", HONEST)
def test_honest_sums_conform_whatever_the_data(way, dtype):
    for terms in SHORT:
        for seed in range(5):
            judgement = judged(HONEST[way], DTYPES[dtype], terms, seed)
            assert judgement.verdict.conforms, judgement.message


@pytest.mark.parametrize("way", NARROW)
def test_narrow_sums_diverge_in_float32(way):
    assert all(judged(NARROW[way], DTYPES["float32"], terms).verdict == "diverges" for terms in SHORT)


def test_sums_are_made_as_they_are_called():
    x, w = np.array([[1.0, 2.0**-24, 2.0**-24]], np.float32), np.ones((1, 3), np.float32)
    assert HONEST["one by one"](x, w) == 1
    assert pairwise(x[:, ::-1], w) == np.float32(math.fsum([1.0, 2.0**-23]))
    x = np.array([[1.0, -(2.0**-30)]], np.float32)
    assert toward_zero(x, w[:, :2]) == np.nextafter(np.float32(1), np.float32(0))


def test_the_table_marks_what_diverges(monkeypatch):
    monkeypatch.setattr(bounds, "TYPES", ("bfloat16",))
    monkeypatch.setattr(bounds, "TERMS", TERMS[:2])
    _, head, *lines = bounds_part(Options(()))
    assert head.split() == ["dtype", "sums", "9", "terms", "128", "terms"]
    marks = {line[10:34].strip(): line.count("*") for line in lines}
    assert (marks["pairwise"], marks["zeros"]) == (0, 2)
    # those have as many bits as the type
    assert "operands in bfloat16" not in marks
