"""Findings of the validation library become problems a person can act on; the JSON Schema says the same."""

import subprocess
import sys
from functools import cache

import jsonschema
import pytest

from harness.core.errors import BadInputError
from harness.core.validation import validate, validated
from harness.core.yamlfile import read_yaml
from harness.operations import suite_json_schema
from harness.operations.conv_transpose.form import SuiteForm
from harness.suites.tutorials import EXAMPLES
from harness.tests.build import write_suite
from harness.tests.malformed import FORM, instead, plus

GOOD = {
    "scalars": plus("strides: 2", "batch: 2", "padding: 1", "bias: true"),
    "pairs": plus("strides: [2, 1]", "padding: [1, 2]", "output_size: [7, 9]"),
    "pads": plus("padding: [[0, 1], [1, 0]]", "bias: [1, 2.5]"),
    "words": plus("dialect: onnx", "padding: same_lower", "dtype: float16", "layout: NHWC", "data: real"),
    "nulls": plus("strides:", "padding: null"),
    "literals": plus("input: {layout: '', values: 3}", "kernel: {layout: WH, rotated: true, values: [[1]]}"),
    "expected-values": plus("expect: {layout: NC, values: [[.nan, -.inf, 1e3]]}"),
    "expected-error": plus("expect: {error: true}"),
    "readings": plus("expect: {readings: [{name: a, because: b, crops: 1}, {name: c, because: d, refused: true}]}"),
    "sweep": plus("sweep: {padding: [same, 1, [[0, 1], [1, 0]]], bias: [true, [1]], batch: [1, null]}"),
}
# rules about the relation of two keys, or of a nested list, which JSON Schema is not asked to know
BEYOND_JSON_SCHEMA = {
    *("no-input-size", "no-kernel-size", "expect-nothing", "expect-two-things", "values-without-layout"),
    *("reading-by-word", "reading-without-result", "reading-refused-with-crops", "readings-of-one-name"),
    *("empty-sweep", "sweep-of-nothing", "ragged-values", "empty-values", "word-in-values"),
    *("bool-in-values", "value-beyond-any-float", "layout-rank", "layout-letter", "layout-letter-twice"),
    *("kernel-letters-of-an-input", "rotated-input", "bias-beyond-any-float", "float-for-a-size"),
}


def read(tmp_path, text):
    return read_yaml(write_suite(tmp_path, text))


@cache
def validator():
    return jsonschema.Draft202012Validator(suite_json_schema(EXAMPLES))


def accepted_by_schema(data):
    return validator().is_valid(data)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(suite_json_schema(EXAMPLES))


@pytest.mark.parametrize("first", ["'nearest', 'bilinear'", "'bilinear', 'nearest'"])
def test_the_schema_is_the_same_whichever_of_two_types_of_the_same_words_is_made_first(first):
    script = f"from typing import Literal; Literal[{first}] | None; from harness.operations import suite_json_schema"
    command = [sys.executable, "-c", f"{script}; print(suite_json_schema({list(EXAMPLES)}))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(suite_json_schema(EXAMPLES))


@pytest.mark.parametrize("name", GOOD)
def test_what_the_form_takes_the_schema_takes(tmp_path, name):
    file = read(tmp_path, GOOD[name])
    assert validated(SuiteForm, file)[1] == []
    assert validate(SuiteForm, file).cases[0].id == "one"
    assert accepted_by_schema(file.data)


@pytest.mark.parametrize("name", FORM)
def test_what_the_form_refuses_the_schema_refuses(tmp_path, name):
    file = read(tmp_path, FORM[name][0])
    assert accepted_by_schema(file.data) is (name in BEYOND_JSON_SCHEMA)


def test_values_are_normalised(tmp_path):
    entry = validate(SuiteForm, read(tmp_path, plus("strides: 2", "padding: [1, 2]", "bias: [1, 2]"))).cases[0]
    assert entry.strides == (2, 2)
    assert entry.padding == ((1, 1), (2, 2))
    assert entry.bias == (1.0, 2.0)
    assert entry.model_fields_set == {"id", "about", "input_size", "kernel_size", "strides", "padding", "bias"}


def test_every_fault_of_a_file_is_found(tmp_path):
    file = read(tmp_path, plus("stride: 2", "batch: x", "padding: maybe"))
    with pytest.raises(BadInputError) as caught:
        validate(SuiteForm, file)
    assert [problem.key for problem in caught.value.problems] == ["cases.stride", "cases.batch", "cases.padding"]
    faults = validated(SuiteForm, file)[1]
    assert sorted(fault.location for fault in faults) == [("cases", 0, key) for key in ("batch", "padding", "stride")]


def test_the_offending_value_is_shown_unless_it_is_large(tmp_path):
    file = read(tmp_path, plus("batch: soon", "groups: [1, 2, 3]"))
    batch, groups = (fault.problem.message for fault in validated(SuiteForm, file)[1])
    assert batch.endswith("not 'soon'")
    assert "[" not in groups


def test_a_near_miss_is_only_offered_where_it_is_near(tmp_path):
    file = read(tmp_path, plus("dilatons: 2", "colour: red"))
    near, far = (fault.problem.hint for fault in validated(SuiteForm, file)[1])
    assert near == "did you mean dilations?"
    assert "did you mean" not in far


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (instead("cases:", "defaults: {expect: {error: true}}\ncases:"), "expect belongs under cases, not under defaults"),
        (instead("suite: Title", "suite: Title\nstrides: 2"), "strides belongs under cases or under defaults, not at the top of the file"),
        (plus("error: true"), "error belongs under cases.expect, not under cases"),
        (plus("suite: Title"), "suite belongs at the top of the file, not under cases"),
        (plus("expect: {output: {values: [1], layout: W}}"), "did you mean outputs? It belongs under cases"),
        (plus("expect: {values: 1, layout: W, redings: []}"), "did you mean readings?"),
        (plus("input: {layout: W, vaules: [1, 2, 3]}"), "did you mean values?"),
    ],
)  # fmt: skip
def test_a_key_at_a_wrong_place_is_not_taken_for_a_misspelt_one(tmp_path, text, hint):
    assert [fault.problem.hint for fault in validated(SuiteForm, read(tmp_path, text))[1]] == [hint]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("dialect: torch", "did you mean pytorch?"),
        ("dialect: PyTorch", "did you mean pytorch?"),
        ("dtype: flaot16", "did you mean float16?"),
        ("layout: nchw", "did you mean NCHW?"),
        ("padding: SAME", "did you mean same?"),
        ("outputs: [output, input_gard]", "did you mean input_grad?"),
        ("sweep: {dtype: [float32, double64]}", "see the description of the key in the JSON Schema"),
        ("sweep: {dtype: [float32, float46]}", "did you mean float64?"),
        ("dialect: 3", "see the description of the key in the JSON Schema"),
    ],
)
def test_of_a_word_that_is_none_of_several_the_nearest_is_offered(tmp_path, line, hint):
    assert [fault.problem.hint for fault in validated(SuiteForm, read(tmp_path, plus(line)))[1]] == [hint]


@pytest.mark.parametrize("name", ["One", "Conv2DTranspose_same-3x3"])
def test_an_id_may_have_capitals_and_underscores(tmp_path, name):
    file = read(tmp_path, instead("id: one", f"id: {name}"))
    assert validate(SuiteForm, file).cases[0].id == name
    assert accepted_by_schema(file.data)
