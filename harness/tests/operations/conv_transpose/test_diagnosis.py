from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import Expect
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.findings import Explanation, Separation, describe
from harness.core.numerics import error_bound
from harness.core.outcome import Raised, Value
from harness.core.results import Judgement, Verdict
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import diagnose, explain, weaker_findings
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import Fault, faults_for, wrong_output

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
    return wrong_output([fault], reference).astype(dtype).astype(np.float64)


TYPES = ("tf32", "bfloat16", "float16", "int8", "5 bits")


def shown(case: Case):
    """The faults that change the output of ``case``, with the wrong output; of roundings those to these types."""
    reference = reference_of(case)
    right = reference.output.astype(case.dtype)
    for fault in faults_for(reference):
        if fault.operands and not fault.name.endswith(tuple(f"({name})" for name in TYPES)):
            continue
        got = apply(fault, reference, case.dtype)
        if not np.array_equal(got, right):
            yield fault, got


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_planted_fault_that_shows_is_among_the_findings(name):
    case, tried = CASES[name], 0
    for fault, got in shown(case):
        tried += 1
        assert fault.name in [finding.name for finding in diagnose(case, reference_of(case), got)]
    assert tried > 55


def test_the_cases_above_show_every_kind_of_fault():
    seen = {fault.name for case in CASES.values() for fault, _ in shown(case)}
    kinds = {"kernel-rotated", "kernel-axes-swapped", "kernel-channels-swapped", "kernel-channels-reread"}
    kinds |= {"ordinary-convolution", "bias-missing", "bias-doubled", "bias-of-channel-0", "bias-of-group-0"}
    kinds |= {"bias-along-width", "bias-before-extension", "crops-exchanged", "crop-upper-for-lower", "crops-of-same"}
    kinds |= {"output-padding-as-zeros", "output-padding-at-the-start", "strides-swapped", "strides-ignored"}
    kinds |= {"dilations-swapped", "dilations-ignored", "input-dilated", "kernel-of-group-0", "groups-ignored"}
    kinds |= {"groups-interleaved(input, interleaved)", "groups-interleaved(output, interleaved)", "batch-of-one"}
    kinds |= {"data-in-the-other-layout", "last-rows-zero(1)", "shifted(1,0)", "all-zero", "rolled(1,0)"}
    kinds |= {"data-flipped-in-height", "data-rotated", "batch-reversed", "last-input-channel-skipped", "doubled"}
    kinds |= {"negated", "relu", "kernel-absolute", "largest-where-taps-meet", "mean-where-taps-meet"}
    kinds |= {"operands-rounded(tf32)", "input-rounded(bfloat16)", "kernel-truncated(5 bits)"}
    assert kinds <= seen


def test_a_clear_fault_is_the_only_finding():
    reference = reference_of(PLAIN)
    (finding,) = diagnose(PLAIN, reference, replace(reference, w=reference.w[:, :, ::-1, ::-1]).output)
    assert describe([finding]) == "as if the kernel is rotated by 180 degrees"


def test_two_stacked_faults_are_named_as_one_pair():
    reference = reference_of(PLAIN)
    got = replace(reference, w=reference.w[:, :, ::-1, ::-1], b=None).output
    (finding,) = diagnose(PLAIN, reference, got)
    assert finding.name == "kernel-rotated + bias-missing"
    assert finding.text == "as if the kernel is rotated by 180 degrees, and the bias is missing"


def test_a_pair_is_found_whichever_came_first():
    case = replace(PLAIN, words=Words(((2, 2), (0, 0))))
    reference = reference_of(case)
    faults = {fault.name: fault for fault in faults_for(reference)}
    pair = [faults["data-in-the-other-layout"], faults["kernel-rotated"]]
    assert [finding.name for finding in diagnose(case, reference, wrong_output(pair, reference))] == [
        "kernel-rotated + data-in-the-other-layout"
    ]


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


@pytest.mark.parametrize("data", ["integers", "real"])
def test_a_fault_that_changes_nothing_is_never_named(data):
    case = replace(PLAIN, data=data, kernel_size=(3, 1))
    reference = reference_of(case)
    symmetric = replace(reference, w=reference.w + reference.w[:, :, ::-1])
    got = symmetric.output.copy()
    # just beyond the bound, and within what a wrong operation is allowed
    bound = error_bound(got, symmetric.magnitude, symmetric.terms, DTYPES["float32"])
    got[0, 0, 4, 4] += 1 if data == "integers" else 1.02 * bound[0, 0, 4, 4]
    names = [finding.name for finding in diagnose(case, symmetric, got)]
    assert names == ["region"]


def test_non_finite_values_are_named_as_such():
    reference = reference_of(PLAIN)
    got = reference.output.copy()
    got[0, 0, 0, 0] = np.nan
    (finding,) = diagnose(PLAIN, reference, got)
    assert finding.name == "non-finite"


def test_faults_are_named_where_the_truth_itself_is_not_finite():
    reference = reference_of(PLAIN)
    x = reference.x.copy()
    x[0, 0, 1, 2] = np.inf
    reference = replace(reference, x=x)
    with np.errstate(invalid="ignore"):
        got = replace(reference, w=reference.w[:, :, ::-1, ::-1]).output
    assert [finding.name for finding in diagnose(PLAIN, reference, got)] == ["kernel-rotated"]


def test_what_is_wrong_in_one_place_only_is_told_by_that_place():
    reference = reference_of(CASES["groups"])
    got = reference.output.copy()
    got[:, 2:] = np.random.default_rng(0).integers(100, 900, got[:, 2:].shape)
    (finding,) = diagnose(CASES["groups"], reference, got)
    assert finding.text == "wrong values only in the last group; everything else is right"


def explained(case, outcome, separate=None):
    reference = None if case.nominal else reference_of(case)
    tensors = make_tensors(case, None if case.nominal else lower(case))
    judgement = judge(case, tensors, reference, outcome)
    return judgement.verdict, explain(case, reference, outcome, judgement, separate).text


def test_an_accepted_case_names_the_rule_it_breaks():
    case = replace(PLAIN, words=Words(output_padding=(3, 0)), expect=Expect(error=True))
    verdict, text = explained(case, Value(np.zeros((1, 1, 1, 1), np.float32)))
    assert verdict is Verdict.ACCEPTS
    assert text.startswith("the rules of pytorch exclude it: output_padding 3 is not in [0, max(stride, dilation))")


def test_a_due_refusal_names_the_rule():
    case = replace(PLAIN, words=Words(output_padding=(3, 0)), expect=Expect(error=True))
    verdict, text = explained(case, Raised("ValueError", "no"))
    assert verdict is Verdict.REFUSES
    assert text.startswith("the refusal is due: the rules of pytorch exclude it: output_padding 3")


def test_a_rejection_of_a_legal_case_is_said_to_be_undue():
    assert explained(PLAIN, Raised("ValueError", "no")) == (
        Verdict.REJECTS,
        "the documented rules of pytorch allow these parameters",
    )


def test_only_a_tie_asks_for_the_case_that_separates():
    asked: list[list[str]] = []

    def separate(case, names):
        asked.append(list(names))
        return Separation("suite/other")

    reference = reference_of(PLAIN)
    right = Value(reference.output.astype(np.float32))
    assert explained(PLAIN, right, separate) == (Verdict.EXACT, "")
    rotated = replace(reference, w=reference.w[:, :, ::-1, ::-1]).output.astype(np.float32)
    assert explained(PLAIN, Value(rotated), separate)[1] == "as if the kernel is rotated by 180 degrees"
    assert asked == []
    square = CASES["as-wide-as-filters"]
    rotated = replace(reference_of(square), w=reference_of(square).w[:, :, ::-1, ::-1]).output.astype(np.float32)
    assert "(this case cannot tell these apart; suite/other does)" in explained(square, Value(rotated), separate)[1]
    assert asked == [["kernel-rotated", "ordinary-convolution"]]


def test_nothing_is_explained_where_nothing_came():
    assert explain(PLAIN, reference_of(PLAIN), Raised("E", ""), Judgement(Verdict.CRASHES)) == Explanation()


def test_a_pair_gives_way_to_a_single_fault_but_fits():
    case = replace(PLAIN, kernel_size=(3, 1))
    reference = reference_of(case)
    symmetric = replace(reference, w=reference.w + reference.w[:, :, ::-1])
    got = replace(symmetric, b=None).output
    names = ["kernel-flipped-in-height + bias-missing", "kernel-flipped-in-height + bias-doubled", "bias-missing"]
    assert [one.name for one in diagnose(case, symmetric, got)] == ["bias-missing"]
    weaker = [one.name for one in weaker_findings(case, symmetric, got, names)]
    assert "kernel-flipped-in-height + bias-missing" in weaker
    assert not {"kernel-flipped-in-height + bias-doubled", "bias-missing"} & set(weaker)
