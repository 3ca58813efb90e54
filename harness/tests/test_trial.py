from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.faults import faults_for, wrong_output
from harness.tests.test_diagnosis import CASES, PLAIN, reference_of
from harness.trial import Trial


def fault_called(name, reference):
    (found,) = (fault for fault in faults_for(reference) if fault.name == name)
    return found


@pytest.mark.parametrize("case", [PLAIN, CASES["real"], CASES["float16"]], ids=["integers", "real", "float16"])
def test_what_fits_everywhere_but_in_one_element_does_not_fit(case):
    reference = reference_of(case)
    fault = fault_called("kernel-rotated", reference)
    got = wrong_output([fault], reference).astype(case.dtype).astype(np.float64)
    assert Trial(case, reference, got).fits([fault])
    for index in (0, got.size // 2, got.size - 1):
        spoilt = got.copy()
        spoilt.flat[index] += 1 + abs(spoilt.flat[index])
        assert not Trial(case, reference, spoilt).fits([fault])


def test_the_sample_rejects_only_what_the_whole_rejects():
    reference = reference_of(PLAIN)
    faults = list(faults_for(reference))
    for planted in faults:
        got = wrong_output([planted], reference)
        if np.array_equal(got, reference.output):
            continue
        trial = Trial(PLAIN, reference, got)
        same = [one.name for one in faults if np.array_equal(wrong_output([one], reference), got)]
        assert [one.name for one in faults if trial.fits([one])] == same


def test_a_bound_is_that_of_each_element_not_the_largest():
    case = replace(PLAIN, data="real")
    reference = reference_of(case)
    got = replace(reference, b=None).output
    smallest = np.unravel_index(np.argmin(reference.magnitude), got.shape)
    largest = float(np.max(reference.magnitude))
    got[smallest] += 2.0**-24 * largest
    trial = Trial(case, reference, got)
    assert not trial.fits([fault_called("bias-missing", reference)])


def test_wrong_elements_are_those_beyond_the_bound():
    case = replace(PLAIN, data="real")
    reference = reference_of(case)
    got = reference.output.astype(np.float32).astype(np.float64)
    got[1, 2, 3, 4] += 1
    assert np.argwhere(Trial(case, reference, got).wrong).tolist() == [[1, 2, 3, 4]]
