"""The public API: what its names are, what they cost, what a type checker makes of them, and what they give."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import harness
import harness.api
from harness.adapters.published_numpy import PublishedNumpy
from harness.operations.conv_transpose.case import Words, transposed_convolution

ROOT = Path(harness.__file__).parents[1]
SUITE = """
suite: S
about: a
defaults: {batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: 3, strides: 2}
cases:
  - {id: one, about: b, dialect: tensorflow, padding: same}
  - {id: refused, about: b, dialect: pytorch, padding: 1, output_padding: 7, expect: {error: true}}
  - id: open
    about: b
    dialect: tensorflow
    outputs: [output, input_grad]
    expect:
      readings:
        - {name: cropped at the end, because: c, crops: [[0, 1], [0, 1]]}
        - {name: refused, because: c, refused: true}
"""
ONE = "/one"
TYPED = """
from collections.abc import Callable
from typing import assert_type

import numpy as np

import harness
from harness import Adapter, AnyCase, BadInputError, Case, Inexpressible, NotConformingError, NothingRequestedError
from harness import Program, Result, Row, Verdict
from harness import check_adapter, crops_of, judge, load_cases, parametrize_with_cases, run, tensors_of


@parametrize_with_cases("pytorch", ["cases/bias.yaml"], match="bias")
def test_pytorch(check: Callable[[], tuple[Row, ...]]) -> None:
    assert_type(check(), tuple[Row, ...])


def use(mine: type[Adapter], case: Case, program: Program | Inexpressible) -> Verdict:
    try:
        rows = run(["cases"], ["keras", mine], match="same", jobs=2)
    except (BadInputError, NothingRequestedError) as error:
        print(error)
    assert_type(rows, tuple[Row, ...])
    assert_type(load_cases("cases"), list[AnyCase])
    y = tensors_of(case)["input"]
    assert_type(judge(case, y), Result)
    assert_type(crops_of(case), tuple[tuple[int, int], ...] | None)
    both = judge(case, {"output": y, "input_grad": np.zeros(3)})
    print(both["input_grad"].diagnosis, harness.__version__, case.strides)
    try:
        assert_type(check_adapter(mine), tuple[Row, ...])
    except NotConformingError as error:
        print(error.failures)
    return rows[0].verdict
"""
WRONG = """
from harness import judge, load_cases, parametrize_with_cases, run

run("cases", jobs="two")
parametrize_with_cases("keras", jobs=2)
judge(load_cases()[0], {"nonsense": [1.0]})
from harness import nonsense
"""


class DoesNotStart(PublishedNumpy):
    name = "does-not-start"

    def start(self):
        raise RuntimeError("out of order")


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """A suite in an otherwise empty working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "s.yaml"
    path.write_text(SUITE)
    return path


@pytest.fixture
def case(suite):
    return harness.load_cases(suite, match=ONE)[0]


def right(case):
    """The output and the gradient of the bias-free case by a literal loop: SAME crops one row and column at the end."""
    tensors = {name: array.astype(np.float64) for name, array in harness.tensors_of(case).items()}
    x, w, g = tensors["input"], tensors["kernel"], tensors["cotangent"]
    full, back = np.zeros((2, 3, 7, 9)), np.zeros_like(x)
    framed = np.pad(g, ((0, 0), (0, 0), (0, 1), (0, 1)))
    for i, j in np.ndindex(3, 4):
        window = (..., slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
        full[window] += np.einsum("nc,cokl->nokl", x[..., i, j], w)
        back[..., i, j] = np.einsum("nokl,cokl->nc", framed[window], w)
    return full[..., :6, :8].astype(np.float32), back.astype(np.float32)


def test_every_public_name_is_there_and_no_other():
    assert all(getattr(harness, name) is not None for name in harness.__all__)
    assert set(harness.__all__) <= set(dir(harness))
    with pytest.raises(AttributeError, match="nonsense"):
        harness.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_crops_state_a_case_of_any_dialect(suite):
    legal, refused, ambiguous = map(transposed_convolution, harness.load_cases(suite))
    assert harness.crops_of(legal) == ((0, 1), (0, 1))
    assert harness.crops_of(replace(legal, dialect="pytorch", words=Words(((1, 1), (0, 0)), (0, 1)))) == (
        (1, 1),
        (0, -1),
    )
    assert harness.crops_of(refused) is harness.crops_of(ambiguous) is None


def test_the_version_is_that_of_the_installed_package():
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert harness.__version__ == stated == version("transposed-convolution-harness")


def test_import_harness_imports_nothing_else():
    program = (
        "import sys, typing; old = set(sys.modules); import harness;"
        " print(len(set(sys.modules) - old), 'numpy' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, numpy = found.stdout.split()
    assert int(count) < 10
    assert numpy == "False"


def test_a_type_checker_accepts_right_uses_and_reports_wrong_ones(tmp_path):
    paths = [tmp_path / "typed.py", tmp_path / "wrong.py"]
    for path, text in zip(paths, (TYPED, WRONG), strict=True):
        path.write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml", *map(str, paths)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
    places = [line.partition(": ")[0].rpartition("/")[2] for line in found.splitlines() if ": error: " in line]
    assert places == ["wrong.py:4", "wrong.py:5", "wrong.py:6", "wrong.py:7"], found


def test_the_documented_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert doctest.testmod(harness.api) == (0, 8)


def test_run_returns_rows_and_writes_nothing(suite):
    rows = harness.run(suite, ["published-numpy"], match=ONE)
    assert [(row.case, row.adapter, row.verdict) for row in rows] == [
        ("s/one", "published-numpy", harness.Verdict.EXACT)
    ]
    assert list(suite.parent.iterdir()) == [suite]


def test_an_adapter_is_named_or_handed_over_as_class_or_object(suite):
    rows = harness.run(suite, "published-numpy", match=ONE)
    for adapter in ("published-numpy", PublishedNumpy, PublishedNumpy(), f"{PublishedNumpy.__module__}:PublishedNumpy"):
        again = harness.check_adapter(adapter, suite, match=ONE)
        assert [row.verdict for row in again] == [row.verdict for row in rows]


def test_an_adapter_that_a_worker_cannot_make_again_is_refused(suite):
    class Local(PublishedNumpy):
        pass

    made = PublishedNumpy()
    vars(made)["setting"] = 1
    for adapter, message in ((Local, "cannot import this class"), (made, "do not reach the worker")):
        with pytest.raises(harness.BadInputError, match=message):
            harness.run(suite, [adapter])


def test_a_failing_adapter_raises_with_its_rows(suite):
    with pytest.raises(AssertionError, match=r"1 of 1 verdicts fail \(1 broken\)") as raised:
        harness.check_adapter(DoesNotStart, suite, match=ONE)
    assert isinstance(raised.value, harness.NotConformingError)
    assert [row.case for row in raised.value.failures] == [row.case for row in raised.value.rows] == ["s/one"]
    assert "out of order" in str(raised.value)


def test_an_adapter_of_which_nothing_is_requested_does_not_conform(suite):
    with pytest.raises(harness.NothingRequestedError):
        harness.check_adapter(PublishedNumpy, suite, match="refused")
    suite.write_text(SUITE.replace("strides: 2", "strides: 3"))
    with pytest.raises(harness.NotConformingError, match="no check of a framework ran"):
        harness.check_adapter(PublishedNumpy, suite, match=ONE)


def test_the_shipped_cases_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert harness.load_cases(match="same_padding/odd-kernel-stride-2")


def test_right_arrays_are_exact(case):
    output, gradient = right(case)
    assert harness.judge(case, output).verdict is harness.Verdict.EXACT
    results = harness.judge(case, {"output": output, "input_grad": gradient})
    assert [str(result) for result in results.values()] == ["exact", "exact"]


def test_wrong_arrays_are_diagnosed(case):
    output, gradient = right(case)
    shifted = np.roll(output, 1, axis=(2, 3))
    results = harness.judge(case, {"output": shifted, "input_grad": -gradient})
    assert [result.verdict for result in results.values()] == [harness.Verdict.DIVERGES] * 2
    assert "values differ in" in results["output"].message
    assert "as if" in results["input_grad"].diagnosis


def test_an_error_is_an_answer(suite, case):
    refused = harness.load_cases(suite, match="refused")[0]
    assert str(harness.judge(refused, ValueError("too much\nmore"))).startswith("refuses: ValueError: too much; ")
    assert harness.judge(refused, np.zeros(3)).verdict is harness.Verdict.ACCEPTS
    assert harness.judge(case, ValueError("too much")).verdict is harness.Verdict.REJECTS


def test_all_arrays_must_follow_one_reading(suite):
    case = harness.load_cases(suite, match="open")[0]
    output, gradient = right(case)
    results = harness.judge(case, {"output": output, "input_grad": gradient})
    assert [str(result) for result in results.values()] == ["ambiguous: reading 'cropped at the end'"] * 2
    assert str(harness.judge(case, ValueError("no"))) == "ambiguous: reading 'refused': ValueError: no"
    mixed = harness.judge(case, {"output": ValueError("no"), "input_grad": gradient})
    assert mixed["input_grad"].verdict is harness.Verdict.DIVERGES


def test_a_literal_that_is_not_the_oracles_is_refused(tmp_path):
    sizes = "{dialect: pytorch, batch: 1, in_channels: 1, out_channels: 1, input_size: [1, 2], kernel_size: [1, 2]}"
    tensors = "input: {layout: W, values: [1, 2]}, kernel: {layout: W, values: [3, 5]}"
    case = f"{{id: a, about: b, {tensors}, expect: {{layout: W, values: [3, 11, 99]}}}}"
    (tmp_path / "s.yaml").write_text(f"suite: S\nabout: a\ndefaults: {sizes}\ncases:\n  - {case}\n")
    (stated,) = harness.load_cases(tmp_path / "s.yaml")
    with pytest.raises(harness.BadInputError, match="the oracle gives 10"):
        harness.judge(stated, np.array([3, 11, 10], np.float32).reshape(1, 1, 1, 3))


def test_an_output_that_the_case_has_not_is_an_error(case):
    with pytest.raises(ValueError, match="s/one has no bias_grad; its outputs are output, input_grad, kernel_grad"):
        harness.judge(case, {"bias_grad": np.zeros(3)})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"runs": 0}, "0 is no number of runs"),
        ({"runs": 2.5}, "2.5 is no number of runs"),
        ({"jobs": 0}, "0 is no number of processes"),
        ({"time_limit": 0}, "0 is no limit for a call"),
        ({"time_limit": float("nan")}, "nan is no limit for a call"),
        ({"suites": []}, "there is none"),
    ],
)
def test_a_wrong_setting_is_one_message(wrong, message):
    with pytest.raises(harness.BadInputError, match=re.escape(message)):
        harness.run(
            **{"suites": "cases/same_padding.yaml::odd-kernel-stride-2", "adapters": "published-numpy", **wrong}
        )
