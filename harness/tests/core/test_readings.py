"""One reading of an ambiguous case fits all that a check gives, or the mixture is named; and no two readings are one."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from harness.__main__ import main
from harness.core.case import Expect, OutputName, Reading
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.outcome import Raised, Value
from harness.core.readings import MIXED, Judged, judge_together
from harness.core.results import Judgement, Verdict
from harness.engine.check import plan_check
from harness.engine.lane import Lane, Settings
from harness.engine.script import render_script
from harness.operations import OPERATIONS, operation_of
from harness.quality.lint import twin_readings
from harness.quality.soundness.search import search
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases, write_suite
from harness.tests.mixing import First, GradientsByAnother, GradientsRefused, OtherDataByAnother, Refusing
from harness.tests.operations.asking import cases_of
from harness.tests.operations.small import SIZES, SMALL

REFUSED = "{name: refused, because: b, refused: true}"
EITHER = "readings: [{name: computed, because: b}, " + REFUSED + "]"
FIRST_LAST = "readings: [{name: first, because: b}, {name: last, because: b}"
LAST_FIRST = "readings: [{name: last, because: b}, {name: first, because: b}"
TIED = "pool_size: [1, 2], strides: [1, 1], input: {layout: HW, values: [[2, 2, 1, 3]]}"
TWICE = "pool_size: 2, input: {layout: HW, values: [[1, 2, 3]]}, indices: {layout: HW, values: [[0, 0, 4]]}"
ENTRIES = {op: ", ".join([SIZES, words, "expect: {" + EITHER + "}"]).replace("; ", ", ") for op, words in SMALL.items()}
ENTRIES |= {
    "conv_transpose2d": "input_size: [2, 3], kernel_size: 3, strides: 2, outputs: [output, input_grad, kernel_grad],"
    " dialect: pytorch, expect: {readings: [{name: begin, because: b, crops: [[1, 0], [1, 0]]}, " + REFUSED + "]}",
    "max_pool2d_with_indices": TIED + ", expect: {" + FIRST_LAST + ", " + REFUSED + "]}",
    "max_unpool2d": TWICE + ", expect: {" + FIRST_LAST + ", " + REFUSED + "]}",
    "resize2d": "input_size: [2, 3], output_size: [4, 6], expect: {" + EITHER + "}",
}
NO = Raised("ValueError", "no")
CROPS = (((1, 0), (1, 0)), ((0, 1), (0, 1)))
SIDES = tuple(Reading(name, "text", crops) for name, crops in zip(("begin", "end"), CROPS, strict=True))
REFUSAL = Reading("refused", "text", refused=True)


def case_of(tmp_path, op, entry=None):
    (case,) = cases_of(tmp_path, f"{{id: one, about: a, {entry or ENTRIES[op]}}}", op=op)
    return case


def results(case, reading):
    """What an implementation that follows the reading called so gives for each output."""
    prepared = operation_of(case).oracle.prepare(case)
    found = {}
    for name in case.outputs:
        reference = next(reference for one, reference in prepared.tensors.readings(case, name) if one.name == reading)
        assert reference is not None
        found[name] = Value(reference.output.astype(DTYPES[reference.dtype or case.dtype].numpy))
    return found


def judged(case, outcomes):
    prepared = operation_of(case).oracle.prepare(case)

    def judge_one(read, name):
        return Judged(judge(read, prepared.tensors, None, outcomes[name], name), prepared, outcomes[name])

    return judge_together(case, outcomes, judge_one)


def said(found):
    return {name: (one.judgement.verdict, one.judgement.message) for name, one in found.items()}


def first_name(case):
    return case.expect.readings[0].name


@pytest.mark.parametrize("op", OPERATIONS)
def test_one_reading_throughout_is_ambiguous_with_its_name(op, tmp_path):
    case = case_of(tmp_path, op)
    assert len(case.outputs) > 1
    for reading in (one.name for one in case.expect.readings if not one.refused):
        right = dict.fromkeys(case.outputs, (Verdict.AMBIGUOUS, f"reading {reading!r}"))
        assert said(judged(case, results(case, reading))) == right


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_refused_reading_fits_what_the_framework_raises(op, tmp_path):
    case = case_of(tmp_path, op)
    assert said(judged(case, {"output": NO})) == {"output": (Verdict.AMBIGUOUS, "reading 'refused': ValueError: no")}
    expect = Expect(readings=tuple(one for one in case.expect.readings if not one.refused))
    assert judged(replace(case, expect=expect), {"output": NO})["output"].judgement.verdict is Verdict.REJECTS


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_gradient_that_is_refused_where_the_call_is_not_is_a_mixture(op, tmp_path):
    case = case_of(tmp_path, op)
    found = judged(case, {**results(case, first_name(case)), "input_grad": NO})
    assert found["output"].judgement.verdict is Verdict.AMBIGUOUS
    one = found["input_grad"]
    assert one.judgement.verdict is Verdict.DIVERGES
    assert one.judgement.message.endswith("input_grad is as reading 'refused': ValueError: no")
    assert one.explanation is not None
    assert one.explanation.text.endswith(f"reading {first_name(case)!r}, input_grad follows reading 'refused'")


@pytest.mark.parametrize("op", ["max_pool2d_with_indices", "max_unpool2d"])
@pytest.mark.parametrize("order", [("first", "last"), ("last", "first")])
def test_a_gradient_by_another_reading_is_named(op, order, tmp_path):
    case = case_of(tmp_path, op)
    assert case.outputs[-1] == "input_grad"
    by, other = (results(case, reading) for reading in order)
    found = judged(case, {**by, "input_grad": other["input_grad"]})
    alone = [one.judgement.message for name, one in found.items() if name != "input_grad"]
    assert set(alone) == {f"reading {order[0]!r}"}
    one = found["input_grad"]
    message = f"no one reading fits all outputs; input_grad is as reading {order[1]!r}"
    assert (one.judgement.verdict, one.judgement.message) == (Verdict.DIVERGES, message)
    outputs = "output and indices follow" if op.startswith("max_pool") else "output follows"
    text = f"the readings are mixed: {outputs} reading {order[0]!r}, input_grad follows reading {order[1]!r}"
    assert one.explanation is not None
    assert (one.explanation.text, one.explanation.names) == (text, (MIXED,))


def test_an_output_that_both_readings_give_goes_with_the_others(tmp_path):
    case = case_of(tmp_path, "max_pool2d_with_indices")
    first, last = (results(case, reading) for reading in ("first", "last"))
    assert np.array_equal(first["output"].output, last["output"].output)
    assert not np.array_equal(first["indices"].output, last["indices"].output)
    assert judged(case, last)["output"].judgement.message == "reading 'last'"
    mixed = judged(case, {**first, "indices": last["indices"]})
    assert said(mixed)["output"] == (Verdict.AMBIGUOUS, "reading 'last'")
    assert mixed["input_grad"].judgement.verdict is Verdict.DIVERGES


def test_an_output_that_no_reading_gives_keeps_its_verdict_and_binds_no_other(tmp_path):
    case = case_of(tmp_path, "max_pool2d_with_indices")
    last = results(case, "last")
    wrong = Value(last["indices"].output + 1)
    found = judged(case, {**last, "indices": wrong})
    verdict, message = said(found)["indices"]
    assert verdict is Verdict.DIVERGES
    assert message.startswith("no listed reading fits: ")
    assert found["indices"].explanation is None
    others = {name: one for name, one in said(found).items() if name != "indices"}
    assert set(others.values()) == {(Verdict.AMBIGUOUS, "reading 'last'")}


def test_a_case_without_readings_is_judged_output_by_output():
    case = make_case()
    exact = Judged(Judgement(Verdict.EXACT), operation_of(case).oracle.prepare(case), NO)
    asked = []

    def judge_one(case, name):
        asked.append((case, name))
        return exact

    names: list[OutputName] = ["output", "kernel_grad"]
    assert judge_together(case, names, judge_one) == dict.fromkeys(names, exact)
    assert asked == [(case, name) for name in names]


def ambiguous(*readings, **changes):
    outputs = ("output", "input_grad", "kernel_grad", "bias_grad")
    return make_case(strides=(2, 2), bias=True, outputs=outputs, expect=Expect(readings=readings), **changes)


@pytest.mark.parametrize("other", ["input_grad", "kernel_grad"])
def test_each_gradient_of_a_transposed_convolution_is_held_to_the_reading(other):
    case = ambiguous(*SIDES)
    begin, end = (results(case, reading) for reading in ("begin", "end"))
    assert {message for _, message in said(judged(case, end)).values()} == {"reading 'end'"}
    found = judged(case, {**begin, other: end[other]})
    assert {name for name, one in found.items() if one.judgement.verdict is Verdict.DIVERGES} == {other}
    assert found[other].explanation.text.endswith(f"bias_grad follow reading 'begin', {other} follows reading 'end'")


def rows_of(case, adapter):
    check = plan_check(case, chosen(adapter))
    assert check is not None
    lane = Lane(chosen(adapter), Settings(), KnownDivergences())
    try:
        return {row.output: row for row in lane.run([check])}
    finally:
        lane.close()


def test_a_run_names_the_reading_or_the_mixture():
    case = ambiguous(*SIDES, REFUSAL)
    assert {row.message for row in rows_of(case, First).values()} == {"reading 'begin'"}
    rows = rows_of(case, GradientsByAnother)
    assert {name for name, row in rows.items() if row.verdict is Verdict.DIVERGES} == {"input_grad", "kernel_grad"}
    text = "the readings are mixed: output and bias_grad follow reading 'begin', input_grad and kernel_grad follow"
    assert rows["kernel_grad"].diagnosis == f"{text} reading 'end'"
    rows = rows_of(case, GradientsRefused)
    assert rows["output"].verdict is Verdict.AMBIGUOUS
    assert {rows[name].verdict for name in case.outputs[1:]} == {Verdict.DIVERGES}
    assert rows["input_grad"].message.endswith("as reading 'refused': ArithmeticError: no way back")
    (row,) = rows_of(case, Refusing).values()
    assert (row.verdict, row.message) == (Verdict.AMBIGUOUS, "reading 'refused': ArithmeticError: no")


def test_other_data_follow_the_same_reading():
    rows = rows_of(ambiguous(*SIDES), OtherDataByAnother)
    assert rows["output"].verdict is Verdict.DIVERGES
    assert rows["output"].message == "no one reading fits this call and that on other data of the same sizes"
    text = "the readings are mixed: reading 'begin' on its data, reading 'end' on the other data"
    assert rows["output"].diagnosis == text


@pytest.mark.parametrize("mutant", ["pool_mixed_readings", "unpool_mixed_readings"])
def test_the_shipped_cases_find_gradients_by_another_reading(mutant):
    row = search(mutant).row
    assert row is not None
    assert (row.verdict, row.output) == (Verdict.DIVERGES, "input_grad")
    assert row.diagnosis.startswith("the readings are mixed: ")


@pytest.mark.parametrize("op", OPERATIONS)
def test_readings_that_differ_are_no_twins(op, tmp_path):
    assert twin_readings(case_of(tmp_path, op)) is None


@pytest.mark.parametrize(
    ("op", "entry", "message"),
    [
        (
            "max_pool2d_with_indices",
            TIED.replace("2, 2, 1", "0, 2, 1") + ", expect: {" + FIRST_LAST + "]}",
            "the readings 'first' and 'last' are one: their results are equal",
        ),
        (
            "max_unpool2d",
            TWICE.replace("0, 0", "0, 2") + ", expect: {" + LAST_FIRST + "]}",
            "the readings 'last' and 'first' are one: their results are equal",
        ),
        (
            "resize2d",
            ENTRIES["resize2d"].replace("computed", "none, refused: true"),
            "the readings 'none' and 'refused' are one: both refuse the call",
        ),
        (
            "conv_transpose2d",
            ENTRIES["conv_transpose2d"].replace(REFUSED, "{name: same, because: b, crops: [[1, 0], [1, 0]]}"),
            "the readings 'begin' and 'same' are one: their results are equal",
        ),
        (
            "conv_transpose2d",
            ENTRIES["conv_transpose2d"]
            .replace(REFUSED, "{name: empty, because: b, crops: [[0, 1], [0, 1]]}")
            .replace("kernel_size", "in_channels: 0, kernel_size"),
            "the readings 'begin' and 'empty' are one: their results are equal",
        ),
    ],
)
def test_two_readings_that_are_one_are_refused(op, entry, message, tmp_path):
    problem = twin_readings(case_of(tmp_path, op, entry))
    assert problem is not None
    assert (problem.message, problem.case or problem.key) == (message, "one")


def test_lint_refuses_two_readings_that_are_one(tmp_path, capfd):
    entry = ENTRIES["resize2d"].replace("computed", "none, refused: true")
    case_of(tmp_path, "resize2d", entry)
    assert main(["lint", str(tmp_path / "tiny.yaml")]) == 2
    out, err = capfd.readouterr()
    assert "the readings 'none' and 'refused' are one: both refuse the call" in out + err


WITHOUT_A_RESULT = """suite: Readings
about: A reading that says no result must say so.
cases:
  - {id: no-rows, about: x, dialect: pytorch, batch: 2, in_channels: 3, out_channels: 1, input_size: 2, kernel_size: 5,
     padding: 3, bias: false, expect: {readings: [{name: empty, because: x}, {name: refused, because: y}]}}
"""


def test_lint_refuses_a_reading_without_result_that_does_not_say_refused(tmp_path, capfd):
    path = write_suite(tmp_path, WITHOUT_A_RESULT)
    assert main(["lint", str(path)]) == 2
    out, err = capfd.readouterr()
    pattern = r":5:51: no-rows: cases\.expect\.readings: reading 'empty' has no result, .*\n +hint: add `refused: true`"
    assert re.search(re.escape(str(path)) + pattern, out + err)


def test_gradients_of_readings_of_several_sizes_are_refused(tmp_path):
    entry = ENTRIES["conv_transpose2d"].replace(REFUSED, "{name: full, because: b, crops: 0}")
    with pytest.raises(BadInputError, match="outputs of several sizes, and the cotangent of a gradient has one"):
        case_of(tmp_path, "conv_transpose2d", entry)
    head = "suite: a\nabout: b\ncases:\n  - {id: one, about: a, "
    bare = entry.replace("outputs: [output, input_grad, kernel_grad], ", "")
    assert load_cases(tmp_path, f"{head}{bare}}}\n")[0].outputs == ("output",)


def test_no_program_is_written_for_a_gradient_of_which_several_are_right():
    check = plan_check(ambiguous(*SIDES), chosen(First))
    assert check is not None
    with pytest.raises(BadInputError, match="several gradients are right"):
        render_script(check, "input_grad")
