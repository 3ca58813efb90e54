"""Carrying a plan out: layouts, groups, crops, late biases and what counts as stable."""

from __future__ import annotations

from itertools import count, product

import numpy as np
import pytest

from harness.adapters.plan import Plan, execute
from harness.adapters.program import Inexpressible

X = np.arange(2 * 4 * 3 * 5, dtype=np.float32).reshape(2, 4, 3, 5)
W = np.arange(4 * 2 * 2 * 3, dtype=np.float32).reshape(4, 2, 2, 3)
B = np.array([10, 20, 30, 40], np.float32)
SMALL = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 2, 3)


def a_plan(**changes):
    values = {
        "route": "native",
        "call": {},
        "data_layout": "NCHW",
        "kernel_layout": "IOHW",
        "given_layout": "NCHW",
    }
    return Plan(**{**values, **changes})


def returning(value):
    """An adapter whose every call gives ``value``."""
    return lambda call, x, w, b: lambda: value


def run(plan, result, *, b=None, runs=1):
    return execute(returning(result), plan, X, W, b, runs)[0]


class Recorder:
    """Echoes its input and remembers how it was prepared."""

    def __init__(self):
        self.prepared = []

    def __call__(self, call, x, w, b):
        self.prepared.append((x, w, b))
        return lambda: x


def test_native_data_go_in_untouched():
    recorder = Recorder()
    output, stable = execute(recorder, a_plan(), X, W, B, 2)
    ((x, w, b),) = recorder.prepared
    assert np.array_equal(x, X)
    assert np.array_equal(w, W)
    assert b is None
    assert stable
    assert np.array_equal(output, X)


@pytest.mark.parametrize(("given", "seen"), list(product(["NCHW", "NHWC"], repeat=2)))
def test_layouts(given, seen):
    recorder = Recorder()
    output, _ = execute(recorder, a_plan(given_layout=given, data_layout=seen), X, W, None, 1)
    ((x, _, _),) = recorder.prepared
    assert x.shape == ((2, 4, 3, 5) if seen == "NCHW" else (2, 3, 5, 4))
    assert np.array_equal(output, X)
    assert output.flags.c_contiguous
    assert x.flags.c_contiguous == (given == seen), "another layout is a view, as a user's transpose makes it"


def test_kernel_layout():
    recorder = Recorder()
    execute(recorder, a_plan(kernel_layout="HWOI"), X, W, None, 1)
    ((_, w, _),) = recorder.prepared
    assert w.shape == (2, 3, 2, 4)
    assert w[1, 2, 0, 3] == W[3, 0, 1, 2]
    assert w.flags.c_contiguous


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_groups_are_split_and_joined_in_order(layout):
    recorder = Recorder()
    plan = a_plan(splits=2, given_layout=layout, data_layout=layout, bias="native", kernel_layout="HWOI")
    output, _ = execute(recorder, plan, X, W, B, 1)
    assert [w.shape for _, w, _ in recorder.prepared] == [(2, 3, 2, 2)] * 2
    assert [b.tolist() for _, _, b in recorder.prepared] == [[10, 20], [30, 40]]
    assert np.array_equal(output, X)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        (((0, 0), (1, 0)), [[2, 3], [5, 6]]),
        (((1, 0), (0, 2)), [[4]]),
        (((0, 0), (0, -1)), [[1, 2, 3, 0], [4, 5, 6, 0]]),
        (((-1, 1), (0, 0)), [[0, 0, 0], [1, 2, 3]]),
        (((1, -1), (2, 0)), [[6], [0]]),
        (((0, 1), (5, -3)), [[0]]),
        (((0, 1), (-3, 5)), [[0]]),
        (((3, -2), (0, 2)), [[0]]),
    ],
)
def test_crops(crop, expected):
    assert run(a_plan(crop=crop), SMALL)[0, 0].tolist() == expected


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_crops_are_of_rows_and_columns_in_every_layout(layout):
    plan = a_plan(crop=((1, 0), (0, 2)), given_layout=layout, data_layout=layout)
    held = SMALL if layout == "NCHW" else SMALL.transpose(0, 2, 3, 1)
    assert run(plan, held)[0, 0].tolist() == [[4]]


def test_a_late_bias_reaches_appended_zeros():
    output = run(a_plan(crop=((0, 0), (0, -1)), bias="after"), X, b=B)
    assert output.dtype == np.float32
    assert output[0, :, 0, -1].tolist() == B.tolist()
    assert output[1, 3, 0, 0] == X[1, 3, 0, 0] + 40


def test_only_a_late_bias_is_added_here():
    for place in ("none", "native"):
        assert np.array_equal(run(a_plan(bias=place), X, b=B), X)


@pytest.mark.parametrize("shape", [(), (3,), (2, 4, 3), (2, 4, 3, 5, 1)], ids=lambda shape: f"rank {len(shape)}")
def test_a_result_of_another_rank_is_handed_on(shape):
    assert run(a_plan(crop=((1, 0), (0, 0)), bias="after"), np.zeros(shape), b=B).shape == shape


def test_a_result_that_is_smaller_than_its_crop_is_empty():
    assert run(a_plan(crop=((0, 5), (4, 0))), SMALL).shape == (1, 1, 0, 0)


@pytest.mark.parametrize(("runs", "calls"), [(1, 1), (2, 2), (5, 5)])
def test_runs(runs, calls):
    counter = count()

    def prepare(call, x, w, b):
        return lambda: x + next(counter) * 0

    assert execute(prepare, a_plan(), X, W, None, runs)[1]
    assert next(counter) == calls


@pytest.mark.parametrize(
    "change",
    [
        lambda y, run: y + run,
        lambda y, run: y.astype(np.float64) if run else y,
        lambda y, run: y[:1] if run else y,
        lambda y, run: -(y * 0) if run else y * 0,
    ],
    ids=["values", "dtype", "shape", "sign of zero"],
)
def test_runs_that_differ_in_any_bit_are_unstable(change):
    counter = count()
    first, stable = execute(lambda call, x, w, b: lambda: change(x, next(counter)), a_plan(), X, W, None, 3)
    assert not stable
    assert first.shape == X.shape


def test_a_result_in_memory_that_is_used_again_is_seen_to_change():
    kept = X.copy()

    def call():
        kept.__iadd__(1)
        return kept

    first, stable = execute(lambda *_: call, a_plan(), X, W, None, 2)
    assert not stable
    assert np.array_equal(first, X + 1)


def test_equal_nans_are_stable():
    assert execute(returning(np.full_like(X, np.nan)), a_plan(), X, W, None, 2)[1]


def test_from_dict_refuses_what_a_plan_does_not_know():
    with pytest.raises(TypeError):
        Plan.from_dict({**a_plan().to_dict(), "rotate": True})


def test_a_reason_is_all_that_an_inexpressible_case_has():
    assert Inexpressible("why").reason == "why"


@pytest.mark.parametrize("name", ["input", "kernel", "bias"])
def test_a_given_tensor_is_ones_in_place_of_the_permuted_one(name):
    position = ["input", "kernel", "bias"].index(name)
    recorder, usual = Recorder(), Recorder()
    plan = a_plan(data_layout="NHWC", kernel_layout="HWOI", bias="native")
    execute(usual, plan, X, W, B, 1)
    execute(recorder, a_plan(**{**plan.to_dict(), "given": {name: ((7, 1), "float64")}}), X, W, B, 1)
    ((*tensors,),) = recorder.prepared
    replaced = tensors.pop(position)
    assert (replaced.shape, replaced.dtype, set(replaced.ravel())) == ((7, 1), np.float64, {1.0})
    ((*others,),) = usual.prepared
    del others[position]
    assert all(np.array_equal(one, other) for one, other in zip(tensors, others, strict=True))


def test_a_given_dtype_keeps_the_shape_and_a_given_shape_the_dtype():
    recorder = Recorder()
    given = {"input": (None, "int32"), "kernel": ((), None)}
    execute(recorder, a_plan(data_layout="NHWC", given=given), X, W, None, 1)
    ((x, w, b),) = recorder.prepared
    assert (x.shape, x.dtype) == ((2, 3, 5, 4), np.int32)
    assert (w.shape, w.dtype) == ((), np.float32)
    assert b is None
