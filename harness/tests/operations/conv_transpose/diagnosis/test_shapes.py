from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.diagnosis.shapes import candidates, shape_findings
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.tests.operations.conv_transpose.test_diagnosis import PLAIN, reference_of

BARE = replace(PLAIN, words=Words(((0, 0), (0, 0))))
NAMES = {"bare": BARE, "padded": replace(PLAIN, kernel_size=(3, 2), dilations=(1, 2)), "one": replace(PLAIN, batch=1)}


def sentence(case, shape):
    return shape_findings(case, reference_of(case), np.zeros(shape))[1]


@pytest.mark.parametrize(
    ("got", "words"),
    [
        ((2, 4, 8, 15), "the shape, if not the values, is as if the size is that of SAME"),
        ((2, 4, 10, 15), "height 10 for 9"),
        ((2, 4, 9, 7), "width 7 for 15, as if the strides are ignored"),
        ((2, 4, 12, 11), "is as if the strides of height and width are swapped"),
        ((2, 4, 9), "3 axes instead of 4"),
        ((2, 4, 1, 1), "is as if an ordinary convolution instead of a transposed one, the size rounded down"),
        ((2, 2, 9, 15), "is as if input and output channels of the kernel are swapped"),
    ],
)
def test_a_wrong_shape_names_the_formula_that_gives_it(got, words):
    assert words in sentence(BARE, got)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_that_also_gives_the_values_is_named_alone(name):
    case = NAMES[name]
    reference = reference_of(case)
    tried = 0
    for one in candidates(case, reference):
        if one.right is None or one.back is not None:
            continue
        tried += 1
        findings, text = shape_findings(case, reference, one.right.output)
        assert text is None
        assert one.name in [finding.name for finding in findings]
        other = shape_findings(case, reference, one.right.output + 1)[1]
        assert other is None or other.startswith("the shape, if not") or one.only_with_values
    assert tried > 20


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda y: y.transpose(0, 2, 3, 1), "axes-channels-last"),
        (lambda y: y.swapaxes(2, 3), "output-axes-swapped"),
        (lambda y: y[:1], "batch-of-one"),
        (lambda y: y[:, :, :-2, :-1], "cut-short(2,1)"),
    ],
)
def test_the_right_values_in_another_arrangement(change, name):
    reference = reference_of(BARE)
    findings, _ = shape_findings(BARE, reference, change(reference.output))
    assert [finding.name for finding in findings] == [name]


def test_a_missing_axis_of_size_1():
    case = NAMES["one"]
    reference = reference_of(case)
    findings, _ = shape_findings(case, reference, reference.output[0])
    assert [finding.text for finding in findings] == ["as if axes of size 1 are squeezed away"]


@pytest.mark.parametrize(
    ("other", "name"),
    [((0, 1), "output-padding-swapped"), ((0, 0), "output-padding-ignored")],
)
def test_output_padding_by_the_words_of_the_case(other, name):
    case = replace(PLAIN, strides=(2, 2), words=Words(((1, 1), (1, 1)), output_padding=(1, 0)))
    reference = reference_of(case)
    got = reference_of(replace(case, words=replace(case.words, output_padding=other))).output
    right = ConvTransposeReference(replace(reference.geometry), reference.x, reference.w, reference.b)
    findings, _ = shape_findings(case, right, np.zeros(got.shape))
    assert name in [finding.name for finding in findings]


def test_output_padding_clamped_to_the_stride():
    case = replace(PLAIN, strides=(2, 2), dilations=(3, 3), words=Words(((2, 2), (2, 2)), output_padding=(2, 2)))
    got = reference_of(replace(case, words=replace(case.words, output_padding=(1, 1)))).output
    findings, _ = shape_findings(case, reference_of(case), np.zeros(got.shape))
    assert "output-padding-clamped" in [finding.name for finding in findings]


def test_no_rule_gives_the_right_shape():
    for case in NAMES.values():
        reference = reference_of(case)
        assert all(one.shape != reference.output.shape for one in candidates(case, reference))


def test_output_padding_may_also_be_what_the_crops_lack():
    """Under SAME the words and the crops differ: 1 was said, and one column less is cropped at the end than before."""
    case = replace(
        PLAIN, dialect="keras", kernel_size=(5, 1), strides=(3, 3), words=Words("same", output_padding=(1, 1))
    )
    reference = reference_of(case)
    (top, bottom), (left, right) = reference.geometry.crops
    assert (bottom - top, right - left) == (1, -1)
    cut = reference.geometry.with_crops(((top, bottom), (left, left)))
    findings, _ = shape_findings(case, reference, replace(reference, geometry=cut).output)
    assert findings[0].name == "output-padding-ignored"
