"""Every legal combination of sizes, strides, dilations and paddings, on PyTorch in float64 and TensorFlow in float32."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.util import find_spec
from itertools import product
from math import gcd
from typing import NamedTuple

import pytest

from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.case import Words
from harness.dialects import lower
from harness.engine import Settings, ask_all
from harness.geometry import IllegalCaseError
from harness.known import KnownDivergences
from harness.results import Verdict
from harness.tests.liars import chosen, make_case


class AxisWords(NamedTuple):
    """What pytorch's dialect says about one axis: sizes n and k, stride, dilation, padding, output_padding."""

    n: int
    k: int
    s: int
    d: int
    p: int
    q: int


def _case(height, width, **rest):
    n, k, s, d, p, q = zip(height, width, strict=True)
    words = Words(((p[0], p[0]), (p[1], p[1])), output_padding=q)
    return make_case(
        f"{'-'.join(map(str, height))}x{'-'.join(map(str, width))}x{rest.get('groups', 1)}",
        **{"input_size": n, "kernel_size": k, "strides": s, "dilations": d, "words": words, **rest},
    )


def _legal(axis):
    try:
        lower(_case(axis, axis))
    except IllegalCaseError:
        return False
    return True


@cache
def axes():
    """Every legal axis. The rule is the dialect's own; one more output_padding than it allows is tried."""
    tried = (
        AxisWords(n, k, s, d, p, q)
        for n, k, s, d, p in product(range(1, 5), range(1, 6), range(1, 4), range(1, 3), range(4))
        for q in range(max(s, d) + 1)
    )
    return tuple(axis for axis in tried if _legal(axis))


def cases(dtype):
    """Each axis once as height and once as width, for each number of groups: a fixed permutation makes the pairs."""
    every = axes()
    for groups, factor in ((1, 389), (2, 701)):
        assert gcd(factor, len(every)) == 1
        for index, height in enumerate(every):
            width = every[(index * factor + 17) % len(every)]
            yield _case(
                height,
                width,
                batch=1 + index % 2,
                in_channels=3 if groups == 1 else 4,
                out_channels=2 if groups == 1 else 6,
                groups=groups,
                bias=True,
                dtype=dtype,
            )


def sweep(adapter, dtype):
    """The number of rows of each verdict and route, and the rows that are not exact."""
    rows = ask_all(
        lambda: cases(dtype), [chosen(adapter)], KnownDivergences(), Settings(), 1, lambda row: None
    ).rows
    counts = Counter(f"{row.verdict} ({row.route})" for row in rows)
    print(f"\n{adapter.name} {dtype}: {len(rows)} cases: {dict(counts)}")
    return rows, [row for row in rows if row.verdict is not Verdict.EXACT]


def needs(module):
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def test_the_sweep_is_complete():
    every = list(cases("float64"))
    assert len({case.name for case in every}) == len(every) == 2 * len(axes())
    assert sum(case.input_size[0] != case.input_size[1] for case in every) > len(every) // 2
    pairs = [list(zip(case.input_size, case.kernel_size, case.strides, case.dilations, strict=True)) for case in every]
    assert {pair[0] for pair in pairs} == {pair[1] for pair in pairs} == {axis[:4] for axis in axes()}


@needs("torch")
@pytest.mark.xdist_group("pytorch")
def test_pytorch_in_float64():
    rows, other = sweep(PyTorch, "float64")
    assert (len(rows), other) == (2 * len(axes()), [])


@needs("tensorflow")
@pytest.mark.xdist_group("tensorflow")
def test_tensorflow_in_float32():
    rows, other = sweep(TensorFlow, "float32")
    assert (len(rows), other) == (2 * len(axes()), [])
