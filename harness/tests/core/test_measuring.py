"""Narrow arithmetic must fail at every size, honest arithmetic must not: sums in NumPy, in orders written out here."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from harness.core.case import GRADIENTS, LiteralTensor
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.gradients import Gradient
from harness.tests.build import make_case

CHANNELS = (3, 32, 300, 2048)
KERNELS = (1, 2, 3, 4)
BITS = {"tf32": 11, "bfloat16": 8, "8 bits": 8, "float16": 11}


@cache
def layer(channels, kernel, dtype="float32", seed=0, *, bias=False):
    """A case, its tensors and its reference."""
    case = make_case(
        id=f"seed-{seed}",
        dtype=dtype,
        in_channels=channels,
        out_channels=4,
        input_size=(9, 8),
        kernel_size=(kernel, kernel),
        data="real",
        bias=bias,
        outputs=("output", *GRADIENTS),
    )
    tensors = make_tensors(case, lower(case))
    return case, tensors, tensors.reference(lower(case))


def verdict_on(made, y, output="output"):
    case, tensors, reference = made
    reference = reference if output == "output" else Gradient(output, reference, tensors.g.astype(np.float64))
    return judge(case, tensors, reference, Value(y.astype(DTYPES[case.dtype].numpy)), output)


def to_bits(tensor, bits):
    """Rounded to ``bits`` significant ones, ties to even."""
    mantissa, exponent = np.frexp(tensor.astype(np.float64))
    return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)


def summed(x, w, add, dtype):
    """The full output, product by product in the order of channels and taps; ``add(total, x, w)`` does one step."""
    (n, _, height, width), (_, out, rows, columns) = x.shape, w.shape
    total = np.zeros((n, out, height + rows - 1, width + columns - 1), dtype)
    for c in range(x.shape[1]):
        for a, b in np.ndindex(rows, columns):
            seen = (slice(None), slice(None), slice(a, a + height), slice(b, b + width))
            total[seen] = add(total[seen], x[:, c, None], w[c, :, a, b][None, :, None, None])
    return total


def toward_zero(total, x, w):
    exact = total.astype(np.float64) + x.astype(np.float64) * w
    near = exact.astype(np.float32)
    return np.where(np.abs(near) > np.abs(exact), np.nextafter(near, np.float32(0)), near)


def plain(total, x, w):
    return total + x * w


def fused(total, x, w):
    return (total.astype(np.float64) + x.astype(np.float64) * w).astype(total.dtype)


def by_taps(x, w):
    """A matrix product of BLAS for each tap, added in the type of the data."""
    (n, c, height, width), (_, out, rows, columns) = x.shape, w.shape
    total = np.zeros((n, out, height + rows - 1, width + columns - 1), x.dtype)
    for a, b in np.ndindex(rows, columns):
        landed = np.ascontiguousarray(w[:, :, a, b].T) @ x.reshape(n, c, -1)
        total[:, :, a : a + height, b : b + width] += landed.reshape(n, out, height, width)
    return total


def halved(x, w):
    """The channels in two halves, and so on."""
    middle = len(w) // 2
    return by_taps(x, w) if middle == 0 else halved(x[:, :middle], w[:middle]) + halved(x[:, middle:], w[middle:])


def blocked(x, w):
    """Sixteen channels at a time."""
    parts = [by_taps(x[:, c : c + 16], w[c : c + 16]) for c in range(0, len(w), 16)]
    return sum(parts[1:], parts[0])


def faulty(name, made):
    """A wrong output."""
    _, tensors, reference = made
    if name in BITS:
        bits = BITS[name]
        return replace(reference, x=to_bits(reference.x, bits), w=to_bits(reference.w, bits)).output
    if name == "truncated":
        return summed(tensors.x, tensors.w, toward_zero, np.float32)
    right = reference.output
    if name == "one-sided":
        return right + error_bound(right, reference.magnitude, reference.terms, DTYPES["float32"]) / 2
    if name == "one product missing":
        wrong = right.copy()
        wrong[0, 0, 4, 4] -= reference.x[0, 0, 4, 4] * reference.w[0, 0, 0, 0]
        return wrong
    return {"zeros": right * 0, "negated": -right, "rotated": by_taps(reference.x, reference.w[:, :, ::-1, ::-1])}[name]


FAULTS = ("tf32", "bfloat16", "8 bits", "truncated", "one-sided", "zeros", "negated", "one product missing")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("channels", CHANNELS)
def test_narrow_and_wrong_results_diverge_at_every_size(channels, kernel):
    made = layer(channels, kernel)
    for name in FAULTS:
        judgement = verdict_on(made, faulty(name, made))
        assert judgement.verdict is Verdict.DIVERGES, name
        assert judgement.message, name


def test_the_element_bound_alone_would_let_them_pass():
    """At the size of a real layer only the whole array shows them, and the message says by which figure."""
    made = layer(2048, 3)
    tf32, truncated = (verdict_on(made, faulty(name, made)) for name in ("tf32", "truncated"))
    for judgement in (tf32, truncated):
        assert judgement.error_over_bound < 1
        assert "but together they are not those of rounding: " in judgement.message
    assert "the largest |z| is " in tf32.message
    assert "the mean of z² is " in tf32.message
    assert truncated.message.endswith("(between -6 and 6)")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("channels", [3, 300, 2048])
def test_zeros_never_pass_in_half_precision(dtype, channels):
    made = layer(channels, 1, dtype)
    for name in ("zeros", "negated"):
        assert verdict_on(made, faulty(name, made)).verdict is Verdict.DIVERGES, name
    larger = layer(channels, 2, dtype)
    for name in ("zeros", "rotated"):
        assert verdict_on(larger, faulty(name, larger)).verdict is Verdict.DIVERGES, name


@pytest.mark.parametrize("output", GRADIENTS)
@pytest.mark.parametrize(("channels", "kernel"), [(3, 1), (3, 4), (300, 3)])
def test_narrow_gradients_diverge(output, channels, kernel):
    case, tensors, reference = made = layer(channels, kernel, bias=True)
    for bits in (11, 8):
        narrow = replace(reference, x=to_bits(reference.x, bits), w=to_bits(reference.w, bits))
        wrong = Gradient(output, narrow, to_bits(tensors.g, bits)).output
        assert verdict_on(made, wrong, output).verdict is Verdict.DIVERGES
    assert verdict_on(made, wrong * 0, output).verdict is Verdict.DIVERGES
    right = Gradient(output, reference, tensors.g.astype(np.float64)).output
    assert verdict_on(made, right, output).verdict is Verdict.EXACT
    assert case.outputs[-1] == "bias_grad"


HONEST = {
    "sequential": lambda x, w: summed(x, w, plain, x.dtype),
    "fused": lambda x, w: summed(x, w, fused, x.dtype),
    "BLAS": by_taps,
    "pairwise": halved,
    "blocked": blocked,
    "wider, then rounded": lambda x, w: by_taps(x.astype(np.float64), w.astype(np.float64)).astype(x.dtype),
}


@pytest.mark.parametrize("order", HONEST)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("channels", "kernel", "seeds"), [(3, 1, 30), (3, 3, 30), (40, 2, 10), (300, 4, 1)])
def test_honest_sums_conform_in_every_order(order, dtype, channels, kernel, seeds):
    for seed in range(seeds):
        made = layer(channels, kernel, dtype, seed)
        judgement = verdict_on(made, HONEST[order](made[1].x, made[1].w))
        assert judgement.verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}, judgement.message


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(("channels", "kernel"), [(3, 1), (3, 3), (300, 1), (2048, 1)])
def test_honest_half_precision_conforms_in_its_own_sums_and_in_wider_ones(dtype, channels, kernel):
    for seed in range(3):
        case, tensors, _ = made = layer(channels, kernel, dtype, seed)
        own = verdict_on(made, summed(tensors.x, tensors.w, plain, tensors.x.dtype))
        assert own.verdict is Verdict.WITHIN_BOUND, own.message
        wide = verdict_on(made, by_taps(tensors.x.astype(np.float32), tensors.w.astype(np.float32)))
        assert wide.verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}, wide.message
        assert wide.accumulation in {"", "float32"}
        assert own.accumulation == case.dtype or channels < 300


def test_a_constant_image_makes_the_same_error_everywhere():
    """Written out data are not independent: an honest rounding of 0.1 x 0.3 that comes a thousand times is one."""
    x, w = (
        LiteralTensor("HW", shape, [[number] * shape[1]] * shape[0])
        for shape, number in (((40, 40), 0.7), ((1, 1), 0.3))
    )
    case = make_case(input_size=(40, 40), kernel_size=(1, 1), input=x, kernel=w, dtype="float32")
    tensors = make_tensors(case, lower(case))
    reference = tensors.reference(lower(case))
    worst = np.nextafter((reference.output).astype(np.float32), np.float32(0))
    for y in (tensors.x * tensors.w, worst):
        judgement = judge(case, tensors, reference, Value(y))
        assert judgement.verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}, judgement.message
    assert judge(case, tensors, reference, Value(to_bits(worst, 11).astype(np.float32))).verdict is Verdict.DIVERGES


def test_a_bound_that_zeros_pass_proves_nothing():
    """Sixty thousand equal products in bfloat16: the element bound is infinite, and any sum within its variance."""
    rows = 250
    x = LiteralTensor("HW", (rows, rows), [[1.01] * rows] * rows)
    w = LiteralTensor("HW", (rows, rows), [[1.01] * rows] * rows)
    case = make_case(
        input_size=(rows, rows),
        kernel_size=(rows, rows),
        input=x,
        kernel=w,
        dtype="bfloat16",
        padding=((rows - 1, rows - 1), (rows - 1, rows - 1)),
    )
    tensors = make_tensors(case, lower(case))
    reference = tensors.reference(lower(case))
    nearest = reference.output.astype(DTYPES["bfloat16"].numpy)
    assert reference.output.shape == (1, 1, 1, 1)
    assert judge(case, tensors, reference, Value(nearest)).verdict is Verdict.EXACT
    stagnant = np.full((1, 1, 1, 1), 256, DTYPES["bfloat16"].numpy)
    judgement = judge(case, tensors, reference, Value(stagnant))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "the zero array passes too" in judgement.message
    assert judgement.verdict.fails


def spots(x, w, **keys):
    """Pixels of one row, each times one tap, or channels that are summed in one pixel."""
    case = make_case(
        input=LiteralTensor("CW", np.shape(x), x),
        kernel=LiteralTensor("IW", np.shape(w), w),
        in_channels=len(x),
        input_size=(1, len(x[0])),
        kernel_size=(1, 1),
        **keys,
    )
    tensors = make_tensors(case, lower(case))
    reference = tensors.reference(lower(case))

    def judged(*values):
        y = np.array(values, dtype=np.float64).astype(DTYPES[case.dtype].numpy).reshape(reference.shape)
        return judge(case, tensors, reference, Value(y))

    return judged


@pytest.mark.parametrize(("dtype", "tiny"), [("float32", 2.0**-126), ("float64", 2.0**-1022), ("float16", 2.0**-14)])
def test_subnormals_may_be_kept_or_flushed(dtype, tiny):
    data = spots([[tiny / 2, tiny / 4, 0.3]], [[1.0]], dtype=dtype)
    assert (data(tiny / 2, tiny / 4, 0.3).verdict, data(tiny / 2, tiny / 4, 0.3).subnormals) == ("exact", "keeps")
    flushed = data(0, 0, 0.3)
    assert (flushed.verdict, flushed.message, flushed.subnormals) == ("exact", "flushes subnormals", "flushes")
    for wrong in ((tiny / 4, tiny / 2, 0.3), (0, 0, 0), (0, 0, 0.31), (tiny, 0, 0.3), (-tiny / 2, tiny / 4, 0.3)):
        assert data(*wrong).verdict.fails, wrong


def test_flushed_data_leave_a_normal_result_out():
    data = spots([[2.0**-130, 1.5]], [[2.0**20]], dtype="float32")
    kept, flushed = data(2.0**-110, 1.5 * 2.0**20), data(0, 1.5 * 2.0**20)
    assert (kept.verdict, kept.subnormals) == ("exact", "keeps")
    assert (flushed.verdict, flushed.subnormals) == ("exact", "flushes")
    assert data(2.0**-111, 1.5 * 2.0**20).verdict.fails


def test_flushed_products_are_within_the_floor():
    data = spots([[2.0**-100, 1.0], [2.0**-100, 0.7]], [[2.0**-27], [0.3]], dtype="float32")
    first, second = (
        2.0**-127 + float(np.float32(0.3)) * 2.0**-100,
        2.0**-27 + float(np.float32(0.7)) * float(np.float32(0.3)),
    )
    assert data(first, second).verdict == "exact"
    flushed = data(float(np.float32(0.3)) * 2.0**-100, second)
    assert flushed.verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}


def test_integers_say_nothing_of_subnormals():
    data = spots([[1.0, 2.0]], [[3.0]], dtype="float32")
    assert data(3, 6).subnormals == ""


def test_a_partial_sum_may_overflow_and_a_finite_answer_must_be_right():
    data = spots([[3e38], [3e38], [-3e38]], [[1.0], [1.0], [1.0]], dtype="float32")
    right = float(np.float32(3e38))
    assert data(right).verdict is Verdict.EXACT
    for admissible in (np.inf, np.nan):
        assert data(admissible).verdict is Verdict.WITHIN_BOUND
    for wrong in (0.0, 2.9e38, -right, -np.inf):
        assert data(wrong).verdict is Verdict.DIVERGES
    small = spots([[1e38], [1e38], [-1e38]], [[1.0], [1.0], [1.0]], dtype="float32")
    for wrong in (np.inf, np.nan):
        assert small(wrong).verdict is Verdict.DIVERGES


def test_half_precision_may_overflow_where_its_own_sums_do_alone():
    data = spots([[6e4], [6e4], [-6e4]], [[1.0], [1.0], [1.0]], dtype="float16")
    judgement = data(np.inf)
    assert (judgement.verdict, judgement.accumulation) == (Verdict.WITHIN_BOUND, "float16")


def test_squares_beyond_float64_leave_the_sum_of_absolute_products():
    data = spots([[1e200, 1e-200], [-3e199, 1e-200]], [[1e100], [0.7e100]], dtype="float64")
    first, second = 1e200 * 1e100 - 3e199 * 0.7e100, 1e-200 * 1e100 + 1e-200 * 0.7e100
    assert data(first, second).verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}
    assert data(first, np.nextafter(second, 1)).verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}
    assert data(first, second * (1 + 1e-12)).verdict is Verdict.DIVERGES


def test_a_bias_that_is_written_out_leaves_integers_exact():
    """One unit in the last place is wrong, though a sum in the type would be allowed more."""
    case = make_case(in_channels=16, out_channels=2, bias=(1001.0, -1503.0), dtype="float16")
    tensors = make_tensors(case, lower(case))
    reference = tensors.reference(lower(case))
    y = reference.output.astype(np.float16)
    assert judge(case, tensors, reference, Value(y)).verdict is Verdict.EXACT
    y[0, 0, 2, 2] = np.nextafter(y[0, 0, 2, 2], np.float16(0))
    assert judge(case, tensors, reference, Value(y)).verdict is Verdict.DIVERGES
