from __future__ import annotations

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from harness.operations.conv_transpose.faults.roundings import (
    cut_bits,
    narrowings,
    round_bits,
    rounding_faults,
    significant_bits,
    to_int8,
)

VALUES = np.random.default_rng(1).normal(size=400).astype(np.float32).astype(float) * 10.0 ** np.tile(range(-3, 1), 100)


def by_fractions(value, bits, *, rounds):
    """Exactly: the nearest multiple of the last bit's worth, ties to even, or the one toward zero."""
    exact = Fraction(float(value))
    unit = Fraction(1)
    while abs(exact) >= unit * 2**bits:
        unit *= 2
    while abs(exact) < unit * 2 ** (bits - 1):
        unit /= 2
    return float((round(exact / unit) if rounds else int(exact / unit)) * unit)


@pytest.mark.parametrize("bits", [2, 5, 8, 11, 20])
def test_bits_are_rounded_and_cut_as_exact_fractions_are(bits):
    np.testing.assert_array_equal(round_bits(VALUES, bits), [by_fractions(v, bits, rounds=True) for v in VALUES])
    np.testing.assert_array_equal(cut_bits(VALUES, bits), [by_fractions(v, bits, rounds=False) for v in VALUES])


def test_types_are_those_of_numpy_and_ml_dtypes():
    changes = {what: change for how, what, change in narrowings(24) if how == "rounded"}
    for name, dtype in (("bfloat16", ml_dtypes.bfloat16), ("float16", np.float16)):
        np.testing.assert_array_equal(changes[name](VALUES), VALUES.astype(dtype).astype(float))
    np.testing.assert_array_equal(changes["tf32"](VALUES), round_bits(VALUES, 11))


def test_float32_keeps_its_range_and_other_widths_keep_that_of_float64():
    values = np.array([1e300, -1e300, 1e-300, 1.1])
    changes = {(how, what): change for how, what, change in narrowings(53)}
    np.testing.assert_array_equal(changes["rounded", "float32"](values), [np.inf, -np.inf, 0, np.float32(1.1)])
    np.testing.assert_array_equal(changes["rounded", "30 bits"](values), round_bits(values, 30))
    assert np.all(np.isfinite(changes["truncated", "float32"](values)))


def test_what_is_not_finite_stays():
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -3.0])
    for change in (lambda t: round_bits(t, 8), lambda t: cut_bits(t, 8), to_int8):
        np.testing.assert_array_equal(change(odd)[:4], odd[:4])
    np.testing.assert_array_equal(to_int8(np.zeros(3)), np.zeros(3))


def test_integers_of_eight_bits_have_one_scale():
    quantised = to_int8(VALUES)
    steps = quantised / (np.max(np.abs(VALUES)) / 127)
    np.testing.assert_array_almost_equal_nulp(steps, np.rint(steps), 2)
    assert round(np.max(np.abs(steps))) == 127
    assert np.max(np.abs(quantised - VALUES)) <= np.max(np.abs(VALUES)) / 253


@pytest.mark.parametrize(("values", "bits"), [([1, -4], 1), ([5, 6], 3), ([1.5, 96], 2), ([0, np.nan], 1), ([257], 9)])
def test_the_bits_in_use_are_counted(values, bits):
    assert significant_bits(np.array(values, dtype=float)) == bits


def test_float32_has_24_bits_and_every_narrower_number_of_bits_is_tried():
    assert significant_bits(VALUES.astype(np.float32).astype(float)) == 24
    names = [fault.name for fault in rounding_faults(24)]
    assert len(names) == len(set(names))
    for which in ("operands", "input", "kernel"):
        for how in ("rounded", "truncated"):
            tried = {name for name in names if name.startswith(f"{which}-{how}(")} - {"operands-rounded(float16)"}
            assert {"tf32", "bfloat16", "2 bits", "23 bits"} <= {name.partition("(")[2][:-1] for name in tried}
            assert len([name for name in tried if "float16)" not in name or "bfloat16)" in name]) == 22
