from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import BadInputError
from harness.suites.expected_values import check_expected
from harness.suites.selection import select

SUITE = """
suite: Literal
about: an expectation
cases:
  - id: two-pixels
    about: x
    strides: 2
    padding: [[0, 0], [0, 0]]
    input: {{layout: W, values: [1, 2]}}
    kernel: {{layout: W, values: [3, 4]}}
    expect: {{layout: W, values: [{values}]}}
"""


def check(tmp_path: Path, values: str):
    path = tmp_path / "literal.yaml"
    path.write_text(SUITE.format(values=values))
    check_expected(select([str(path)]).cases())


def test_values_that_agree_with_the_oracle_pass(tmp_path):
    check(tmp_path, "3, 4, 6, 8")


def test_a_wrong_number_is_a_problem_that_names_the_place(tmp_path):
    with pytest.raises(BadInputError, match=r"literal\.yaml:5:.*oracle gives 8.*values say 9"):
        check(tmp_path, "3, 4, 6, 9")
