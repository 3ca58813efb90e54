"""Every legal combination of small sizes and parameters: no adapter disagrees with the oracle, or it is explained.

In pytorch's words on PyTorch in float64 and on TensorFlow in float32; in TensorFlow's and Keras's words on themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import count, product
from math import gcd
from typing import Any, NamedTuple

import pytest

from harness.adapters.keras import Keras, KerasTorch
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.errors import IllegalCaseError
from harness.core.results import Row, Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case


class AxisWords(NamedTuple):
    """What a dialect says about one axis: sizes n and k, stride, dilation, pads, output_padding, output_size."""

    n: int
    k: int
    s: int
    d: int
    pads: Any
    q: int | None = None
    o: int | None = None


def pair(dialect: Any, height: AxisWords, width: AxisWords, **rest: Any) -> Case:
    n, k, s, d, pads, q, o = _both(height, width)
    padding: Any = pads[0] if isinstance(pads[0], str) else pads
    words = Words(padding, None if q[0] is None else q, None if o[0] is None else o)
    values = {"input_size": n, "kernel_size": k, "strides": s, "dilations": d, "words": words, "bias": True}
    return make_case(**{"dialect": dialect, "in_channels": 3, "out_channels": 2, **values, **rest})


def _both(height: AxisWords, width: AxisWords) -> Any:
    return zip(height, width, strict=True)


def legal(dialect: Any, axes: Iterable[AxisWords]) -> Iterator[AxisWords]:
    """Those of ``axes`` that the dialect's own rules allow."""
    for axis in axes:
        try:
            lower(pair(dialect, axis, axis))
        except IllegalCaseError:
            continue
        yield axis


def sizes(dilations: Iterable[int] = (1, 2), strides: Iterable[int] = (1, 2, 3)) -> Iterator[tuple[int, int, int, int]]:
    return product(range(1, 5), range(1, 6), strides, dilations)


def permuted(axes, factor):
    """Each axis once as height and once as width: multiplication is a permutation, since the factor is coprime."""
    axes = list(axes)
    factor = next(number for number in count(factor) if gcd(number, len(axes)) == 1)
    return [(height, axes[(index * factor + 17) % len(axes)]) for index, height in enumerate(axes)]


@cache
def pytorch_axes():
    """One more output_padding than allowed is tried, so that the limit is the dialect's."""
    tried = (AxisWords(n, k, s, d, (p, p), q) for n, k, s, d in sizes() for p in range(4) for q in range(max(s, d) + 1))
    return tuple(legal("pytorch", tried))


def pytorch_cases(dtype):
    for groups, factor, channels in ((1, 389, (3, 2)), (2, 701, (4, 6))):
        for index, (height, width) in enumerate(permuted(pytorch_axes(), factor)):
            named = {"name": f"{groups}-{index}", "groups": groups, "batch": 1 + index % 2, "dtype": dtype}
            yield pair("pytorch", height, width, in_channels=channels[0], out_channels=channels[1], **named)


def tensorflow_cases():
    """Each kind of padding with every output size that is legal beside it."""
    for kind, choices in (("same", ["same"]), ("valid", ["valid"]), ("explicit", [*product(range(3), repeat=2)])):
        tried = (
            AxisWords(*size, pads, None, o) for size in sizes() for pads in choices for o in range(1, _longest(size))
        )
        for index, (height, width) in enumerate(permuted(legal("tensorflow", tried), 389)):
            yield pair("tensorflow", height, width, name=f"{kind}-{index}", batch=1 + index % 2)


def _longest(size):
    n, k, s, d = size
    return (n + 1) * s + (k - 1) * d + 2


def keras_cases():
    """Without output_padding and with each; Keras dilates both axes alike, and only at stride 1."""
    for pads, (dilation, strides) in product(("same", "valid"), ((1, (1, 2, 3)), (2, (1,)))):
        every = list(sizes((dilation,), strides))
        for given in (False, True):
            tried = (AxisWords(*size, pads, q) for size in every for q in (range(size[2] + 1) if given else [None]))
            for index, (height, width) in enumerate(permuted(legal("keras", tried), 389)):
                yield pair("keras", height, width, name=f"{pads}-{dilation}-{given}-{index}", batch=1 + index % 2)


def sweep(adapter, cases: list[Case]) -> list[Row]:
    """The rows that are not exact. Prints the counts."""
    rows = run_all(lambda: iter(cases), [chosen(adapter)], KnownDivergences(), Settings(), 1, lambda row: None).rows
    assert len(rows) == len({row.case for row in rows}) == len(cases)
    counts = Counter(f"{row.verdict} ({row.route})" for row in rows)
    dialect, dtype = cases[0].dialect, cases[0].dtype
    print(f"\n{adapter.name}, {dialect}'s words, {dtype}: {len(rows)} cases: {dict(sorted(counts.items()))}")
    return [row for row in rows if row.verdict is not Verdict.EXACT]


def needs(module):
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


PYTORCH = (needs("torch"), pytest.mark.xdist_group("pytorch"))
TENSORFLOW = (needs("tensorflow"), pytest.mark.xdist_group("tensorflow"))
KERAS = (needs("keras"), needs("tensorflow"), pytest.mark.xdist_group("keras"))
KERAS_TORCH = (needs("keras"), needs("torch"), pytest.mark.xdist_group("keras"))


@pytest.mark.parametrize(
    ("cases", "axes"), [(list(pytorch_cases("float64")), 873), (list(tensorflow_cases()), 0), (list(keras_cases()), 0)]
)
def test_a_sweep_shows_each_axis_twice_and_is_mostly_rectangular(cases, axes):
    assert len({case.name for case in cases}) == len(cases)
    assert sum(lower(case).height != lower(case).width for case in cases) > 0.9 * len(cases)
    sides = [Counter(_side(case, index) for case in cases) for index in (0, 1)]
    assert sides[0] == sides[1]
    assert not axes or (len(pytorch_axes()), len(cases)) == (axes, 2 * axes)


def _side(case, index):
    axis = lower(case).axes[index]
    return axis, case.groups


@pytest.mark.parametrize(
    ("adapter", "dtype"),
    [pytest.param(PyTorch, "float64", marks=PYTORCH), pytest.param(TensorFlow, "float32", marks=TENSORFLOW)],
)
def test_all_of_pytorch(adapter, dtype):
    assert sweep(adapter, list(pytorch_cases(dtype))) == []


@pytest.mark.parametrize("adapter", [pytest.param(TensorFlow, marks=TENSORFLOW)])
def test_all_of_tensorflow(adapter):
    """Explained: TensorFlow 2.21 refuses dilation beside explicit padding on the CPU, and says so."""
    cases = list(tensorflow_cases())
    other = sweep(adapter, cases)
    explained = {case.name for case in cases if not isinstance(case.words.padding, str) and max(case.dilations) > 1}
    assert {row.case for row in other} <= explained
    assert {row.message.partition("[")[0].strip() for row in other} <= {
        "InvalidArgumentError: Current CPU implementations do not yet support dilation rates larger than 1."
    }


@pytest.mark.parametrize("adapter", [pytest.param(Keras, marks=KERAS), pytest.param(KerasTorch, marks=KERAS_TORCH)])
def test_all_of_keras(adapter):
    """Explained: with SAME, an even kernel and output_padding 0, Keras asks for (n - 1) * s elements.

    No forward SAME convolution turns those into n, so that TensorFlow refuses what the PyTorch backend computes.
    """
    cases = list(keras_cases())
    other = sweep(adapter, cases)
    explained = {case.name for case in cases if adapter is Keras and any(map(_too_short, lower(case).axes))}
    assert {row.case for row in other} <= explained
    assert all(row.message.startswith("AbortedError: ") for row in other)


def _too_short(axis):
    return axis.out <= (axis.n - 1) * axis.s


def test_the_sizes_of_a_case_are_those_of_its_axes():
    case = pair("pytorch", AxisWords(1, 2, 3, 4, (0, 0), 2), AxisWords(4, 3, 2, 1, (1, 1), 0))
    height, width = full_geometry(case).axes
    assert (height.n, height.k, height.s, height.d) == (1, 2, 3, 4)
    assert (width.n, width.k, width.s, width.d) == (4, 3, 2, 1)
