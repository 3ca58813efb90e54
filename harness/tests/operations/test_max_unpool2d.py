"""Max unpooling against literal loops, its gradient against the adjoint, its rules, and every fault against the cases."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.core.errors import BadInputError
from harness.operations import operation
from harness.operations.max_unpool2d.case import MaxUnpoolCase
from harness.operations.max_unpool2d.oracle import references
from harness.tests.operations.asking import adjoint_holds, cases_of, problem_of, shipped, survivors, truths_of
from harness.tests.operations.test_index_spaces import FORMULAS

OP = "max_unpool2d"
SHIPPED = Path("cases/max_unpooling.yaml")
OPERATION: Any = operation(OP)
LEGAL = [case for case in shipped(SHIPPED) if not case.nominal]


def literally(case, x, indices, g):
    """Output and gradient, each index looked up among those of all elements of the output."""
    shape = (case.batch, case.channels, *case.size)
    y, grad = np.zeros(shape), np.zeros(x.shape)
    for n, c, i, j in np.ndindex(x.shape):
        for row, column in np.ndindex(case.size):
            if FORMULAS[case.space.name](n, c, row, column, *shape) == indices[n, c, i, j]:
                y[n, c, row, column] = x[n, c, i, j]
                grad[n, c, i, j] = g[n, c, row, column]
    return {"output": y, "input_grad": grad}


def agrees(case):
    arrays, found = truths_of(case)
    x, g = (arrays[name].astype(np.float64) for name in ("input", "cotangent"))
    wanted = literally(case, x, arrays["indices"], g)
    assert set(found) == set(wanted)
    assert all(np.array_equal(found[name], wanted[name], equal_nan=True) for name in found)
    return arrays, found


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.id)
def test_the_shipped_cases_are_those_of_loops_and_the_gradient_is_the_adjoint(case):
    arrays, found = agrees(case)
    x, g = (arrays[name].astype(np.float64) for name in ("input", "cotangent"))
    if np.all(np.isfinite(x)):

        def unpool(one):
            return references(case, {"input": one, "indices": arrays["indices"]})["output"].output

        assert adjoint_holds(unpool, x, g, found["input_grad"])


two = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(deadline=None, max_examples=150)
@given(two, two, two, st.sampled_from([None, "valid", "same"]), two, st.sampled_from(sorted(FORMULAS)))
def test_any_sizes_are_those_of_loops(size, pool, gap, padding, less, space):
    """Windows side by side or with gaps; the output as large as usual, or a little smaller or larger."""
    strides = (pool[0] + gap[0] - 1, pool[1] + gap[1] - 1)
    words = {"batch": 2, "channels": 2, "input_size": size, "pool_size": pool, "strides": strides, "padding": padding}
    case = MaxUnpoolCase(*("suite", "id", "about", "onnx"), **words, outputs=("output", "input_grad"))
    rows, columns = case.usual_size
    case = replace(case, output_size=(rows + 1 - less[0], columns + 1 - less[1]), index_space=space)
    assume(min(case.size) >= 1 and [axis.count for axis in case.axes] == list(size))
    assume(not any(axis.bare for axis in case.axes))
    agrees(case)


def test_every_fault_is_found_by_a_shipped_case():
    assert survivors(shipped(SHIPPED)) == (set(), [])


def test_drawn_indices_are_those_of_the_largest_elements_of_the_windows():
    """Each value stands inside of its own window, where the parameters lay it."""
    for case in LEGAL:
        if case.literals:
            continue
        arrays, _ = truths_of(case)
        where = case.space.coordinates(arrays["indices"])
        for letter, axis, at in zip("HW", case.axes, (2, 3), strict=True):
            for place in np.ndindex(arrays["indices"].shape):
                assert where[letter][place] in axis.taps(place[at])


@pytest.mark.parametrize(
    ("pick", "output", "gradient"),
    [("first", [1, 0, 3], [5, 0, 7]), ("last", [2, 0, 3], [0, 5, 7]), ("sum", [3, 0, 3], [5, 5, 7])],
)
def test_the_gradient_goes_with_the_reading(pick, output, gradient):
    case = MaxUnpoolCase("suite", "id", "about", "pytorch", input_size=(1, 3), pool_size=(1, 1))
    arrays = {"input": np.array([1.0, 2, 3]), "cotangent": np.array([5.0, 6, 7]), "indices": np.array([0, 0, 2])}
    found = references(case, {name: array.reshape(1, 1, 1, 3) for name, array in arrays.items()}, pick)
    assert found["output"].output.ravel().tolist() == output
    assert found["input_grad"].output.ravel().tolist() == gradient


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        ("pool_size: 0", "pool_size", "below 1"),
        ("strides: 0", "strides", "below 1"),
        ("output_size: [6, 6]", "output_size", "no pooling of 6 elements by 2, step 2, makes 2"),
        ("output_size: [2, 6]", "output_size", "no pooling of 2 elements"),
        ("dialect: tensorflow, padding: same, output_size: [2, 6]", "output_size", "no pooling of 2 elements"),
        ("dialect: tensorflow, padding: valid, output_size: [3, 6]", "output_size", "no pooling of 3 elements"),
        ("padding: same", "padding", "pytorch has no padding same"),
        ("indices: {layout: HW, values: [[0, 2, 4], [12, 14, -1]]}", "indices", "index -1 is outside"),
        ("indices: {layout: HW, values: [[0, 2, 4], [12, 14, 24]]}", "indices", "index 24 is outside"),
        (
            "dialect: tensorflow, channels: 2, indices: {layout: WC, values: [[0, 1], [2, 3], [36, 5]]}, input_size: [1, 3]",
            "indices",
            "index 36 is outside",
        ),
    ],
)
def test_rules_are_those_of_the_pooling_that_is_undone(words, key, said, tmp_path):
    size = "" if "input_size" in words else "input_size: [2, 3], "
    problem = problem_of(tmp_path, f"{{id: a, about: b, {size}{words}}}", op=OP)
    assert problem.key == f"cases.{key}"
    assert said in problem.message
    (case,) = cases_of(tmp_path, f"{{id: a, about: b, {size}{words}, expect: {{error: true}}}}", op=OP)
    assert said in OPERATION.objection(case)


@pytest.mark.parametrize(
    ("words", "key", "said"),
    [
        ("dialect: keras", "dialect", "no max unpooling is known in keras"),
        ("dtype: int64", "dtype", "run in floating point"),
        ("pool_size: 3, strides: 2", "strides", "an index comes twice"),
        ("indices: {layout: HW, values: [[0, 2, 4], [12, 14, 4]]}", "indices", "an index comes twice"),
        ("indices: {layout: HW, values: [[0, 2, 4], [12, 14, 1.5]]}", "indices", "no whole number"),
        (
            "dialect: tensorflow, channels: 2, indices: {layout: WC, values: [[0, 1], [2, 3], [7, 5]]}, input_size: [1, 3]",
            "indices",
            "names another channel",
        ),
        ("strides: 3, pool_size: 1, output_size: [2, 7]", "output_size", "no element to draw"),
        ("dialect: tensorflow, padding: 1", "padding", "no padding in numbers"),
        ("padding: [[0, 1], [0, 0]]", "padding", "one padding for both sides"),
        ("padding: -1", "padding", "below 0"),
        ("input_size: [6, 12], pool_size: 3, dtype: bfloat16", "input_size", "no 648 different numbers"),
    ],
)
def test_what_has_no_single_answer_is_no_case(words, key, said, tmp_path):
    size = "" if "input_size" in words else "input_size: [2, 3], "
    problem = problem_of(tmp_path, f"{{id: a, about: b, {size}{words}}}", op=OP)
    assert problem.key == f"cases.{key}"
    assert said in problem.message
    with pytest.raises(BadInputError):
        cases_of(tmp_path, f"{{id: a, about: b, {size}{words}, expect: {{error: true}}}}", op=OP)


def test_an_error_is_asked_in_the_indices_of_the_dialect(tmp_path):
    words = "index_space: nhwc, indices: {layout: HW, values: [[0, 2, 4], [12, 14, -1]]}, expect: {error: true}"
    with pytest.raises(BadInputError, match="translated first"):
        cases_of(tmp_path, f"{{id: a, about: b, input_size: [2, 3], {words}}}", op=OP)


def test_what_is_written_out_is_shown():
    found = {case.id: dict(case.shown)["data"] for case in LEGAL}
    assert found["published"] == "literal input and indices"
    assert found["indices-anywhere"] == "literal indices"
    assert found["layouts[layout=NHWC]"] == "seeded integers"


def test_the_published_values_go_back_to_their_places():
    (case,) = [case for case in LEGAL if case.id == "published"]
    _, found = truths_of(case)
    rows = found["output"].transpose(0, 2, 3, 1).reshape(4, 8).tolist()
    assert rows == [[0] * 8, [1, 5, 0, 0, 1, 5, 0, 0], [0] * 8, [3, 7, 0, 0, 3, 7, 0, 0]]
