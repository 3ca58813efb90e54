"""Suites whose tensors are in files: the same cases as with written values, and problems with their place."""

import numpy as np
import pytest

from harness.core.errors import BadInputError
from harness.engine.survey import survey
from harness.operations import operation_of
from harness.suites.expected_values import check_expected
from harness.tests.build import load_cases

X, W = np.array([[1, 2], [3, 4]], np.float32), np.array([[1, -2], [3, 5]], np.float32)
Y = np.array([[1, 0, -4], [6, 9, 2], [9, 27, 20]], np.float32)
SUITE = """suite: Files
about: text
cases:
  - id: one
    about: text
    dtype: {dtype}
    input: {{file: in.npz, key: x, layout: {layout}}}
    kernel: {{file: {kernel}, layout: HW}}
    expect: {{file: y.npy, layout: HW}}
"""
UNPOOL = """suite: Files
op: max_unpool2d
about: text
cases:
  - id: one
    about: text
    pool_size: 2
    input: {file: x.npy, layout: HW}
    indices: {file: at.npy, layout: HW}
    expect: {output: {file: y.npy, layout: HW}}
"""


def text(dtype="float32", layout="HW", kernel="w.json"):
    return SUITE.format(dtype=dtype, layout=layout, kernel=kernel)


@pytest.fixture
def folder(tmp_path):
    np.savez(tmp_path / "in.npz", x=X)
    (tmp_path / "w.json").write_text(str(W.tolist()))
    np.save(tmp_path / "y.npy", Y)
    return tmp_path


def problem(folder, text):
    with pytest.raises(BadInputError) as caught:
        load_cases(folder, text)
    (found,) = caught.value.problems
    return found


def test_a_case_has_the_numbers_of_its_files(folder):
    (case,) = load_cases(folder, text())
    check_expected([case])
    tensors = operation_of(case).oracle.prepare(case).tensors.named
    np.testing.assert_array_equal(tensors["input"], X[None, None])
    np.testing.assert_array_equal(tensors["kernel"], W[None, None])
    assert (case.input_size, case.kernel_size) == ((2, 2), (2, 2))


def test_expected_values_in_a_file_are_held_against_the_oracle(folder):
    np.save(folder / "y.npy", Y + np.float32(1))
    with pytest.raises(BadInputError, match=r"the oracle gives 1 at .* the values say 2"):
        check_expected(load_cases(folder, text()))


@pytest.mark.parametrize(("dtype", "close", "far"), [("float32", 1, 60), ("float16", 0, 2)])
def test_they_may_differ_by_what_their_own_dtype_rounds(folder, dtype, close, far):
    """The expected values are those of real numbers in float32, or rounded to float16 as a file holds them."""
    generator = np.random.default_rng(1)
    x, w = generator.normal(size=(2, 2, 2)).astype(np.float32)
    np.savez(folder / "in.npz", x=x)
    (folder / "w.json").write_text(str(w.tolist()))
    y = np.zeros((3, 3))
    for i, j in np.ndindex(2, 2):
        y[i : i + 2, j : j + 2] += x[i, j].astype(np.float64) * w
    rounded = y.astype(dtype)
    step = np.spacing(np.abs(rounded[1, 1]))
    rounded[1, 1] += close * step
    np.save(folder / "y.npy", rounded)
    check_expected(load_cases(folder, text()))
    rounded[1, 1] += far * step
    np.save(folder / "y.npy", rounded)
    with pytest.raises(BadInputError, match="the oracle gives"):
        check_expected(load_cases(folder, text()))


def test_another_content_is_another_case(folder):
    before = survey(load_cases(folder, text()), ()).digests
    assert survey(load_cases(folder, text()), ()).digests == before
    np.savez(folder / "in.npz", x=X[::-1])
    np.save(folder / "y.npy", np.array([[3, -2, -8], [10, 27, 16], [3, 11, 10]], np.float32))
    after = survey(load_cases(folder, text()), ()).digests
    assert after != before
    assert set(after) == set(before)


@pytest.mark.parametrize(
    ("written", "line", "key", "message", "hint"),
    [
        (text(dtype="float16"), 7, "cases.input.file", "the file holds float32, of which float16", "narrower"),
        (text(dtype="int32"), 7, "cases.input.file", "the file holds float32, of which int32", "narrower"),
        (text(layout="CHW"), 7, "cases.input", "layout CHW has 3 axes but values have 2", "the shape [2, 2]"),
        (text(kernel="none.npy"), 8, "cases.kernel", "file 'none.npy': there is no such file", "folder of the suite"),
        (text(kernel="../w.json"), 8, "cases.kernel", "lies outside of the folder", "copy it there"),
        (text(kernel="in.npz, key: w"), 8, "cases.kernel", "it has no array 'w'", "it holds x"),
        (text(kernel="w.json, values: [[1]]"), 8, "cases.kernel", "expected values, or a file", "values: [[1, 2]]"),
        (text().replace("file: y.npy, ", "key: y, "), 9, "cases.expect", "expected layout and values", ""),
        (text().replace("file: y.npy", "shape: [3, 3], key: y"), 9, "cases.expect", "expected values, or a file", ""),
        (
            text(kernel="w.json").replace("file: w.json, ", ""),
            8,
            "cases.kernel",
            "expected values, or a file",
            "values",
        ),
        (text().replace("file: y.npy, ", "shape: [3, 3], file: y.npy, "), 9, "cases.expect", "layout and shape", ""),
        (text() + "    input_size: 3\n", 7, "cases.input", "the values have 2 along H, but the case has 3", "agree"),
        (text() + "    padding: 1\n", 9, "cases.expect", "the values have 3 along H, but the case has 1", "agree"),
    ],
)
def test_problems_say_where_in_the_suite(folder, written, line, key, message, hint):
    found = problem(folder, written)
    assert (found.line, found.key, found.case) == (line, key, "one")
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    "content", ['[["x"]]', "[[true]]", "[[null]]", '{"x": 1}', "[[1, 2], [3]]", "[" * 300 + "]" * 300]
)
def test_json_that_is_no_tensor_is_refused(folder, content):
    (folder / "w.json").write_text(content)
    assert problem(folder, text()).key == "cases.kernel"


def test_the_other_cases_of_the_file_stay(folder):
    from harness.suites.registry import load_good
    from harness.tests.build import write_suite

    wrong = text(kernel="none.npy").partition("cases:\n")[2].replace("id: one", "id: two")
    (suite,), problems = load_good([write_suite(folder, text() + wrong)])
    assert [case.id for case in suite.cases()] == ["one"]
    assert [problem.case for problem in problems] == ["two"]


def test_images_and_their_indices_too(tmp_path):
    x, at = np.array([[5, 6]], np.float32), np.array([[0, 7]], np.int64)
    y = np.zeros((2, 4), np.float32)
    y.reshape(-1)[at] = x
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "at.npy", at)
    np.save(tmp_path / "y.npy", y)
    (case,) = load_cases(tmp_path, UNPOOL)
    check_expected([case])
    np.testing.assert_array_equal(operation_of(case).oracle.prepare(case).tensors.named["indices"], at[None, None])
    np.save(tmp_path / "at.npy", at.astype(np.float32))
    found = problem(tmp_path, UNPOOL)
    assert (found.line, found.key) == (9, "cases.indices.file")
    np.save(tmp_path / "at.npy", at)
    np.save(tmp_path / "y.npy", y.astype(np.float64))
    found = problem(tmp_path, UNPOOL)
    assert (found.line, found.key) == (10, "cases.expect.output.file")
    assert "the file holds float64, of which float32" in found.message
