"""Every verdict of docs/design.md that one outcome can give, and what the messages say."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import Expect, LiteralTensor, Reading
from harness.core.comparator import judge, whatever_the_order
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.core.outcome import Failed, Raised, Value
from harness.core.results import BEFORE_BIAS, Verdict
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.tests.build import make_case

EXACT = make_case(dtype="float32", in_channels=2, out_channels=3, input_size=(3, 4), bias=True)
REAL = make_case(dtype="float32", in_channels=2, out_channels=3, input_size=(3, 4), bias=True, data="real")
READINGS = (
    Reading("begin first", "text A", ((1, 0), (1, 0))),
    Reading("end first", "text B", ((0, 1), (0, 1))),
)
REFUSAL = Reading("refused", "text C", refused=True)


def asked(case):
    geometry = None if case.nominal else lower(case)
    tensors = make_tensors(case, geometry)
    return tensors, None if geometry is None else tensors.reference(geometry)


def verdict_on(case, outcome):
    tensors, reference = asked(case)
    return judge(case, tensors, reference, outcome)


def right(case):
    """The rounded reference, free to be spoilt."""
    reference = asked(case)[1]
    with np.errstate(over="ignore"):
        return (reference.output if reference.whole is None else reference.whole).astype(case.dtype)


def literal_case(x, w, **keys):
    """One row of pixels and taps, written out."""
    row = {"input_size": (1, len(x)), "kernel_size": (1, len(w))}
    return make_case(input=LiteralTensor("W", (len(x),), x), kernel=LiteralTensor("W", (len(w),), w), **row, **keys)


@pytest.mark.parametrize("case", [EXACT, REAL, make_case(dtype="float16"), make_case(dtype="float64", data="real")])
def test_exact(case):
    judgement = verdict_on(case, Value(right(case)))
    assert (judgement.verdict, judgement.message) == (Verdict.EXACT, "")
    assert (judgement.error_over_bound, judgement.ulps) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (EXACT, Verdict.EXACT),
        (make_case(dtype="int64"), Verdict.EXACT),
        # the bits of the rounded right result, which another order of the same sums need not give
        (REAL, Verdict.WITHIN_BOUND),
        (make_case(dtype="float64", data="real"), Verdict.WITHIN_BOUND),
    ],
)
def test_a_verdict_is_that_of_every_order_of_summation(case, verdict):
    reference, judgement = asked(case)[1], verdict_on(case, Value(right(case)))
    assert judgement.verdict is Verdict.EXACT
    assert whatever_the_order(case, reference, judgement) == replace(judgement, verdict=verdict)
    wrong = verdict_on(case, Value(right(case) + 1))
    assert whatever_the_order(case, reference, wrong) == wrong


def test_minus_zero_is_zero():
    case = literal_case([1.0, -1.0], [1.0, 1.0])
    y = right(case)
    y[y == 0] = -0.0
    assert np.signbit(y[0, 0, 0, 1])
    assert verdict_on(case, Value(y)).verdict is Verdict.EXACT


def test_within_bound():
    y = right(REAL)
    y[0, 1, 2, 3] = np.nextafter(y[0, 1, 2, 3], np.float32(np.inf))
    judgement = verdict_on(REAL, Value(y))
    assert judgement.verdict is Verdict.WITHIN_BOUND
    assert 0 < judgement.error_over_bound < 1
    assert 0 < judgement.ulps < 2


FEW_TERMS = make_case(dtype="float32", out_channels=3, kernel_size=2, input_size=(3, 4), bias=True, data="real")


@pytest.mark.parametrize("side", [-1, 1])
def test_the_verdict_turns_at_the_bound(side):
    """The last number inside the bound passes, its neighbour outside does not, at every element."""
    _, reference = asked(FEW_TERMS)
    bound = error_bound(reference.output, reference.magnitude, reference.terms, DTYPES["float32"])
    for index in np.ndindex(bound.shape):
        limit = reference.output[index] + side * bound[index]
        inside = np.float32(limit)
        if abs(float(inside) - reference.output[index]) > bound[index]:
            inside = np.nextafter(inside, np.float32(-side * np.inf))
        outside = np.nextafter(inside, np.float32(side * np.inf))
        y = right(FEW_TERMS)
        y[index] = inside
        assert verdict_on(FEW_TERMS, Value(y)).verdict is Verdict.WITHIN_BOUND
        y[index] = outside
        judgement = verdict_on(FEW_TERMS, Value(y))
        assert judgement.verdict is Verdict.DIVERGES
        assert judgement.error_over_bound >= 1
        assert f"1 of {y.size} elements; at {list(index)}" in judgement.message


def test_exact_data_refuse_one_ulp_though_the_bound_would_not():
    y = right(EXACT)
    y[0, 0, 1, 1] = np.nextafter(y[0, 0, 1, 1], np.copysign(np.float32(np.inf), y[0, 0, 1, 1]))
    judgement = verdict_on(EXACT, Value(y))
    assert judgement.verdict is Verdict.DIVERGES
    assert 0 < judgement.error_over_bound < 1
    assert judgement.ulps == 1.0


def test_the_message_names_the_worst_element_and_counts_the_wrong_ones():
    y = right(EXACT)
    y[0, 0, 0, 0] += 1
    y[0, 2, 3, 4] += 1000
    message = verdict_on(EXACT, Value(y)).message
    expected = float(right(EXACT)[0, 2, 3, 4])
    assert (
        f"2 of {y.size} elements; at [0, 2, 3, 4] (NCHW) expected {expected:.9g}, got {expected + 1000:.9g}" in message
    )


@pytest.mark.parametrize("shape", [(1, 3, 6, 5), (1, 3, 5), (1, 3, 5, 6, 1), ()])
def test_wrong_shape(shape):
    judgement = verdict_on(EXACT, Value(np.zeros(shape, np.float32)))
    assert judgement.verdict is Verdict.WRONG_SHAPE
    assert judgement.message == f"expected [1, 3, 5, 6], got {list(shape)} (NCHW)"


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32"])
def test_wrong_dtype(dtype):
    judgement = verdict_on(EXACT, Value(np.zeros(right(EXACT).shape, dtype)))
    assert (judgement.verdict, judgement.message) == (Verdict.WRONG_DTYPE, f"expected float32, got {dtype}")


def test_unstable_even_if_the_first_run_was_right():
    assert verdict_on(EXACT, Value(right(EXACT), stable=False)).verdict is Verdict.UNSTABLE


def test_rejects():
    judgement = verdict_on(EXACT, Raised("ValueError", "no such stride"))
    assert (judgement.verdict, judgement.message) == (Verdict.REJECTS, "ValueError: no such stride")


ERROR = make_case(dialect="pytorch", output_padding=5, expect=Expect(error=True))


def test_refuses():
    judgement = verdict_on(ERROR, Raised("RuntimeError", "output padding must be smaller"))
    assert (judgement.verdict, judgement.message) == (Verdict.REFUSES, "RuntimeError: output padding must be smaller")


def test_accepts():
    judgement = verdict_on(ERROR, Value(np.zeros((1, 1, 8, 8), np.float32)))
    assert judgement.verdict is Verdict.ACCEPTS
    assert "[1, 1, 8, 8]" in judgement.message


def test_an_error_that_does_not_come_each_time_refuses_nothing():
    for case in (ERROR, WITH_REFUSAL):
        judgement = verdict_on(case, Raised("ValueError", "negative pads", also=(1, 2)))
        assert judgement.verdict is Verdict.UNSTABLE
        assert (
            judgement.message
            == "one run of the call raised ValueError: negative pads, another gave an array of shape [1, 2]"
        )


@pytest.mark.parametrize("verdict", [Verdict.CRASHES, Verdict.HANGS, Verdict.UNAVAILABLE])
@pytest.mark.parametrize("case", [EXACT, ERROR, make_case(expect=Expect(readings=(*READINGS, REFUSAL)))])
def test_a_failed_process_passes_through(case, verdict):
    judgement = verdict_on(case, Failed(verdict, "signal 11"))
    assert (judgement.verdict, judgement.message) == (verdict, "signal 11")
    assert judgement.error_over_bound is judgement.ulps is None


SPOTS = literal_case([1.0, np.inf, 2.0, -np.inf, 3.0, np.nan], [1.0], data="real", dtype="float32")


@pytest.mark.parametrize(
    ("index", "value"),
    [(1, -np.inf), (1, 1e30), (1, np.nan), (3, np.inf), (5, np.inf), (5, 0.0), (0, np.inf), (2, np.nan)],
)
def test_non_finite_values_must_stand_where_the_oracle_has_them(index, value):
    y = right(SPOTS)
    assert verdict_on(SPOTS, Value(y)).verdict is Verdict.EXACT
    y[0, 0, 0, index] = value
    judgement = verdict_on(SPOTS, Value(y))
    assert judgement.verdict is Verdict.DIVERGES
    assert f"non-finite values differ in 1 of 6 elements; at [0, 0, 0, {index}]" in judgement.message


def test_finite_values_beside_non_finite_ones_still_have_their_bound():
    y = right(SPOTS)
    y[0, 0, 0, 0] = np.nextafter(y[0, 0, 0, 0], np.float32(9))
    assert verdict_on(SPOTS, Value(y)).verdict is Verdict.WITHIN_BOUND
    y[0, 0, 0, 0] = 1.5
    judgement = verdict_on(SPOTS, Value(y))
    assert (judgement.verdict, judgement.error_over_bound > 1) == (Verdict.DIVERGES, True)


def test_a_result_beyond_the_dtype_is_its_infinity():
    """300 x 300 overflows float16; a slip within the bound elsewhere must not turn that into a divergence."""
    case = literal_case([300.0, 0.3333], [300.0, 0.3333], dtype="float16", data="real", strides=(1, 2))
    y = right(case)
    assert np.isinf(y[0, 0, 0, 0])
    y[0, 0, 0, 3] = np.nextafter(y[0, 0, 0, 3], np.float16(9))
    assert verdict_on(case, Value(y)).verdict is Verdict.WITHIN_BOUND
    y[0, 0, 0, 0] = 60000
    assert verdict_on(case, Value(y)).verdict is Verdict.DIVERGES


def test_garbage_where_only_zeros_belong_is_found_in_every_dtype():
    for dtype in DTYPES:
        case = make_case(dtype=dtype, padding=((0, -1), (0, 0)))
        y = right(case)
        y[0, 0, -1, 0] = 1.0
        judgement = verdict_on(case, Value(y))
        assert judgement.verdict is Verdict.DIVERGES
        assert np.isfinite([judgement.error_over_bound, judgement.ulps]).all()
        due, came = ("0+0j", "1+0j") if DTYPES[dtype].kind == "complex" else ("0", "1")
        assert f"at [0, 0, 5, 0] (NCHW) expected {due}, got {came}" in judgement.message


AMBIGUOUS = make_case(strides=2, input_size=(3, 4), expect=Expect(readings=READINGS))
WITH_REFUSAL = make_case(strides=2, input_size=(3, 4), expect=Expect(readings=(*READINGS, REFUSAL)))


def reading_of(case, crops):
    tensors, _ = asked(case)
    full = lower(make_case(strides=2, input_size=(3, 4)))
    return tensors.reference(full.with_crops(crops)).output.astype(case.dtype)


@pytest.mark.parametrize("reading", READINGS)
def test_ambiguous_says_which_reading(reading):
    judgement = verdict_on(AMBIGUOUS, Value(reading_of(AMBIGUOUS, reading.crops)))
    assert (judgement.verdict, judgement.message) == (Verdict.AMBIGUOUS, f"reading {reading.name!r}")
    assert judgement.error_over_bound == 0.0


def test_ambiguous_may_be_a_refusal():
    judgement = verdict_on(WITH_REFUSAL, Raised("ValueError", "negative pads"))
    assert judgement.verdict is Verdict.AMBIGUOUS
    assert judgement.message == "reading 'refused': ValueError: negative pads"
    assert verdict_on(WITH_REFUSAL, Value(reading_of(AMBIGUOUS, ((1, 0), (1, 0))))).verdict is Verdict.AMBIGUOUS


def test_a_refusal_that_no_reading_allows_is_a_rejection():
    judgement = verdict_on(AMBIGUOUS, Raised("ValueError", "negative pads"))
    assert judgement.verdict is Verdict.REJECTS
    assert "negative pads" in judgement.message


def test_a_value_that_fits_no_reading_keeps_its_own_verdict():
    mixed = Value(reading_of(AMBIGUOUS, ((1, 0), (0, 1))))
    for case in (AMBIGUOUS, WITH_REFUSAL):
        judgement = verdict_on(case, mixed)
        assert judgement.verdict is Verdict.DIVERGES
        assert judgement.message.startswith("no listed reading fits: ")
    short = Value(np.zeros((1, 1, 2, 2), np.float32))
    assert verdict_on(AMBIGUOUS, short).verdict is Verdict.WRONG_SHAPE


def test_a_reading_of_the_right_shape_is_closer_than_one_of_another():
    readings = (Reading("long", "text", ((0, 0), (0, 0))), READINGS[0])
    case = make_case(strides=2, input_size=(3, 4), expect=Expect(readings=readings))
    judgement = verdict_on(case, Value(reading_of(case, ((1, 0), (1, 0))) + np.float32(1)))
    assert judgement.verdict is Verdict.DIVERGES


def test_an_array_where_every_reading_refuses_is_accepted_wrongly():
    readings = (REFUSAL, Reading("also refused", "text D", refused=True))
    judgement = verdict_on(make_case(expect=Expect(readings=readings)), Value(np.zeros((1, 1, 5, 5), np.float32)))
    assert judgement.verdict is Verdict.ACCEPTS


def test_an_ambiguous_case_of_unstable_results_is_unstable():
    y = reading_of(AMBIGUOUS, READINGS[0].crops)
    assert verdict_on(AMBIGUOUS, Value(y, stable=False)).verdict is Verdict.UNSTABLE


def test_literal_data_that_are_no_integers_are_judged_by_the_bound():
    case = literal_case([0.1, 0.2], [0.3, 0.7])
    tensors, reference = asked(case)
    assert isinstance(tensors, Tensors)
    y = np.nextafter(reference.output.astype(np.float32), np.float32(np.inf))
    assert verdict_on(case, Value(y)).verdict is Verdict.WITHIN_BOUND


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_which_sums_the_errors_of_half_precision_agree_with(dtype):
    case = make_case(dtype=dtype, in_channels=40, out_channels=3, input_size=(6, 6), bias=True, data="real")
    tensors, reference = asked(case)
    half = DTYPES[dtype].numpy
    summed = replace(reference, b=None).output
    apart = (summed.astype(half).astype(np.float64) + reference.b[:, None, None]).astype(half)
    once = judge(case, tensors, reference, Value(next_to(reference.output.astype(half), reference.output)))
    assert once.verdict is Verdict.WITHIN_BOUND
    assert once.accumulation == dtype
    twice = judge(case, tensors, reference, Value(apart))
    assert twice.verdict is Verdict.WITHIN_BOUND
    assert twice.accumulation in {"float32", f"float32{BEFORE_BIAS}"}
    assert twice.accumulation == f"float32{BEFORE_BIAS}" or np.array_equal(apart, reference.output.astype(half))


def next_to(rounded, exact):
    """Three numbers further than the nearest, where sums in single precision cannot have ended."""
    spoilt = rounded.copy()
    largest = np.unravel_index(int(np.argmax(np.abs(exact))), exact.shape)
    for _ in range(3):
        spoilt[largest] = np.nextafter(spoilt[largest], spoilt.dtype.type(np.inf))
    return spoilt
