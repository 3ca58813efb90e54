"""Max pooling against literal loops, its gradient against the adjoint, its rules, and every fault against the cases."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.core.case import Expect, Reading
from harness.operations import operation
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_pool2d_with_indices.oracle import references
from harness.tests.operations.asking import adjoint_holds, cases_of, problem_of, shipped, survivors, truths_of
from harness.tests.operations.test_index_spaces import FORMULAS

OP = "max_pool2d_with_indices"
SHIPPED = Path("cases/max_pooling_with_indices.yaml")
OPERATION: Any = operation(OP)
LEGAL = [case for case in shipped(SHIPPED) if not case.nominal]


def starts(case, axis):
    """Where windows begin, found by walking along the axis."""
    n, s = case.input_size[axis], (case.strides or case.pool_size)[axis]
    extent = (case.pool_size[axis] - 1) * case.dilations[axis] + 1
    if case.padding in ("same", "same_lower"):
        found = list(range(0, n, s))
        first, last = 0, 0
        while found[-1] + extent > n + first + last:
            at_end = first == last if case.padding == "same" else first > last
            first, last = (first, last + 1) if at_end else (first + 1, last)
        return [start - first for start in found]
    first, last = (0, 0) if case.padding in (None, "valid") else case.padding[axis]
    found = [start for start in range(-first, n + last, s) if start + extent <= n + last]
    if case.ceil_mode and found[-1] + extent < n + last:
        found.append(found[-1] + s)
    return [start for start in found if start < n] if case.ceil_mode else found


def literally(case, x, g):
    """Output, indices and gradient by loops over windows and their elements."""
    rows, columns = starts(case, 0), starts(case, 1)
    y = np.full((case.batch, case.channels, len(rows), len(columns)), -np.inf)
    indices, grad = np.zeros(y.shape), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(y.shape):
        best: Any = None
        for a in range(case.pool_size[0]):
            for b in range(case.pool_size[1]):
                row, column = rows[i] + a * case.dilations[0], columns[j] + b * case.dilations[1]
                if not (0 <= row < case.input_size[0] and 0 <= column < case.input_size[1]):
                    continue
                if best is None or x[n, c, row, column] > x[n, c, best[0], best[1]]:
                    best = (row, column)
        y[n, c, i, j] = x[n, c, best[0], best[1]]
        indices[n, c, i, j] = FORMULAS[case.space.name](n, c, *best, *case.input_shape)
        grad[n, c, best[0], best[1]] += g[n, c, i, j]
    return {"output": y, "indices": indices, "input_grad": grad}


def agrees(case):
    arrays, found = truths_of(case)
    g = arrays.get("cotangent", np.zeros(found["output"].shape)).astype(np.float64)
    wanted = literally(case, arrays["input"].astype(np.float64), g)
    assert {name: found[name].tolist() for name in found} == {name: wanted[name].tolist() for name in found}
    return arrays, found


@pytest.mark.parametrize("case", [case for case in LEGAL if case.data != "real"], ids=lambda case: case.id)
def test_the_shipped_cases_are_those_of_loops_and_the_gradient_is_the_adjoint(case):
    arrays, found = agrees(case)
    if "cotangent" not in arrays:
        return
    x, g = (arrays[name].astype(np.float64) for name in ("input", "cotangent"))
    if np.all(np.isfinite(x)):
        assert adjoint_holds(lambda one: references(case, {"input": one})["output"].output, x, g, found["input_grad"])


small = st.tuples(st.integers(1, 3), st.integers(1, 3))
pads = st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2)


@settings(deadline=None, max_examples=150)
@given(
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    small,
    small,
    small,
    st.one_of(st.sampled_from([None, "valid", "same", "same_lower"]), pads),
    st.booleans(),
    st.sampled_from(sorted(FORMULAS)),
)
def test_any_windows_are_those_of_loops(size, pool, strides, dilations, padding, ceil, space):
    case = MaxPoolCase(
        suite="suite",
        id="id",
        about="about",
        dialect="onnx",
        batch=2,
        channels=2,
        input_size=size,
        pool_size=pool,
        strides=strides,
        dilations=dilations,
        padding=padding,
        index_space=space,
        ceil_mode=ceil and not isinstance(padding, str),
        outputs=("output", "indices", "input_grad"),
    )
    axes = case.axes
    extents = [(k - 1) * d + 1 for k, d in zip(pool, dilations, strict=True)]
    fits = all(n + sum(p) >= e for n, p, e in zip(size, case.pads, extents, strict=True))
    assume(fits or padding in ("same", "same_lower"))
    # the walk along an axis begins with a window that fits
    assert [axis.count for axis in axes] == [len(starts(case, 0)), len(starts(case, 1))]
    assume(all(axis.count >= 1 and not axis.bare for axis in axes))
    agrees(case)


def test_every_fault_is_found_by_a_shipped_case():
    assert survivors(shipped(SHIPPED)) == (set(), [])


def test_drawn_data_have_no_ties():
    for case in LEGAL:
        if not case.literals:
            x = truths_of(case)[0]["input"].astype(np.float64)
            assert all(len(set(plane)) == len(plane) for plane in x.reshape(-1, x.shape[2] * x.shape[3]).tolist())


def pooled(values, pick, **words):
    """The reference of one reading for a window of 2 × 2, as (value, index)."""
    case = MaxPoolCase("suite", "id", "about", "pytorch", input_size=(2, 2), **words)
    found = references(case, {"input": np.array(values, np.float64).reshape(1, 1, 2, 2)}, pick)
    return found["output"].output.item(), found["indices"].output.item()


@pytest.mark.parametrize(
    ("values", "pick", "value", "index"),
    [
        ([1, 3, 3, 2], "first", 3, 1),
        ([1, 3, 3, 2], "last", 3, 2),
        ([-np.inf] * 4, "first", -np.inf, 0),
        ([-np.inf] * 4, "last", -np.inf, 3),
        ([1, np.nan, 3, 2], "nan", np.nan, 1),
        ([1, np.nan, 3, 2], "number", 3, 2),
        ([np.inf, np.nan, 3, 2], "nan", np.nan, 1),
        ([-np.inf, np.nan, -np.inf, np.nan], "number", -np.inf, 0),
        ([np.nan] * 4, "nan", np.nan, 0),
        ([np.nan] * 4, "number", np.nan, 0),
    ],
)
def test_readings_differ_where_there_is_no_single_maximum(values, pick, value, index):
    assert np.array_equal(pooled(values, pick), (value, index), equal_nan=True)


def test_a_window_without_an_element_has_the_value_of_the_padding_and_an_index_of_the_image():
    words = {"strides": (1, 1), "padding": ((1, 1), (1, 1)), "dilations": (3, 3)}
    assert pooled([1, 2, 3, 4], "first", **words) == (-np.inf, 0)


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        ("pool_size: 0", "pool_size", "below 1"),
        ("pool_size: 2, strides: 0", "strides", "below 1"),
        ("pool_size: 2, dilations: 0", "dilations", "below 1"),
        ("pool_size: 2, padding: -1", "padding", "below 0"),
        ("pool_size: 3, padding: 2", "padding", "2 is more than half of 3"),
        ("pool_size: 3, padding: 2, dilations: 2", "padding", "2 is more than half of 3"),
        ("pool_size: 3, padding: [[0, 1], [0, 0]]", "padding", "one padding for both sides"),
        ("pool_size: 3, padding: same", "padding", "no name"),
        ("pool_size: 6", "pool_size", "a window of 6 does not fit"),
        ("pool_size: 2, dialect: tensorflow, padding: 1", "padding", "has no name in tensorflow"),
        ("pool_size: 2, dialect: keras, padding: same_lower", "padding", "has no name in keras"),
        ("pool_size: 2, dialect: keras, dilations: 2", "dilations", "keras has none"),
        ("pool_size: 2, dialect: tensorflow, ceil_mode: true", "ceil_mode", "tensorflow has none"),
    ],
)
def test_rules_are_those_of_the_dialect(words, key, said, tmp_path):
    problem = problem_of(tmp_path, f"{{id: a, about: b, input_size: 5, {words}}}", op=OP)
    assert problem.key == f"cases.{key}"
    assert said in problem.message
    (case,) = cases_of(tmp_path, f"{{id: a, about: b, input_size: 5, {words}, expect: {{error: true}}}}", op=OP)
    assert said in OPERATION.objection(case)


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        ("input_size: 5, dialect: jax", "dialect", "no max pooling is known in jax"),
        ("input_size: 5, dtype: int32", "dtype", "run in floating point"),
        ("input_size: 5, indices: {layout: HW, values: [[1]]}", "indices", "takes no indices"),
        ("input_size: 23, dtype: bfloat16", "input_size", "no 529 different numbers"),
        ("input_size: 2, strides: 1, padding: 1, dilations: 3", "padding", "a window holds no element"),
        ("input: {layout: HW, values: [[1, 2], [2, 0]]}", "input", "no single maximum"),
        ("input: {layout: HW, values: [[1, 2], [.nan, 0]]}", "input", "no single maximum"),
        ("input_size: 1, dialect: tensorflow, padding: valid", "pool_size", "no elements to compare"),
    ],
)
@pytest.mark.parametrize("error", [False, True])
def test_what_has_no_single_answer_is_no_case(words, key, said, error, tmp_path):
    end = ", expect: {error: true}" if error else ""
    problem = problem_of(tmp_path, f"{{id: a, about: b, pool_size: 2, {words}{end}}}", op=OP)
    assert problem.key == ("cases.expect" if error else f"cases.{key}")
    assert ("an error is expected" if error else said) in problem.message


def test_equal_numbers_may_be_written_out_with_readings_or_with_their_indices(tmp_path):
    tied = "id: a, about: b, pool_size: 2, input: {layout: HW, values: [[1, 2], [2, 0]]}"
    readings = "[{name: first, because: c}, {name: last, because: c}]"
    (case,) = cases_of(tmp_path, f"{{{tied}, expect: {{readings: {readings}}}}}", op=OP)
    assert case.expect == Expect(readings=(Reading("first", "c"), Reading("last", "c")))
    wanted = "{output: {layout: HW, values: [[2]]}, indices: {layout: HW, values: [[1]]}}"
    (case,) = cases_of(tmp_path, f"{{{tied}, expect: {wanted}}}", op=OP)
    assert OPERATION.oracle.expected_problem(case) is None


def test_the_published_indices_are_those_of_the_first_of_equal_numbers():
    (case,) = [case for case in LEGAL if case.id == "published"]
    _, found = truths_of(case)
    assert found["output"].transpose(0, 2, 3, 1).ravel().tolist() == [1, 5, 1, 5, 3, 7, 3, 7]
    assert found["indices"].transpose(0, 2, 3, 1).ravel().tolist() == [8, 9, 12, 13, 24, 25, 28, 29]
