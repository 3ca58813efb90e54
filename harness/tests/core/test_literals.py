"""Results that are written out: right within their own last digit and what rounding explains, else refused."""

import copy
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

from harness.core.case import WrittenFloat
from harness.core.errors import BadInputError
from harness.suites.expected_values import check_expected, wrong_expectations
from harness.tests.build import load_cases

HEAD = """
suite: Written
about: a
defaults: {dialect: pytorch, batch: 1, in_channels: 1, out_channels: 1, input_size: 1, kernel_size: 1}
cases:
"""


def refused(folder, x, w, expected, dtype="float32", rest=""):
    """The messages about a product of two numbers that is expected as it is written."""
    line = (
        f"  - {{id: one, about: a, dtype: {dtype}, input: {{layout: HW, values: [[{x}]]}}, "
        f"kernel: {{layout: HW, values: [[{w}]]}}, expect: {{layout: HW, values: [[{expected}]]}}{rest}}}\n"
    )
    try:
        check_expected(load_cases(folder, HEAD + line))
    except BadInputError as error:
        return [problem.message for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("text", "unit"),
    [("1.50", "1/100"), ("-0.3", "1/10"), ("1.2e3", "100"), ("5e-7", "1/10000000"), ("3.", "1"), ("1e+2", "100")],
)
def test_the_unit_of_the_last_written_digit(text, unit):
    assert WrittenFloat(text).unit == float(Fraction(unit))


@pytest.mark.parametrize("text", ["1.50", "1.2e3", "-.inf", ".nan"])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_number_is_the_same_in_another_process(text, protocol):
    number = WrittenFloat(text)
    for one in (pickle.loads(pickle.dumps(number, protocol)), copy.deepcopy(number)):
        assert isinstance(one, WrittenFloat)
        assert (one.written, one.hex()) == (text, number.hex())


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan"])
def test_what_has_no_digits_has_no_last_one(text):
    assert WrittenFloat(text).unit == 0


@pytest.mark.parametrize(
    ("x", "w", "expected", "dtype"),
    [
        # the product is 0.1 rounded to float32
        ("0.1", "1", "0.1", "float32"),
        ("0.1", "1", "0.100000001490116", "float32"),
        # in float64 the product of 0.1 and 3 is 0.30000000000000004
        ("0.1", "3", "0.3", "float64"),
        ("0.1", "3", "0.30000000000000004", "float64"),
        # printed with fewer digits
        ("1.23456", "1", "1.23", "float32"),
        ("123456", "1", "1.23e5", "float32"),
        ("1.5", "1.5", "2.2", "float64"),
        ("1.5", "1.5", "2.3", "float64"),
        ("2", "3", "6", "float32"),
        ("2", "3", "6.0", "float32"),
        ("2", "3", "6", "int64"),
        ("1000", "1", "1e3", "float32"),
        ("1000", "1", "1e3", "int64"),
        ("0.001", "1", "1e-3", "float32"),
        ("1234", "1", "1.2e3", "float32"),
        (".inf", "1", ".inf", "float32"),
        (".nan", "1", ".nan", "float32"),
    ],
)
def test_results_as_pages_print_them_are_right(tmp_path, x, w, expected, dtype):
    assert refused(tmp_path, x, w, expected, dtype) == []


@pytest.mark.parametrize(
    ("x", "w", "expected", "dtype"),
    [
        ("0.1", "1", "0.2", "float32"),
        ("0.1", "1", "0.1000001", "float32"),
        ("0.1", "3", "0.3000000000000009", "float64"),
        ("1.23456", "1", "1.24", "float32"),
        ("1.23456", "1", "1.22", "float32"),
        ("1.23456", "1", "1", "float32"),
        ("2.5", "1", "2", "float32"),
        ("123456", "1", "1.24e5", "float32"),
        ("2", "3", "6.1", "float32"),
        ("2", "3", "7", "float32"),
        ("2", "3", "7", "int64"),
        ("1234", "1", "1e3", "float32"),
        ("1234", "1", "1E+03", "float16"),
        ("1234", "1", "0e9", "float32"),
        ("1234", "1", "1e3", "int64"),
        ("1", "1", "1.4e-3", "float32"),
        ("0.4", "1", "0e-0", "float32"),
        (".inf", "1", "1.0", "float32"),
        ("1", "1", ".inf", "float32"),
        (".nan", "1", "1.0", "float32"),
        ("1", "1", ".nan", "float32"),
    ],
)
def test_a_digit_beyond_that_is_refused(tmp_path, x, w, expected, dtype):
    (message,) = refused(tmp_path, x, w, expected, dtype)
    assert "the oracle gives" in message


@pytest.mark.parametrize(("dtype", "channels"), [("float16", 4096), ("bfloat16", 300)])
def test_a_bound_that_any_number_passes_lets_no_wrong_one_pass(tmp_path, dtype, channels):
    def found(expected):
        words = f"in_channels: {channels}, data: real, dtype: {dtype}, expect: {{layout: HW, values: [[{expected}]]}}"
        head = HEAD.replace("in_channels: 1, ", "")
        problems = wrong_expectations(load_cases(tmp_path, f"{head}  - {{id: one, about: a, {words}}}\n"))
        return [problem.message for problem in problems.values()]

    (message,) = found("123.5")
    right = message.split()[3]
    assert found(right) == []
    assert len(found("0.0")) == 1


def test_the_message_shows_as_many_digits_as_tell_the_two_apart(tmp_path):
    (message,) = refused(tmp_path, "0.1", "3", "0.3000000000000009", "float64")
    assert message == "the oracle gives 0.3 at [0, 0, 0, 0] (NCHW), the values say 0.300000000000001"


def test_the_digits_are_those_of_the_element_however_the_values_lie(tmp_path):
    values = "input: {layout: WH, values: [[1.25, 2], [3, 4.56789]]}, kernel: {layout: HW, values: [[1]]}"
    right = f"  - {{id: one, about: a, input_size: 2, {values}, expect: {{layout: WH, values: [[1.2, 2.0], [3, 4.5679]]}}}}\n"
    check_expected(load_cases(tmp_path, HEAD + right))
    with pytest.raises(BadInputError, match=r"at \[0, 0, 1, 1\].*4.5678\b"):
        check_expected(load_cases(tmp_path, HEAD + right.replace("4.5679]", "4.5678]")))


def test_the_other_operations_read_results_likewise(tmp_path):
    head = "op: avg_unpool2d\nsuite: Written\nabout: a\ncases:\n"
    line = (
        "  - {id: one, about: a, pool_size: [1, 2], input: {layout: HW, values: [[0.1]]}, "
        "expect: {output: {layout: HW, values: [[0.1, 0.10]]}}}\n"
    )
    check_expected(load_cases(tmp_path, head + line))
    with pytest.raises(BadInputError, match=r"expect.output: the oracle gives 0.100000001 at \[0, 0, 0, 1\]"):
        check_expected(load_cases(tmp_path, head + line.replace("0.10]", "0.12]")))


def test_the_shipped_expectations_are_right():
    from harness.suites.selection import select

    paths = [str(path) for path in sorted(Path("cases").glob("published_*.yaml"))]
    check_expected(select(paths).cases())
