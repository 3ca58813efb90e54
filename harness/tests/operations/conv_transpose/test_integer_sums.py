"""Integers of 64 bits are read, summed and compared exactly."""

from dataclasses import replace

import numpy as np
import pytest

from harness.adapters.pytorch import PyTorch
from harness.core.comparator import judge_value
from harness.core.long_integers import IN_FLOAT64
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.engine.script import Scripts
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import findings_for
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.integer_sums import exact_sums
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases
from harness.tests.core.test_literals import refused
from harness.tests.quality.soundness.test_imitation import literal_loops

BEYOND = 2**53 + 1


@pytest.mark.parametrize("crops", [((0, 0), (0, 0)), ((1, 2), (0, 1)), ((-2, 1), (1, -1))])
@pytest.mark.parametrize("most", [2.0**62, 2.0**63])
def test_sums_are_those_of_the_definition_in_int64_and_beyond(crops, most):
    case = make_case(groups=2, in_channels=4, out_channels=6, input_size=(3, 2), kernel_size=(2, 3), strides=(2, 1))
    geometry = lower(replace(case, dilations=(1, 2), dialect="canonical")).with_crops(crops)
    generator = np.random.default_rng(1)
    bits = 28 if most < 2.0**63 else 62
    x, w = (generator.integers(-(2**bits), 2**bits, shape) for shape in (geometry.input_shape, geometry.kernel_shape))
    b = generator.integers(-(2**58), 2**58, geometry.out_channels)
    found = exact_sums(geometry, x, w, b, most)
    assert found.dtype == (np.int64 if most < 2.0**63 else object)
    assert found.tolist() == literal_loops(geometry, x, w, b).tolist()


def test_drawn_integers_of_64_bits_use_more_than_float64_holds_and_stay_within_the_type():
    for name in ("one", "two", "three"):
        case = make_case(name, dtype="int64", in_channels=3, out_channels=2, bias=True)
        right = make_tensors(case, lower(case)).reference(lower(case)).whole
        assert right is not None
        assert right.dtype == np.int64, "no sum can leave it"
        assert np.mean(np.abs(right) > 2**53) > 0.9


@pytest.mark.parametrize(("off", "verdict"), [(0, Verdict.EXACT), (1, Verdict.DIVERGES)])
def test_the_last_bit_of_a_result_tells(off, verdict):
    case = make_case(dtype="int64", in_channels=2)
    reference = make_tensors(case, lower(case)).reference(lower(case))
    assert reference.whole is not None
    got = reference.whole.copy()
    got.ravel()[np.argmax(np.abs(got))] += off
    assert np.array_equal(got.astype(np.float64), reference.whole.astype(np.float64)), "float64 does not hold it"
    judgement = judge_value(case, reference, Value(got))
    assert judgement.verdict is verdict
    assert ("values differ in 1 of" in judgement.message) == bool(off)


def test_sums_in_float64_are_named_and_sums_of_other_numbers_are_not():
    case = make_case(dtype="int64", in_channels=2, kernel_size=(3, 2))
    reference = make_tensors(case, lower(case)).reference(lower(case))

    def names(got):
        outcome = Value(got)
        return [one.name for one in findings_for(case, reference, outcome, judge_value(case, reference, outcome))[0]]

    assert names(reference.output.astype(np.int64)) == [IN_FLOAT64]
    flipped = replace(reference, w=reference.w[..., ::-1, ::-1]).output.astype(np.int64)
    assert names(flipped) not in ([], [IN_FLOAT64])


@pytest.mark.parametrize("expected", [BEYOND, BEYOND - 1, BEYOND + 1])
def test_a_literal_keeps_its_last_bit_and_an_expected_one_too(tmp_path, expected):
    assert bool(refused(tmp_path, BEYOND, 1, expected, "int64")) == (expected != BEYOND)
    assert bool(refused(tmp_path, -BEYOND, 1, -expected, "int64")) == (expected != BEYOND)
    rest = f", bias: [{BEYOND}]"
    assert bool(refused(tmp_path, 0, 1, expected, "int64", rest)) == (expected != BEYOND)


def test_the_ends_of_the_range_are_held_and_nothing_beyond(tmp_path):
    for dtype, least, most in (("int64", -(2**63), 2**63 - 1), ("int8", -128, 127), ("uint8", 0, 255)):
        assert not refused(tmp_path, least, 1, least, dtype)
        assert not refused(tmp_path, most, 1, most, dtype)
        for beyond in (least - 1, most + 1, 0.5, "1.0e+30", ".inf", ".nan"):
            messages = refused(tmp_path, beyond, 1, 1, dtype)
            assert any(f"is no {dtype}" in message for message in messages), beyond


def test_a_bias_of_64_bits_is_read_as_it_is_written(tmp_path):
    text = f"""
suite: Bias
about: a
cases:
  - {{id: one, about: a, dtype: int64, input_size: 1, kernel_size: 1, bias: [{BEYOND}, 3, {-(2**63)}]}}
"""
    (case,) = load_cases(tmp_path, text)
    made = make_tensors(case, lower(case)).b
    assert made is not None
    assert made.tolist() == [BEYOND, 3, -(2**63)]


def test_a_script_sums_integers_in_integers():
    case = make_case(dtype="int64", dialect="pytorch", in_channels=2, bias=True)
    check = plan_check(case, chosen(PyTorch))
    assert check is not None
    text = Scripts().render(check, "output")
    assert "astype(np.int64)" in text
    assert "np.float64" not in text
    assert "bound" not in text
