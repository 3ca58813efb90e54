from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.case import Case, Expect, Words
from harness.data import make_tensors
from harness.diagnosis import describe, diagnose, explain_acceptance, explain_shape
from harness.dialects import lower
from harness.faults import Fault, faults_for

PLAIN = Case(
    suite="diagnosis",
    id="plain",
    about="",
    dialect="pytorch",
    batch=2,
    in_channels=2,
    out_channels=4,
    input_size=(4, 5),
    kernel_size=(3, 3),
    strides=(2, 3),
    words=Words(((1, 1), (0, 0)), output_padding=(1, 0)),
    bias=True,
)
CASES = {
    "plain": PLAIN,
    "groups": replace(PLAIN, in_channels=4, groups=2),
    "dilated": replace(PLAIN, dilations=(2, 1), strides=(1, 2), words=Words(((2, 2), (1, 1)))),
    "extended": replace(PLAIN, dialect="canonical", words=Words(((-1, 2), (1, -2)))),
    "square": replace(PLAIN, input_size=(4, 4), strides=(1, 1), in_channels=4, words=Words(((2, 2), (0, 0)))),
    "as-wide-as-filters": replace(
        PLAIN, dialect="canonical", input_size=(3, 4), strides=(1, 1), words=Words(((1, 1), (1, 1)))
    ),
    "real": replace(PLAIN, data="real"),
    "float16": replace(PLAIN, dtype="float16", data="real"),
}


def reference_of(case: Case):
    geometry = lower(case)
    return make_tensors(case, geometry).reference(geometry)


def apply(fault: Fault, reference, dtype="float32"):
    y = (fault.edit(reference) if fault.edit else reference).output
    y = fault.finish(y) if fault.finish else y
    return y.astype(dtype).astype(np.float64)


def shown(case: Case):
    """The faults that change the output of ``case``, with the wrong output."""
    reference = reference_of(case)
    right = reference.output.astype(case.dtype)
    for fault in faults_for(reference):
        got = apply(fault, reference, case.dtype)
        if not np.array_equal(got, right):
            yield fault, got


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_planted_fault_that_shows_is_among_the_findings(name):
    case, tried = CASES[name], 0
    for fault, got in shown(case):
        tried += 1
        assert fault.name in [finding.name for finding in diagnose(case, reference_of(case), got)]
    assert tried > 60


def test_the_cases_above_show_every_kind_of_fault():
    seen = {fault.name for case in CASES.values() for fault, _ in shown(case)}
    kinds = {"kernel-rotated", "kernel-axes-swapped", "kernel-channels-swapped", "kernel-channels-reread"}
    kinds |= {"ordinary-convolution", "bias-missing", "bias-doubled", "bias-of-channel-0", "bias-of-group-0"}
    kinds |= {"bias-along-width", "bias-before-extension", "crops-exchanged", "crop-of-the-other-half"}
    kinds |= {"output-padding-as-zeros", "output-padding-at-the-start", "strides-swapped", "strides-ignored"}
    kinds |= {"dilations-swapped", "dilations-ignored", "input-dilated", "kernel-of-group-0", "groups-ignored"}
    kinds |= {"groups-interleaved", "data-in-the-other-layout", "batch-of-one", "last-row-zero", "shifted(1,0)"}
    assert kinds <= seen


def test_a_clear_fault_is_the_only_finding():
    reference = reference_of(PLAIN)
    (finding,) = diagnose(PLAIN, reference, replace(reference, w=reference.w[:, :, ::-1, ::-1]).output)
    assert describe([finding]) == "as if the kernel is rotated by 180 degrees"


def test_two_stacked_faults_are_named_as_a_pair():
    reference = reference_of(PLAIN)
    got = replace(reference, w=reference.w[:, :, ::-1, ::-1], b=None).output
    assert {"kernel-rotated + bias-missing", "bias-missing + kernel-rotated"} & {
        finding.name for finding in diagnose(PLAIN, reference, got)
    }


def test_faults_that_the_case_cannot_tell_apart_are_said_to_be_so():
    case = replace(PLAIN, strides=(1, 1), words=Words(((1, 1), (1, 1))), bias=False)
    reference = reference_of(case)
    findings = diagnose(case, reference, replace(reference, w=reference.w[:, :, ::-1, ::-1]).output)
    assert {finding.name for finding in findings} == {"kernel-rotated", "ordinary-convolution"}
    assert "cannot tell these apart" in describe(findings)


def test_noise_has_no_diagnosis():
    reference = reference_of(PLAIN)
    noise = np.random.default_rng(1).integers(-90, 90, reference.output.shape).astype(np.float64)
    assert diagnose(PLAIN, reference, noise) == []
    assert describe([]).startswith("no single fault")


def test_non_finite_values_are_named_as_such():
    reference = reference_of(PLAIN)
    got = reference.output.copy()
    got[0, 0, 0, 0] = np.nan
    (finding,) = diagnose(PLAIN, reference, got)
    assert finding.name == "non-finite"


def test_rounding_the_data_to_bfloat16_is_lower_precision():
    case = replace(PLAIN, data="real")
    reference = reference_of(case)
    bits = reference.x.astype("float32").view("uint32") & np.uint32(0xFFFF0000)
    got = replace(reference, x=bits.view("float32").astype("float64")).output
    (finding,) = diagnose(case, reference, got)
    assert finding.name == "lower-precision"


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ((2, 4, 8, 15), "height 8 for 9 is that of SAME"),
        ((2, 4, 10, 15), "height 10 for 9"),
        ((2, 4, 9, 7), "width 7 for 15 is that of the stride ignored"),
        ((2, 4, 9), "3 axes instead of 4"),
    ],
)
def test_a_wrong_shape_names_the_formula_that_gives_it(got, words):
    case = replace(PLAIN, words=Words(((0, 0), (0, 0))))
    assert words in explain_shape(reference_of(case), got)


def test_an_accepted_case_names_the_rule_it_breaks():
    case = replace(PLAIN, words=Words(output_padding=(3, 0)), expect=Expect(error=True))
    assert "output_padding 3 is not in [0, max(stride, dilation))" in explain_acceptance(case)
