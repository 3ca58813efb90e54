"""Readings of an ambiguous case whose results are written out: right, wrong and without sense."""

from typing import ClassVar

import numpy as np
import pytest

from harness.adapters.base import Adapter
from harness.adapters.program import Program
from harness.core.case import DTypeName
from harness.core.errors import BadInputError
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.engine.lane import Lane, Settings
from harness.engine.script import render_script
from harness.operations import operation_of
from harness.quality.lint import twin_readings
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen
from harness.tests.build import load_cases
from harness.tests.engine import runner

CONV = """suite: Readings
about: text
cases:
  - id: one
    about: text
    dialect: pytorch
    dtype: DTYPE
    strides: [1, 2]
    input: {layout: W, values: [1, 2]}
    kernel: {layout: W, values: [3, 4]}
    expect:
      readings:
        - {name: cut, because: b, crops: [[0, 0], [1, 0]]}
        - {name: longer, because: b, RESULT}
"""
LONGER = "layout: W, values: [3, 4, 6, 8, 5]"
POOL = """suite: Readings
op: max_pool2d_with_indices
about: text
cases:
  - id: one
    about: text
    pool_size: [1, 2]
    input: {layout: HW, values: [[2, 2, 1, 3]]}
    expect:
      readings:
        - {name: first, because: b}
        - {name: middle, because: b, RESULT}
"""
MIDDLE = "output: {layout: W, values: [2, 3]}, indices: {layout: W, values: [1, 3]}"


def load(folder, text, result, dtype="float32", change=("", "")):
    return load_cases(folder, text.replace("RESULT", result).replace("DTYPE", dtype).replace(*change))


def problem(*args, **rest):
    with pytest.raises(BadInputError) as caught:
        load(*args, **rest)
    (found,) = caught.value.problems
    return found


class Longer(Adapter):
    """Computes what the reading that is written out says; of other data it is not known."""

    name = "longer"
    dialect = "pytorch"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float32", "uint8")
    smoke = False
    lines: ClassVar[tuple[str, ...]] = ("import numpy as np",)
    result = "np.append(np.outer(input, kernel), input.sum() + 2)"

    def start(self):
        return {}

    def program(self, case):
        lines = (f"y = {self.result}.astype(input.dtype).reshape(1, 1, 1, -1)",)
        return Program({}, (), lines, arrays=("input", "kernel"), imports=self.lines)


class OneOff(Longer):
    result = "np.append(np.outer(input, kernel), input.sum() + 1)"


class Cut(Longer):
    result = "np.outer(input, kernel).ravel()[1:]"


class CutTwice(Longer):
    result = "np.outer(input, kernel).ravel()[2:]"


class Keeps(Longer):
    result = "KEPT.setdefault('longer', np.append(np.outer(input, kernel), input.sum() + 2))"
    lines: ClassVar[tuple[str, ...]] = ("import numpy as np", "KEPT = {}")


class KeepsCut(Keeps):
    result = "KEPT.setdefault('cut', np.outer(input, kernel).ravel()[1:])"


class CutOfTheFirst(Longer):
    """By one reading of the first data alone."""

    result = "np.outer(input, kernel).ravel()[1:] + (input.sum() != 3)"


class Alternates(Keeps):
    result = "np.append(np.outer(input, kernel), KEPT.setdefault('fives', [input.sum() + 2] * 2 + [0]).pop(0))"


class Zeros(Longer):
    result = "np.zeros(5)"


class Picks(Keeps):
    """A pooling of (1, 2) with the reading that is written out, and the first result for ever."""

    outputs = ("output", "indices")
    result = "KEPT.setdefault('pooled', np.array([2, 3]))"

    def computes(self, op):
        return True

    def program(self, case):
        lines = (f"y = {self.result}.astype(input.dtype).reshape(1, 1, 1, -1)", "indices = np.array([[[[1, 3]]]])")
        return Program({}, ("input",), lines, outputs=("output", "indices"), arrays=("input",), imports=self.lines)


class PicksAnew(Picks):
    result = "input[..., 1::2]"


def references(case, output):
    found = operation_of(case).oracle.prepare(case).tensors.readings(case, output)
    return [reference for _, reference in found if reference is not None]


def check_of(case, adapter):
    check = plan_check(case, chosen(adapter))
    assert check is not None
    return check


def row_of(case, adapter):
    return rows_of(case, adapter)["output"]


def rows_of(case, adapter):
    lane = Lane(chosen(adapter), Settings(), KnownDivergences())
    try:
        return {row.output: row for row in lane.run([check_of(case, adapter)])}
    finally:
        lane.close()


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_a_result_is_judged_as_it_is_written(tmp_path, dtype):
    (case,) = load(tmp_path, CONV, LONGER, dtype)
    assert case.outputs == ("output",)
    assert twin_readings(case) is None
    row = row_of(case, Longer)
    assert (row.verdict, row.message) == (Verdict.AMBIGUOUS, "reading 'longer'")
    row = row_of(case, OneOff)
    assert row.verdict is Verdict.DIVERGES
    assert row.message.startswith("no listed reading fits: ")
    assert row_of(case, CutTwice).verdict is Verdict.WRONG_SHAPE


@pytest.mark.parametrize(
    ("adapter", "verdict", "message"),
    [
        (Keeps, Verdict.STALE, "called on other data, it gives the result for the first"),
        (KeepsCut, Verdict.STALE, "called on other data, it gives the result for the first"),
        (CutOfTheFirst, Verdict.DIVERGES, "right at first, but called on other data of the same sizes: no listed "),
        (Alternates, Verdict.UNSTABLE, "two runs of the same call gave different bits: one of them is wrong"),
        (Longer, Verdict.AMBIGUOUS, "reading 'longer'"),
        (Cut, Verdict.AMBIGUOUS, "reading 'cut'"),
    ],
)
def test_the_call_is_made_on_other_data_too(tmp_path, adapter, verdict, message):
    (case,) = load(tmp_path, CONV, LONGER)
    row = row_of(case, adapter)
    assert row.verdict is verdict
    assert row.message.startswith(message)


def test_a_result_without_numbers_may_be_that_of_any_data(tmp_path):
    (case,) = load(tmp_path, CONV, "layout: W, values: [0, 0, 0, 0, 0]")
    assert row_of(case, Zeros).verdict is Verdict.AMBIGUOUS


def test_indices_may_be_those_of_other_data_and_values_not(tmp_path):
    (case,) = load(tmp_path, POOL, MIDDLE)
    assert {name: row.verdict for name, row in rows_of(case, Picks).items()} == {
        "output": Verdict.STALE,
        "indices": Verdict.AMBIGUOUS,
    }
    assert {row.verdict for row in rows_of(case, PicksAnew).values()} == {Verdict.AMBIGUOUS}


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_a_script_holds_what_comes_against_it(tmp_path, dtype):
    (case,) = load(tmp_path, CONV, LONGER, dtype)
    for adapter, code, words in (
        (Longer, 0, "this is longer"),
        (Cut, 0, "this is cut"),
        (OneOff, 1, "this is none of them"),
    ):
        path = tmp_path / "script.py"
        path.write_text(render_script(check_of(case, adapter)), encoding="utf-8")
        ended, printed = runner.run(str(path))
        assert (ended, words in printed) == (code, True), printed


def test_numbers_that_the_dtype_does_not_hold_are_rounded_to_it(tmp_path):
    (case,) = load(tmp_path, CONV, "layout: W, values: [0.1]")
    cut, written = references(case, "output")
    np.testing.assert_array_equal(cut.output, [[[[4, 6, 8]]]])
    np.testing.assert_array_equal(written.output, [[[[np.float32(0.1)]]]])
    assert written.is_exact(case)


def test_a_result_of_another_operation_has_its_indices(tmp_path):
    (case,) = load(tmp_path, POOL, MIDDLE)
    assert case.outputs == ("output", "indices")
    assert twin_readings(case) is None
    _, written = references(case, "indices")
    assert (written.output.ravel().tolist(), written.dtype) == ([1, 3], "int64")
    assert operation_of(case).description(case)["readings"][1] == "middle: written out. b"


def test_a_page_says_that_a_result_is_written_out(tmp_path):
    (case,) = load(tmp_path, CONV, LONGER)
    assert operation_of(case).description(case)["readings"][1] == "longer: written out. b"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (CONV, "layout: W, values: [4, 6, 8]"),
        (POOL, MIDDLE.replace("[1, 3]", "[0, 3]")),
    ],
)
def test_a_result_that_is_another_reading_is_refused(tmp_path, text, result):
    (case,) = load(tmp_path, text, result)
    found = twin_readings(case)
    assert found is not None
    assert found.message.endswith("are one: their results are equal")


@pytest.mark.parametrize(
    ("text", "result", "key", "message"),
    [
        (CONV, f"{LONGER}, refused: true", "readings", "reading 'longer' says that the call is refused, and what it"),
        (CONV, f"{LONGER}, crops: 0", "readings", "reading 'longer' states its result twice: crops and values"),
        (CONV, "values: [1]", "readings", "expected layout and values together"),
        (CONV, "layout: W", "readings", "reading 'longer' has no result"),
        (CONV, "crops: 0, layout: W", "readings", "expected values, or a file"),
        (CONV, "layout: CW, values: [[1], [2]]", "readings", "has 1 images of 2 channels, but the case 1 of 1"),
        (CONV, "layout: NW, values: [[1], [2]]", "readings", "has 2 images of 1 channels, but the case 1 of 1"),
        (CONV, "layout: W, values: [1.0e+300]", "", "1e+300 is too large for float32"),
        (POOL, "output: {layout: W, values: [2]}", "readings", "has no indices, which is requested"),
        (POOL, MIDDLE.replace("2, 3", "2"), "readings", "has outputs of the shapes [1, 1, 1, 1], [1, 1, 1, 2]"),
        (POOL, MIDDLE.replace("1, 3", "1, 2.5"), "readings.indices", "an index is no integer"),
        (POOL, f"{MIDDLE}, refused: true", "readings", "reading 'middle' says that the call is refused, and what it"),
        (POOL, MIDDLE.partition(", i")[2].join(["i", ""]), "readings", "reading 'middle' has indices alone"),
    ],
)
def test_what_is_wrong_with_a_result_is_named_at_its_place(tmp_path, text, result, key, message):
    found = problem(tmp_path, text, result)
    assert message in found.message
    assert found.key.removeprefix("cases.expect").removeprefix(".") == key
    assert found.line >= 9
    assert found.hint


def test_a_name_that_is_a_result_takes_no_other(tmp_path):
    found = problem(tmp_path, POOL, MIDDLE, change=("middle", "last"))
    assert found.message == "reading 'last' has a result by its name, and another one that is written out"


@pytest.mark.parametrize(
    ("text", "result", "line", "drawn"),
    [
        (CONV, LONGER, "    kernel: {layout: W, values: [3, 4]}\n", "kernel"),
        (POOL, MIDDLE, "    input: {layout: HW, values: [[2, 2, 1, 3]]}\n", "input"),
    ],
)
def test_all_data_of_a_result_must_be_written_out_too(tmp_path, text, result, line, drawn):
    sizes = "    kernel_size: [1, 2]\n" if drawn == "kernel" else "    input_size: [1, 4]\n"
    found = problem(tmp_path, text, result, change=(line, sizes))
    assert f"is written out, but the {drawn} is drawn" in found.message


def test_a_gradient_of_a_result_is_not_known(tmp_path):
    found = problem(tmp_path, CONV, LONGER, change=("    strides", "    outputs: [output, input_grad]\n    strides"))
    assert (found.message, found.hint) == (
        "the result of reading 'longer' has no input_grad, which is requested",
        "use `outputs: [output]`, or make them agree",
    )
