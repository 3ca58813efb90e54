from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.operations.conv_transpose.diagnosis.samples import gathered
from harness.operations.conv_transpose.faults import faults_for, kind, take, wrong_output
from harness.operations.conv_transpose.faults.fault import edit_places
from harness.tests.operations.conv_transpose.test_diagnosis import CASES, PLAIN, reference_of


@pytest.mark.parametrize("name", CASES)
def test_names_are_unique_and_shapes_stay(name):
    reference = reference_of(CASES[name])
    faults = list(faults_for(reference))
    assert len({fault.name for fault in faults}) == len(faults)
    assert all(wrong_output([fault], reference).shape == reference.output.shape for fault in faults)


@pytest.mark.parametrize("name", CASES)
def test_single_elements_are_those_of_the_whole(name):
    reference = reference_of(CASES[name])
    shape = reference.output.shape
    index = tuple(part.ravel() for part in np.indices(shape))
    common = [fault for fault in faults_for(reference) if fault.common]
    for faults in [[fault] for fault in faults_for(reference)] + [[a, b] for a in common for b in common if a != b]:
        edited = reference
        for fault in faults:
            edited = fault.edit(edited) if fault.edit else edited
        x, w = edited.x, edited.w
        for fault in faults:
            change_x, change_w = fault.operands or (None, None)
            x, w = x if change_x is None else change_x(x), w if change_w is None else change_w(w)
        y = replace(edited, x=x, w=w).output
        got = take(faults, shape, index, y.__getitem__)
        np.testing.assert_array_equal(got, wrong_output(faults, reference).ravel())


@pytest.mark.parametrize("name", ["groups", "real"])
def test_operands_are_changed_alike_in_few_elements_and_in_all(name):
    reference = reference_of(CASES[name])
    index = tuple(part.ravel() for part in np.indices(reference.output.shape))
    few = gathered(reference, index)
    for fault in (one for one in faults_for(reference) if one.operands):
        values = few.sampled([fault]).values
        assert edit_places([fault], reference) is reference
        whole = wrong_output([fault], reference).ravel()
        finite = np.isfinite(whole)
        np.testing.assert_array_equal(values[~finite], whole[~finite])
        values, whole = values[finite], whole[finite]
        assert np.max(np.abs(values - whole), initial=0) <= 1e-12 * np.max(np.abs(whole), initial=0)


def test_edits_add_up():
    reference = reference_of(PLAIN)
    faults = {fault.name: fault for fault in faults_for(reference)}
    both = wrong_output([faults["shifted(1,0)"], faults["shifted(0,-1)"]], reference)
    np.testing.assert_array_equal(both, wrong_output([faults["shifted(1,-1)"]], reference))
    flips = [faults["kernel-flipped-in-height"], faults["kernel-flipped-in-width"]]
    np.testing.assert_array_equal(wrong_output(flips, reference), wrong_output([faults["kernel-rotated"]], reference))


def test_the_last_fault_acts_last():
    reference = reference_of(PLAIN)
    faults = {fault.name: fault for fault in faults_for(reference)}
    zero, rolled = faults["last-columns-zero(1)"], faults["rolled(0,1)"]
    assert not np.any(wrong_output([zero, rolled], reference)[..., 0])
    assert not np.any(wrong_output([rolled, zero], reference)[..., -1])


def test_some_seventy_faults_are_known():
    kinds = {kind(fault.name) for case in CASES.values() for fault in faults_for(reference_of(case))}
    names = {fault.name for case in CASES.values() for fault in faults_for(reference_of(case))}
    assert len(kinds) > 35
    assert len(names) > 90


def test_the_dilation_ignored_where_crops_follow_same():
    case = replace(
        PLAIN,
        dialect="tensorflow",
        kernel_size=(3, 3),
        strides=(1, 1),
        dilations=(2, 3),
        words=replace(PLAIN.words, padding="same", output_padding=None),
    )
    reference = reference_of(case)
    names = {fault.name for fault in faults_for(reference)}
    assert {"dilations-ignored", "dilations-ignored(same)"} <= names
    fault = next(fault for fault in faults_for(reference) if fault.name == "dilations-ignored(same)")
    bare = reference_of(replace(case, dilations=(1, 1)))
    same = replace(bare, x=reference.x, w=reference.w, b=reference.b)
    np.testing.assert_array_equal(wrong_output([fault], reference), same.output)
