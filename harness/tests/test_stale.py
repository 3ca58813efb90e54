"""State between calls: what is right on one set of data alone is found, and what is right on all is left in peace."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.program import Program
from harness.core.case import Expect, LiteralTensor, Nested, Reading
from harness.core.results import Verdict
from harness.engine.check import Check, plan_check, plan_checks
from harness.engine.lane import Lane, Settings
from harness.operations import operation_of
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.mutants import mutant_called
from harness.operations.conv_transpose.other_data import factors
from harness.operations.conv_transpose.prepare import ORACLE
from harness.quality.mutant_adapter import Honest, KernelRotated, Unstable
from harness.quality.soundness.request import forward, gradients
from harness.suites.known_divergences import KnownDivergences
from harness.suites.known_forms import EntryForm
from harness.tests import at_times, differentiating, stateful
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases
from harness.tests.differentiating import Differentiating

CASE = make_case(bias=True, outputs=ALL_OUTPUTS)
FIRST = "called on other data, it gives the result for the first"


def asked(adapter, case=CASE, runs=2):
    check = plan_check(case, chosen(adapter))
    lane = Lane(chosen(adapter), Settings(runs=runs), KnownDivergences())
    try:
        return {row.output: row for row in lane.run([check] if check else [])}
    finally:
        lane.close()


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (stateful.FirstAnswer, FIRST),
        (stateful.FirstAnswerAndScratch, FIRST),
        (stateful.LastAnswer, "called on the first data again, it gives the result for the other data"),
        (
            stateful.SameMemory,
            "a later call on other data changed the result of the first: it writes into the same memory",
        ),
        (stateful.PackedKernel, "called on other data, it still uses the kernel of the first"),
        (stateful.PackedBias, "called on other data, it still uses the bias of the first"),
        (stateful.CachedByShape, FIRST),
    ],
)
@pytest.mark.parametrize("data", ["integers", "real"])
def test_stale(adapter, message, data):
    row = asked(adapter, make_case(bias=True, data=data))["output"]
    assert (row.verdict, row.message) == (Verdict.STALE, message)


@pytest.mark.parametrize(
    ("adapter", "verdict"),
    [
        (stateful.RotatedFirstAnswer, Verdict.STALE),
        (stateful.RotatedSameMemory, Verdict.STALE),
        (KernelRotated, Verdict.KNOWN),
    ],
)
def test_a_listed_divergence_does_not_hide_state(adapter, verdict):
    case = make_case(bias=True)
    entry = {
        "cases": case.name,
        "adapter": chosen(adapter).name,
        "versions": {"numpy": ">=1"},
        "verdict": "diverges",
        "cause": {"hypotheses": "kernel-rotated"},
        "why": "it is rotated",
        "upstream": "none",
    }
    lane = Lane(chosen(adapter), Settings(), KnownDivergences([EntryForm.model_validate(entry)]))
    with closing(lane):
        (row,) = lane.run(plan_checks([case], [chosen(adapter)]))
    assert row.verdict is verdict


def test_one_run_has_no_state():
    assert asked(stateful.FirstAnswer, runs=1)["output"].verdict is Verdict.EXACT


@pytest.mark.parametrize(
    ("adapter", "verdict", "message"),
    [
        (stateful.PreparedOnce, Verdict.EXACT, ""),
        (Honest, Verdict.EXACT, ""),
        (stateful.WrongAfterwards, Verdict.DIVERGES, "right at first, but called on other data of the same sizes: "),
        (stateful.OverwritesInput, Verdict.UNSTABLE, "two runs of the same call gave different bits: one of them is"),
        (Unstable, Verdict.UNSTABLE, "two runs of the same call gave different bits: both are wrong"),
    ],
)
def test_what_is_not_stale(adapter, verdict, message):
    row = asked(adapter, make_case(bias=True))["output"]
    assert row.verdict is verdict
    assert row.message.startswith(message)


@pytest.mark.parametrize(
    ("adapter", "stale"),
    [
        (differentiating.Differentiating, set()),
        (stateful.StaleInputGradient, {"input_grad"}),
        (stateful.StaleKernelGradient, {"kernel_grad"}),
        (stateful.StaleBiasGradient, {"bias_grad"}),
        (stateful.PackedCotangent, {"input_grad", "kernel_grad", "bias_grad"}),
    ],
)
def test_stale_gradients(adapter, stale):
    found = {name: row.verdict for name, row in asked(adapter).items()}
    assert found == {name: Verdict.STALE if name in stale else Verdict.EXACT for name in ALL_OUTPUTS}


ILLEGAL = make_case(words=Words(output_padding=(5, 5)), expect=Expect(error=True))
REFUSAL = Reading("refused", "no such padding", refused=True)


@pytest.mark.parametrize("adapter", [at_times.RefusesOnce, at_times.RefusesOnceAndEarly, at_times.RefusesLater])
@pytest.mark.parametrize(
    ("expect", "right"),
    [(Expect(error=True), Verdict.REFUSES), (Expect(readings=(REFUSAL,)), Verdict.AMBIGUOUS)],
    ids=["error", "reading"],
)
def test_what_is_illegal_is_refused_each_time(adapter, expect, right):
    case = replace(ILLEGAL, expect=expect)
    row = asked(adapter, case)["output"]
    assert row.verdict is Verdict.UNSTABLE
    assert row.message.startswith("one run of the call raised RefusalError: ")
    assert row.message.endswith(", another gave an array of shape [1, 2]")
    assert asked(at_times.RefusesEachTime, case)["output"].verdict is right
    assert asked(at_times.RefusesOnce, case, runs=1)["output"].verdict is right


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("groups", [1, 2])
def test_the_truth_is_not_stale(dtype, layout, groups):
    rows = asked(
        differentiating.Differentiating,
        make_case(bias=True, outputs=ALL_OUTPUTS, dtype=dtype, layout=layout, groups=groups),
    )
    assert {row.verdict for row in rows.values()} == {Verdict.EXACT}


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "int32", "complex64"])
@pytest.mark.parametrize("groups", [1, 2])
def test_what_follows_is_what_the_definition_gives(dtype, groups):
    geometry, generator = lower(make_case(bias=True, groups=groups, strides=(2, 1))), np.random.default_rng(0)
    shapes = (2, 2, 3, 4), (2, 4 // groups, 3, 2), (4,), (2, 4, *geometry.output_size)
    tensors = (generator.integers(1, 4, shape).astype(dtype) for shape in shapes)
    given = dict(zip(MADE_OF["output"] + ("cotangent",), tensors, strict=True))
    by = factors(given["kernel"])
    other = by.times(given)

    def right(tensors):
        derived = {} if dtype == "complex64" else gradients(geometry, tensors)
        return {**forward(geometry, tensors), **derived}

    first, second = right(given), right(other)
    assert all(by.follows(name, array, second[name]) for name, array in first.items())
    assert not any(by.follows(name, array, array) for name, array in first.items())
    for tensor, array in given.items():
        stale = right({**other, tensor: array})
        told = {name for name, array in first.items() if not by.follows(name, array, stale[name])}
        assert told == {name for name in first if tensor in MADE_OF[name]}


MADE_OF = {
    "output": ("input", "kernel", "bias"),
    "input_grad": ("kernel", "cotangent"),
    "kernel_grad": ("input", "cotangent"),
    "bias_grad": ("cotangent",),
}


@pytest.mark.parametrize("dtype", ["int32", "int8", "uint8"])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize(
    "adapter", [stateful.PackedKernel, stateful.PackedInput, stateful.FirstAnswer, stateful.CachedByShape]
)
def test_stale_integers(adapter, dtype, outputs):
    case = make_case(dtype=dtype, batch=1, in_channels=1, out_channels=outputs, kernel_size=(2, 2))
    assert asked(adapter, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_other_integers_do_not_grow_and_change_the_kernel(dtype):
    w = np.array([1, 2, 3, 100], dtype).reshape(1, 1, 2, 2)
    by = factors(w)
    other = by.times({"input": w, "kernel": w})
    assert other["kernel"].ravel().tolist() == ([-1, -2, -3, -100] if dtype == "int8" else [1, 1, 2, 50])
    assert other["input"].ravel().tolist() == ([1, 1, 2, 50] if dtype == "int8" else [0, 1, 1, 50])
    assert not by.follows("output", w, w)


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_stale_kernel_of_ones_is_noticed(outputs):
    ones = LiteralTensor("IOHW", (2, outputs, 2, 2), np.ones((2, outputs, 2, 2)).tolist())
    case = make_case(dtype="int32", out_channels=outputs, kernel_size=(2, 2), kernel=ones)
    assert asked(stateful.PackedKernel, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


def one_row(dtype, x, w, **changes):
    """A case of an image of one row and a kernel of one row that are written out."""
    return make_case(
        dtype=dtype,
        batch=1,
        in_channels=1,
        out_channels=1,
        input_size=(1, len(x)),
        kernel_size=(1, len(w)),
        input=LiteralTensor("HW", (1, len(x)), [x]),
        kernel=LiteralTensor("HW", (1, len(w)), [w]),
        **changes,
    )


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32"])
@pytest.mark.parametrize("ones", [[1, 0, 1], [1, 1, 1], [0, 1, 1]])
@pytest.mark.parametrize("adapter", [stateful.PackedInput, stateful.PackedKernel, stateful.FirstAnswer])
def test_stale_data_of_zeros_and_ones_are_noticed(adapter, ones, dtype):
    case = one_row(dtype, ones, [3, 5])
    assert asked(adapter, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


@pytest.mark.parametrize("dtype", ["int8", "int32"])
@pytest.mark.parametrize("x", [[-1, 0, -1], [-1, -1, -1], [0, -1, 0]])
def test_a_stale_kernel_beside_minus_ones_is_noticed(x, dtype):
    case = one_row(dtype, x, [3, 5])
    assert asked(stateful.PackedKernel, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


@pytest.mark.parametrize(("dtype", "bias"), [("uint8", [7]), ("uint8", [7, 7]), ("int8", [-64]), ("uint8", True)])
def test_a_stale_bias_of_integers_that_are_halved_is_noticed(dtype, bias):
    least: dict[str, Any] = {"kernel": LiteralTensor("HW", (1, 2), [[-64, 2]])} if dtype == "int8" else {}
    outputs = len(bias) if isinstance(bias, list) else 1
    case = make_case(
        dtype=dtype,
        in_channels=1,
        out_channels=outputs,
        input_size=(1, 3),
        kernel_size=(1, 2),
        bias=tuple(bias) if isinstance(bias, list) else bias,
        input=LiteralTensor("HW", (1, 3), [[1, 1, 1]]),
        batch=1,
        **least,
    )
    assert asked(stateful.PackedBias, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


@pytest.mark.parametrize(
    "adapter", [stateful.PackedKernel, stateful.PackedInput, stateful.FirstAnswer, stateful.CachedByShape]
)
@pytest.mark.parametrize(("dtype", "least"), [("int8", -128), ("int32", -(2**31))])
def test_stale_integers_are_noticed_where_a_sum_is_the_least_of_its_type(adapter, dtype, least):
    case = one_row(dtype, [1, 1, 1], [least // 2, least // 2])
    prepared = ORACLE.prepare(case)
    half = least // 2
    assert prepared.references["output"].output.ravel().tolist() == [half, least, least, half]
    other = ORACLE.prepare_other(case, prepared)
    assert other is not None
    assert other.references["output"].output.ravel().tolist() == [0, half // 2, half, half // 2]
    assert asked(adapter, case)["output"].verdict is Verdict.STALE
    assert asked(stateful.AllTypes, case)["output"].verdict is Verdict.EXACT


def test_what_is_zero_in_the_first_data_is_not_in_the_others():
    values: Nested = [[[0, 3], [1, 2]], [[4, 0], [5, 6]]]
    case = make_case(in_channels=1, out_channels=2, kernel_size=(2, 2), kernel=LiteralTensor("OHW", (2, 2, 2), values))
    row = asked(stateful.ZerosStay, case)["output"]
    assert row.verdict is Verdict.DIVERGES
    assert row.message.startswith("right at first, but called on other data of the same sizes: ")


SUITE = """\
op: resize2d
suite: S
about: a
defaults: {dialect: pytorch, batch: 2, channels: 2}
cases:
  - {id: double, about: x, input_size: [2, 3], output_size: [4, 6], method: nearest, outputs: [output, input_grad]}
"""
DOUBLED = ("np.repeat(np.repeat({}, 2, 2), 2, 3)", "cotangent.reshape(2, 2, 2, 2, 3, 2).sum((3, 5))")


def run_program(tmp_path, compute, gradient, suite=SUITE):
    (case,) = load_cases(tmp_path, suite)
    program = Program(
        call={},
        tensors=("input",),
        compute=compute,
        gradient=gradient,
        imports=("KEPT = []",),
    )
    lane = Lane(chosen(Honest), Settings(), KnownDivergences())
    try:
        return {row.output: row for row in lane.run([Check.of(case, chosen(Differentiating), None, program)])}
    finally:
        lane.close()


def test_a_program_is_run_on_other_data_too(tmp_path):
    right = (f"y = {DOUBLED[0].format('x')}",), (f'found = {{"input_grad": {DOUBLED[1]}}}',)
    assert {row.verdict for row in run_program(tmp_path, *right).values()} == {Verdict.EXACT}
    stale = ("KEPT.append(x.copy())", f"y = {DOUBLED[0].format('KEPT[0]')}")
    rows = run_program(tmp_path, stale, right[1])
    assert (rows["output"].verdict, rows["output"].message) == (Verdict.STALE, FIRST)
    assert rows["input_grad"].verdict is Verdict.EXACT
    stale = ("KEPT.append(cotangent.copy())", f'found = {{"input_grad": {DOUBLED[1].replace("cotangent", "KEPT[0]")}}}')
    rows = run_program(tmp_path, right[0], stale)
    assert rows["output"].verdict is Verdict.EXACT
    assert rows["input_grad"].verdict is Verdict.STALE


@pytest.mark.parametrize("outputs", ["output", "output, input_grad"])
def test_other_data_are_drawn_in_place_of_an_input_that_is_written_out(tmp_path, outputs):
    values = "[[[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]]"
    written = SUITE.replace("nearest,", f"nearest, input: {{layout: NCHW, values: {values}}},").replace(
        "batch: 2", "batch: 1"
    )
    suite = written.replace("output, input_grad", outputs)
    gradient = (f'found = {{"input_grad": {DOUBLED[1].replace("reshape(2", "reshape(1")}}}',)
    rows = run_program(tmp_path, (f"y = {DOUBLED[0].format('x')}",), gradient, suite)
    assert {row.verdict for row in rows.values()} == {Verdict.EXACT}
    stale = ("KEPT.append(x.copy())", f"y = {DOUBLED[0].format('KEPT[0]')}")
    row = run_program(tmp_path, stale, gradient, suite)["output"]
    assert (row.verdict, row.message) == (Verdict.STALE, FIRST)


ONE_PIXEL = {"batch": 1, "in_channels": 1, "out_channels": 1, "input_size": (1, 2), "kernel_size": (1, 2)}
SATURATED = {name: LiteralTensor("HW", (1, 2), [[200, 201]]) for name in ("input", "kernel")}
INFINITE = {"kernel": LiteralTensor("HW", (1, 2), [[float("inf"), float("inf")]])}
ZERO = {"input": LiteralTensor("HW", (1, 2), [[0, 0]])}


@pytest.mark.parametrize(
    ("adapter", "changes"),
    [
        (stateful.Saturates, {"dtype": "uint8", **SATURATED}),
        (stateful.Saturates, {"dtype": "float32", **INFINITE}),
        (stateful.AlwaysOnes, ZERO),
    ],
)
def test_a_wrong_result_that_may_be_the_same_for_all_data_is_not_stale(adapter, changes):
    case = make_case(**(ONE_PIXEL | changes))
    assert asked(adapter, case)["output"].verdict is Verdict.DIVERGES


class LastInputChannelSkipped(stateful.AllTypes):
    """A fault, and nothing kept."""

    mutant = mutant_called("LastInputChannelSkipped")


def test_a_wrong_result_that_follows_from_integers_is_not_stale():
    kernel = LiteralTensor("IOHW", (2, 2, 1, 2), [[[[1, -2]], [[-1, 2]]], [[[2, -2]], [[2, 2]]]])
    case = make_case(dtype="int8", in_channels=2, out_channels=2, kernel_size=(1, 2), kernel=kernel)
    assert asked(LastInputChannelSkipped, case)["output"].verdict is Verdict.DIVERGES


def test_a_wrong_result_of_an_ambiguous_case_that_stays_is_stale():
    overflowing = one_row(
        "int8",
        [100, 3, 17],
        [2, 5],
        expect=Expect(
            readings=tuple(Reading(name, "x", crops=((0, 0), (0, 0)), overflow=name) for name in ("wraps", "saturates"))
        ),
    )
    assert asked(stateful.RotatedFirstAnswer, overflowing)["output"].verdict is Verdict.STALE
    assert asked(KernelRotatedIntegers, overflowing)["output"].verdict is Verdict.DIVERGES
    assert asked(stateful.FirstAnswer, overflowing)["output"].verdict is Verdict.STALE
    assert asked(stateful.Saturates, overflowing)["output"].verdict is Verdict.DIVERGES


class KernelRotatedIntegers(stateful.AllTypes):
    """A fault, and nothing kept."""

    mutant = stateful.RotatedFirstAnswer.mutant


def test_the_largest_of_the_whole_image_differs_in_the_other_data(tmp_path):
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        for size in ([1, 1], [2, 2], [1, 3], [3, 5]):
            text = f"""\
op: max_pool2d_with_indices
suite: s
about: a
cases:
  - {{id: whole, about: x, dialect: pytorch, batch: 2, channels: 3, input_size: {size}, pool_size: {size}, dtype: {dtype}}}
"""
            (case,) = load_cases(tmp_path, text)
            oracle = operation_of(case).oracle
            first = oracle.prepare(case)
            other = oracle.prepare_other(case, first)
            assert other is not None
            outputs = [made.references["output"].output for made in (first, other)]
            assert (outputs[0] != outputs[1]).any()
            assert other.case.id == "whole, other data"
