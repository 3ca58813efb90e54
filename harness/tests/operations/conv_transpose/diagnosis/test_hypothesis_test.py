from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound, rounded
from harness.operations.conv_transpose.diagnosis import diagnose
from harness.operations.conv_transpose.diagnosis.differences import region_finding, the_rest
from harness.operations.conv_transpose.diagnosis.hypothesis_test import HypothesisTest
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.operations.conv_transpose.faults.roundings import round_bits
from harness.tests.build import make_case
from harness.tests.operations.conv_transpose.test_diagnosis import CASES, PLAIN, reference_of


def fault_called(name, reference):
    (found,) = (fault for fault in faults_for(reference) if fault.name == name)
    return found


@pytest.mark.parametrize("case", [PLAIN, CASES["real"], CASES["float16"]], ids=["integers", "real", "float16"])
def test_what_fits_everywhere_but_in_one_element_does_not_fit(case):
    reference = reference_of(case)
    fault = fault_called("kernel-rotated", reference)
    got = wrong_output([fault], reference).astype(case.dtype).astype(np.float64)
    assert HypothesisTest(case, reference, got).fits([fault])
    for index in (0, got.size // 2, got.size - 1):
        spoilt = got.copy()
        spoilt.flat[index] += 1 + abs(spoilt.flat[index])
        assert not HypothesisTest(case, reference, spoilt).fits([fault])


def test_the_sample_rejects_only_what_the_whole_rejects():
    reference = reference_of(PLAIN)
    faults = list(faults_for(reference))
    outputs = [wrong_output([one], reference) for one in faults]
    for got in outputs:
        if np.array_equal(got, reference.output):
            continue
        trial = HypothesisTest(PLAIN, reference, got)
        same = [
            one.name for one, output in zip(faults, outputs, strict=True) if np.array_equal(output, got, equal_nan=True)
        ]
        assert [one.name for one in faults if trial.fits([one])] == same


def test_a_bound_is_that_of_each_element_not_the_largest():
    case = replace(PLAIN, data="real")
    reference = reference_of(case)
    got = replace(reference, b=None).output
    smallest = np.unravel_index(np.argmin(reference.magnitude), got.shape)
    largest = float(np.max(reference.magnitude))
    got[smallest] += 2.0**-24 * largest
    trial = HypothesisTest(case, reference, got)
    assert not trial.fits([fault_called("bias-missing", reference)])


def test_wrong_elements_are_those_beyond_the_bound():
    case = replace(PLAIN, data="real")
    reference = reference_of(case)
    got = reference.output.astype(np.float32).astype(np.float64)
    got[1, 2, 3, 4] += 1
    assert np.argwhere(HypothesisTest(case, reference, got).wrong).tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize("size", [1e-9, 2.0**-26])
def test_what_has_less_effect_than_rounding_explains_nothing(size):
    """An error just beyond the bound, and a bias that is smaller than the rounding of the result."""
    case = replace(PLAIN, data="real", bias=(size, -size, size, -size))
    reference = reference_of(case)
    bound = error_bound(reference.output, reference.magnitude, reference.terms, DTYPES["float32"])
    got = reference.output.copy()
    got[0, 1, 2, 3] += 1.02 * bound[0, 1, 2, 3]
    assert [finding.name for finding in diagnose(case, reference, got)] == ["region"]
    for fault in faults_for(reference):
        assert not HypothesisTest(case, reference, got).fits([fault])


def test_a_bias_is_named_where_its_effect_is_beyond_rounding():
    case = replace(PLAIN, data="real", bias=(1e-3, -1e-3, 1e-3, -1e-3))
    reference = reference_of(case)
    got = replace(reference, b=None).output.astype(np.float32).astype(float)
    assert "bias-missing" in [finding.name for finding in diagnose(case, reference, got)]


@pytest.mark.parametrize("channels", [3, 64, 512])
@pytest.mark.parametrize("bits", [8, 11, 14])
def test_errors_within_every_bound_are_named_by_what_they_come_to_together(channels, bits):
    """With many products the bound of each element allows operands of a few bits; all errors together do not."""
    case = replace(PLAIN, data="real", in_channels=channels, bias=False)
    reference = reference_of(case)
    got = replace(reference, x=round_bits(reference.x, bits), w=round_bits(reference.w, bits)).output
    got = got.astype(np.float32).astype(float)
    name = {8: "bfloat16", 11: "tf32"}.get(bits, f"{bits} bits")
    names = [finding.name for finding in diagnose(case, reference, got)]
    assert names[0] == f"operands-rounded({name})"
    assert set(names) <= {f"operands-rounded({name})", "operands-rounded(float16)"}


def test_what_can_be_said_of_the_rest_depends_on_the_bound():
    for case, words in (
        (PLAIN, "everything else is right"),
        (replace(PLAIN, data="real"), "everything else is right but for rounding"),
    ):
        reference = reference_of(case)
        got = reference.output.astype(DTYPES[case.dtype].numpy).astype(float)
        got[0, 0] += 1000 * np.arange(1, got[0, 0].size + 1).reshape(got[0, 0].shape)
        finding = region_finding(HypothesisTest(case, reference, got))
        assert finding is not None
        assert finding.text.endswith(f"; {words}")


def test_a_bound_that_zeros_pass_says_nothing_of_the_rest():
    """Of data with alike elements only the bound of each tells, which 512 terms make as wide as they are in bfloat16."""
    case = replace(CASES["square"], data="real", dtype="bfloat16", in_channels=512, batch=1)
    reference = reference_of(case)
    got = reference.output.astype(DTYPES[case.dtype].numpy).astype(float)
    got[0, 0] += 1e6
    trial = HypothesisTest(case, reference, got)
    assert the_rest(trial.errors, trial.wrong, exact=False) == "everything else is right but for rounding"
    alike = replace(trial.errors, independent=False)
    assert the_rest(alike, trial.wrong, exact=False).startswith("of everything else this type cannot tell")


@pytest.mark.parametrize("name", ["kernel-rotated", "kernel-flipped-in-height", "bias-missing"])
def test_a_bound_that_lets_anything_through_accepts_no_hypothesis(name):
    """With 1,900 products in float16 every element of the negated output is within its bound of any hypothesis."""
    case = make_case(
        dtype="float16", in_channels=1900, out_channels=2, kernel_size=2, strides=2, data="real", bias=True
    )
    reference = reference_of(case)
    fault = fault_called(name, reference)
    wrong = wrong_output([fault], reference)
    nearest, negated = (rounded(y, DTYPES["float16"]) for y in (wrong, -reference.output))
    bound = error_bound(wrong, reference.magnitude, reference.terms, DTYPES["float16"])
    assert np.all(np.abs(negated - wrong) <= bound)
    assert not HypothesisTest(case, reference, negated).fits([fault])
    assert HypothesisTest(case, reference, nearest).fits([fault])
