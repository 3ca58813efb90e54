"""One entry becomes cases: defaults, literals, the entry, the sweep, in this order of weight."""

import pytest

from harness.core.entry import show_value
from harness.core.errors import BadInputError
from harness.operations.conv_transpose.case import Words
from harness.tests.build import load_cases
from harness.tests.malformed import CASE, HEAD, plus

LITERALS = "  - id: one\n    about: text\n    input: {layout: NHWC, values: [[[[1, 2]], [[3, 4]], [[5, 6]]]]}\n"


def one(tmp_path, text):
    (case,) = load_cases(tmp_path, text)
    return case


def entry(tmp_path, text, **defaults):
    values = "".join(f"{key}: {value}, " for key, value in defaults.items())
    return one(tmp_path, HEAD.replace("cases:", f"defaults: {{{values}}}\ncases:") + text)


def test_what_is_left_out_has_these_values(tmp_path):
    case = one(tmp_path, HEAD + CASE)
    assert (case.batch, case.in_channels, case.out_channels, case.groups, case.dialect) == (1, 1, 1, 1, "canonical")
    assert (case.strides, case.dilations, case.words) == ((1, 1), (1, 1), Words())
    assert (case.bias, case.dtype, case.layout, case.data) == (False, "float32", None, "integers")
    assert (case.input, case.kernel, case.expect.error, case.expect.readings) == (None, None, False, ())
    assert (case.name, case.line, case.about) == ("suite/one", 4, "text")
    assert case.selector == f"{case.path}::one"


def test_an_entry_outweighs_the_defaults_and_a_sweep_outweighs_both(tmp_path):
    text = CASE + "    strides: 2\n    sweep: {batch: [5]}\n"
    case = entry(tmp_path, text, strides=3, batch=4, in_channels=2)
    assert (case.strides, case.batch, case.in_channels) == ((2, 2), 5, 2)


@pytest.mark.parametrize("null", ["", "null", "~"])
def test_null_takes_a_default_back(tmp_path, null):
    case = entry(
        tmp_path,
        CASE + f"    batch: {null}\n    padding: {null}\n    output_size: {null}\n",
        batch=4,
        padding=1,
        output_size=9,
    )
    assert (case.batch, case.words) == (1, Words())


def test_null_may_be_swept(tmp_path):
    cases = load_cases(
        tmp_path, plus("dialect: pytorch", "strides: 2", "sweep: {output_padding: [null, 1], batch: [null, 2]}")
    )
    assert [case.name for case in cases] == [
        "suite/one[batch=none,output_padding=none]",
        "suite/one[batch=none,output_padding=1]",
        "suite/one[batch=2,output_padding=none]",
        "suite/one[batch=2,output_padding=1]",
    ]
    assert [case.words.output_padding for case in cases[:2]] == [None, (1, 1)]


def test_literals_say_the_sizes(tmp_path):
    kernel = "    kernel: {layout: IOHW, values: [[[[1, 2, 3]]], [[[4, 5, 6]]]]}\n"
    case = entry(tmp_path, LITERALS + kernel, batch=7, in_channels=9, input_size=8, kernel_size=5)
    assert (case.batch, case.in_channels, case.input_size) == (1, 2, (3, 1))
    assert (case.out_channels, case.kernel_size) == (1, (1, 3))


def test_the_kernel_counts_the_output_channels_of_one_group(tmp_path):
    kernel = "    kernel: {layout: IHW, values: [[[1, 2]], [[3, 4]]]}\n"
    assert one(tmp_path, HEAD + LITERALS + kernel + "    groups: 2\n").out_channels == 2
    assert entry(tmp_path, LITERALS + kernel, groups=2).out_channels == 2
    swept = load_cases(tmp_path, HEAD + LITERALS + kernel + "    sweep: {groups: [1, 2]}\n")
    assert [case.out_channels for case in swept] == [1, 2]


def test_a_literal_bias_says_the_output_channels(tmp_path):
    assert one(tmp_path, plus("bias: [1, 2, 3]")).out_channels == 3
    assert one(tmp_path, plus("bias: true")).out_channels == 1


def test_a_size_beside_a_literal_is_held_against_it(tmp_path):
    assert one(tmp_path, HEAD + LITERALS + "    kernel_size: 3\n    input_size: [3, 1]\n").input_size == (3, 1)
    with pytest.raises(BadInputError, match="the values have 3 along H, but the case has 4"):
        one(tmp_path, HEAD + LITERALS + "    kernel_size: 3\n    input_size: [4, 1]\n")


def test_a_sweep_is_the_cartesian_product_in_the_order_of_the_keys(tmp_path):
    text = plus("sweep: {strides: [1, [3, 2]], kernel_size: [3, 5]}")
    assert [case.id for case in load_cases(tmp_path, text)] == [
        "one[kernel_size=3,strides=1]",
        "one[kernel_size=3,strides=3x2]",
        "one[kernel_size=5,strides=1]",
        "one[kernel_size=5,strides=3x2]",
    ]


def test_the_source_of_a_suite_is_that_of_its_cases(tmp_path):
    text = "source: a page\n" + plus("source: another page") + CASE.replace("one", "two")
    assert [case.source for case in load_cases(tmp_path, text)] == ["another page", "a page"]


def test_expected_values_and_readings_reach_the_case(tmp_path):
    literal = one(tmp_path, plus("expect: {layout: HW, values: " + str([[1] * 5] * 5) + "}"))
    assert literal.expect.values.shape == (5, 5)
    assert not literal.nominal
    readings = "expect: {readings: [{name: a, because: b, crops: [0, 1]}, {name: c, because: d, refused: true}]}"
    case = one(tmp_path, plus(readings))
    assert [reading.crops for reading in case.expect.readings] == [((0, 0), (1, 1)), None]
    assert case.nominal


def test_an_error_is_expected_of_each_illegal_combination(tmp_path):
    text = plus("dialect: pytorch", "sweep: {output_padding: [1, 2]}", "expect: {error: true}")
    assert all(case.expect.error and case.nominal for case in load_cases(tmp_path, text))
    with pytest.raises(BadInputError, match=r"legal in dialect pytorch \(in \[output_padding=0\]\)"):
        load_cases(tmp_path, text.replace("[1, 2]", "[1, 0]"))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (plus("strides: 0"), 8, 5),
        (HEAD.replace("cases:", "defaults: {batch: 2, strides: 0}\ncases:") + CASE, 3, 22),
        (plus("sweep: {batch: [1, 2], strides: [1, 0]}"), 8, 41),
        (plus("dialect: onnx", "strides: 4", "padding: same"), 4, 5),
    ],
)
def test_a_fault_is_shown_where_it_was_written(tmp_path, text, line, column):
    with pytest.raises(BadInputError) as caught:
        load_cases(tmp_path, text)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(line, column)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        ((3, 3), "3"),
        ((3, 2), "3x2"),
        (((1, 1), (1, 1)), "1"),
        (((0, 0), (1, 1)), "0x1"),
        (((0, 1), (0, 1)), "0:1"),
        (((0, 1), (1, 0)), "0:1x1:0"),
        ("same", "same"),
        (None, "none"),
        (True, "true"),
        ((1.0, 2.5), "1.0x2.5"),
    ],
)
def test_swept_values_in_names(value, shown):
    assert show_value(value) == shown
