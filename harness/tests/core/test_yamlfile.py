"""Reading YAML: plain data, and where every key and value stands."""

import math

import pytest

from harness.core.errors import BadInputError
from harness.core.yamlfile import read_yaml
from harness.tests.build import write_suite
from harness.tests.malformed import YAML

TEXT = """\
suite: Title
cases:
  - id: one
    strides: [1, 2]
  - id: two
    sweep:
      padding:
        - same
        - [[0, 1],
           [1, 0]]
"""


def read(tmp_path, text):
    return read_yaml(write_suite(tmp_path, text))


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-3", -3),
        ("+3", 3),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        (".5", 0.5),
        ("3.", 3.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("'3'", "3"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("TensorFlow下反卷积", "TensorFlow下反卷积"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path, scalar, value):
    found = read(tmp_path, f"key: {scalar}\n").data["key"]
    assert found == value
    assert isinstance(found, type(value))
    assert isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize("text", [".nan", ".NaN"])
def test_nan_is_a_number(tmp_path, text):
    assert math.isnan(read(tmp_path, f"key: {text}\n").data["key"])


@pytest.mark.parametrize(
    ("location", "line", "column"),
    [
        ((), 1, 1),
        (("suite",), 1, 1),
        (("cases",), 2, 1),
        (("cases", 0), 3, 5),
        (("cases", 0, "strides"), 4, 5),
        (("cases", 0, "strides", 1), 4, 18),
        (("cases", 1, "sweep", "padding", 0), 8, 11),
        (("cases", 1, "sweep", "padding", 1, 1, 0), 10, 13),
        # what is not there is shown at the nearest place that is
        (("cases", 1, "about"), 5, 5),
        (("cases", 7), 2, 1),
        (("cases", 0, "strides", 1, "deeper"), 4, 18),
        (("nothing", 3), 1, 1),
    ],
)
def test_every_place_has_a_line_and_a_column(tmp_path, location, line, column):
    file = read(tmp_path, TEXT)
    problem = file.problem(location, "message", "hint")
    assert (problem.line, problem.column) == (line, column)
    assert file.line(location) == line
    assert problem.key == ".".join(part for part in location if isinstance(part, str))
    assert (problem.path, problem.message, problem.hint) == (file.path, "message", "hint")


def test_a_problem_reads_like_a_compilers(tmp_path):
    problem = read(tmp_path, TEXT).problem(("cases", 0, "strides"), "too long", "shorten it")
    assert str(problem).splitlines() == [f"{problem.path}:4:5: one: cases.strides: too long", "    hint: shorten it"]


@pytest.mark.parametrize("name", YAML)
def test_what_is_no_plain_yaml_is_refused_by_the_reader_alone(tmp_path, name):
    if name == "merge-key":
        assert "<<" in read(tmp_path, YAML[name][0]).data["cases"][0]
        return
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, YAML[name][0])
    assert [problem.line for problem in caught.value.problems] == [YAML[name][1]]


def test_every_trap_of_a_file_is_named(tmp_path):
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, "a: 1\na: 2\nb: &x [1]\nc: *x\n? [1]\n: 2\n")
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(2, "a"), (3, ""), (5, "")]


def test_a_missing_file_has_no_line(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read") as caught:
        read_yaml(tmp_path / "absent.yaml")
    assert caught.value.problems[0].line == 0


def test_sixty_four_levels_are_read_and_one_more_is_not(tmp_path):
    assert read(tmp_path, "[" * 64 + "]" * 64).data
    with pytest.raises(BadInputError, match="nested more than 64"):
        read(tmp_path, "[" * 65 + "]" * 65)


def test_a_trap_in_a_case_names_the_case(tmp_path):
    text = """\
suite: Title
cases:
  - {id: one, strides: 2, strides: 3}
  - {id: two, sweep: &swept {strides: [1, 2]}}
  - {about: no id, expect: {error: true, error: true}}
  - {id: {a: b}, sweep: *swept}
"""
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, text)
    assert [(problem.line, problem.case) for problem in caught.value.problems] == [(3, "one"), (4, "two"), (5, "")]
    assert str(caught.value.problems[0]).split(": ")[1:3] == ["one", "strides"]
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, text.replace("Title", "{id: this, id: that}"))
    assert caught.value.problems[0].case == ""
