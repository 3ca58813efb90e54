from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.operations.conv_transpose.dialects import lower
from harness.quality import public_suites as public
from harness.quality.public_suites import read_suite, suite_of

SAMPLE = {
    "id": "one",
    "dialect": "onnx",
    "input": [[[[1.0, 2.0]]]],
    "kernel": [[[[1.0, 10.0]], [[3.0, 4.0]]]],
    "bias": None,
    "expected": [[[[1.0, 12.0, 20.0]], [[3.0, 10.0, 8.0]]]],
    "strides": [1, 1],
    "dilations": [1, 1],
    "groups": 1,
    "output_padding": None,
    "output_size": None,
    "padding": None,
}


def read(**changes):
    return suite_of("Title", "onnx", {"version": "onnx 9", "samples": [SAMPLE | changes]})


def test_a_sample_becomes_a_case():
    suite = read(bias=[1.0, 2.0], expected=None)
    (case,) = suite.cases
    assert (suite.title, suite.version, suite.notes) == ("Title", "onnx 9", ())
    assert (case.name, case.dialect, case.in_channels, case.out_channels) == ("onnx/one", "onnx", 1, 2)
    assert (case.input_size, case.kernel_size, case.bias) == ((1, 2), (1, 2), (1.0, 2.0))


def test_an_expected_output_that_the_oracle_does_not_give_leaves_the_sample_out():
    assert len(read().cases) == 1
    suite = read(expected=[[[[1.0, 12.0, 20.0]], [[3.0, 10.0, 9.0]]]])
    assert suite.cases == ()
    assert "another output" in suite.notes[0]


def test_an_ambiguous_sample_is_asked_as_its_expected_output_reads_it():
    suite = read(output_size=[1, 4], expected=[[[[0.0, 1.0, 12.0, 20.0]], [[0.0, 3.0, 10.0, 8.0]]]])
    (case,) = suite.cases
    assert lower(case).crops == ((0, 0), (-1, 0))
    assert suite.notes[0].startswith("onnx/one: ambiguous (output size 4")


def test_an_ambiguous_sample_that_no_crop_explains_is_left_out():
    suite = read(output_size=[1, 4], expected=[[[[1.0, 0.0, 12.0, 20.0]], [[3.0, 0.0, 10.0, 8.0]]]])
    assert suite.cases == ()
    assert suite.notes[0].startswith("onnx/one: left out: output size 4")


def test_a_suite_that_cannot_be_read_says_why(monkeypatch):
    monkeypatch.setitem(public.SUITES, "nowhere", "Nobody's tests")
    suite = read_suite("nowhere")
    assert (suite.cases, suite.absent) == ((), "KeyError: 'nowhere'")


@pytest.mark.skipif(find_spec("onnx") is None, reason="onnx is not installed")
def test_the_node_tests_of_onnx():
    suite = read_suite("onnx")
    assert suite.absent == ""
    assert len(suite.cases) == 9
    by_name = {case.name: case for case in suite.cases}
    assert by_name["onnx/test_convtranspose_pads"].words.padding == ((1, 1), (2, 2))
    assert by_name["onnx/test_convtranspose_autopad_same"].words.padding == "same"
    assert by_name["onnx/test_convtranspose_group_2_image_3"].batch == 3
    assert [note.partition(":")[0] for note in suite.notes] == ["onnx/test_convtranspose_output_shape"]


@pytest.mark.skipif(not (find_spec("torch") and find_spec("expecttest")), reason="torch or expecttest is not installed")
def test_the_samples_of_torch():
    suite = read_suite("torch")
    assert suite.absent == ""
    assert len(suite.cases) >= 10
    wide = next(case for case in suite.cases if case.groups == 2)
    assert (wide.strides, wide.words.padding, wide.words.output_padding) == ((3, 2), ((1, 1), (2, 2)), (2, 3))
    assert (wide.dilations, wide.kernel_size, wide.out_channels) == ((4, 4), (4, 5), 4)
    assert read_suite("torch") == suite
