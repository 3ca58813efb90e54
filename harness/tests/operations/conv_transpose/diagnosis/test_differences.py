from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.operations.conv_transpose.diagnosis import diagnose
from harness.operations.conv_transpose.diagnosis.differences import bias_finding, region_finding
from harness.operations.conv_transpose.diagnosis.hypothesis_test import HypothesisTest
from harness.operations.conv_transpose.faults.roundings import round_bits
from harness.tests.operations.conv_transpose.test_diagnosis import CASES, PLAIN, reference_of


def with_bias(case, change):
    reference = reference_of(case)
    return HypothesisTest(
        case, reference, replace(reference, b=change(reference.b)).output.astype(np.float32).astype(float)
    )


@pytest.mark.parametrize("case", [PLAIN, CASES["real"]], ids=["integers", "real"])
@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([3, 0, 1, 2], "each channel has the bias of the channel before it"),
        ([1, 2, 3, 0], "each channel has the bias of the channel after it"),
        ([3, 2, 1, 0], "the biases of the channels are in reverse order"),
        ([0, 2, 1, 3], "the biases are permuted: channel 1 has that of 2, channel 2 has that of 1"),
    ],
)
def test_any_order_of_the_biases_is_read_from_the_difference(case, order, words):
    finding = bias_finding(with_bias(case, lambda b: b[order]))
    assert finding is not None
    assert (finding.name, finding.text) == ("bias-permuted", f"as if {words}")


def test_other_biases_are_given_as_numbers():
    finding = bias_finding(with_bias(replace(PLAIN, bias=(1.0, 2.0, 3.0, 4.0)), lambda b: b + 10))
    assert finding is not None
    assert finding.text == "as if the biases are [11, 12, 13, 14] instead of [1, 2, 3, 4]"


def test_a_bias_that_was_not_asked_for():
    case = replace(PLAIN, bias=False)
    reference = reference_of(case)
    got = replace(reference, b=np.array([5.0, 0, 0, -1])).output
    finding = bias_finding(HypothesisTest(case, reference, got))
    assert finding is not None
    assert finding.text == "as if a bias is added that was not asked for: [5, 0, 0, -1]"


def test_one_element_beside_the_constant_is_no_bias():
    trial = with_bias(PLAIN, lambda b: b + 10)
    trial.got[0, 0, 0, 0] += 1
    assert bias_finding(HypothesisTest(PLAIN, trial.reference, trial.got)) is None


@pytest.mark.parametrize(
    ("part", "where"),
    [
        (np.s_[1:], "batch element 1"),
        (np.s_[:, 2:], "channels 2 on"),
        (np.s_[:, 1:3], "channels 1 to 2"),
        (np.s_[:, :, 3:], "rows 3 on"),
        (np.s_[:, :, 1::2], "every 2nd row from 1 to 7"),
        (np.s_[0, 3, 2:4, 5], "batch element 0, channel 3, rows 2 to 3, column 5"),
        (np.s_[:, :, :, [0, 3, 4]], "columns 0, 3 and 4"),
    ],
)
def test_a_region_is_described_by_what_it_leaves_out(part, where):
    reference = reference_of(PLAIN)
    got = reference.output.copy()
    got[part] += np.arange(1, got[part].size + 1).reshape(got[part].shape)
    finding = region_finding(HypothesisTest(PLAIN, reference, got))
    assert finding is not None
    assert finding.text == f"wrong values only in {where}; everything else is right"


def test_a_region_of_zeros_and_no_region():
    reference = reference_of(PLAIN)
    got = reference.output.copy()
    got[:, 1] = 0
    finding = region_finding(HypothesisTest(PLAIN, reference, got))
    assert finding is not None
    assert finding.text.startswith("zeros only in channel 1;")
    assert region_finding(HypothesisTest(PLAIN, reference, reference.output + 1)) is None


def names(case, reference, got):
    return [finding.name for finding in diagnose(case, reference, got)]


def test_sums_in_a_narrower_type_are_told_from_rounded_data():
    case = CASES["real"]
    reference = reference_of(case)
    rounded = replace(reference, x=round_bits(reference.x, 8), w=round_bits(reference.w, 8)).output
    assert names(case, reference, rounded.astype(np.float32).astype(float)) == ["operands-rounded(bfloat16)"]
    assert names(case, reference, round_bits(reference.output, 8)) == ["accumulated-in(bfloat16)"]
    assert names(case, reference, round_bits(reference.output, 11)) == ["accumulated-in(tf32 or float16)"]


def test_truncated_data_are_named():
    case = CASES["real"]
    reference = reference_of(case)
    bits = reference.x.astype("float32").view("uint32") & np.uint32(0xFFFF0000)
    got = replace(reference, x=bits.view("float32").astype("float64")).output
    assert names(case, reference, got) == ["input-truncated(bfloat16)"]


def test_one_small_error_is_no_lower_precision():
    case = CASES["real"]
    reference = reference_of(case)
    got = reference.output.copy()
    got[0, 0, 2, 2] *= 1 + 2.0**-12
    assert names(case, reference, got) == ["region"]


def test_round_bits_rounds_to_even_and_keeps_what_is_not_finite():
    values = np.array([1.0, 257.0, 259.0, -257.0, 0.0, np.inf, np.nan])
    np.testing.assert_array_equal(round_bits(values, 8), [1, 256, 260, -256, 0, np.inf, np.nan])
    half = np.array([0.1, 1234.5, -3.14159])
    np.testing.assert_array_equal(round_bits(half, 11), half.astype(np.float16).astype(float))


def test_of_two_types_that_hold_every_value_the_narrower_is_named():
    case = replace(CASES["real"], in_channels=64, out_channels=2)
    reference = reference_of(case)
    got = round_bits(reference.output, 8)
    np.testing.assert_array_equal(round_bits(got, 11), got)
    assert np.all(np.abs(got - reference.output) <= 64 * 2.0**-11 * reference.magnitude)
    assert names(case, reference, got) == ["accumulated-in(bfloat16)"]
