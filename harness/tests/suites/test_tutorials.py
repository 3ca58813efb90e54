from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.errors import BadInputError
from harness.quality.lint import unshown
from harness.suites.selection import select
from harness.suites.tutorials import EXAMPLES, TITLES, title_of
from harness.tests.build import load_cases, make_case

SUITE = """
suite: One
about: One.
defaults: {{input_size: 3, kernel_size: 3}}
cases:
  - {{id: a, about: A., examples: {examples}}}
  - {{id: b, about: B.}}
"""


def test_the_committed_suites_show_every_example_under_its_title():
    cases = list(select(["cases"]).cases())
    assert unshown(cases) == []
    shown = {name for case in cases for name in case.examples}
    assert shown == set(EXAMPLES)
    assert {case.source for case in cases if case.examples} == set(TITLES.values())


def test_the_examples_are_those_of_the_four_tutorials_in_order():
    assert list(EXAMPLES) == [
        "A",
        *(f"{letter}{n}" for letter, most in (("B", 5), ("C", 4), ("D", 5)) for n in range(1, most + 1)),
    ]
    assert [title_of(name) for name in ("A", "B5", "C1", "D4")] == list(TITLES.values())


def all_shown():
    return [make_case(id=name.lower(), examples=(name,), source=title_of(name)) for name in EXAMPLES]


def test_an_example_without_a_case_is_a_problem():
    cases = all_shown()
    assert unshown(cases) == []
    (problem,) = unshown(case for case in cases if case.examples != ("C3",))
    assert "C3" in str(problem)
    assert "no case shows this example" in str(problem)


def test_suites_about_something_else_need_show_none():
    assert unshown([make_case(), make_case(source="another page")]) == []


def test_a_case_of_another_source_is_a_problem():
    first, *others = all_shown()
    (problem,) = unshown([replace(first, source="another page"), *others])
    assert "the source is 'another page'" in str(problem)


def test_an_entry_names_its_examples(tmp_path):
    a, b = load_cases(tmp_path, SUITE.format(examples="[B1, D5]"))
    assert (a.examples, b.examples) == (("B1", "D5"), ())


@pytest.mark.parametrize("examples", ["[B9]", "[]", "B1", "[B1, B1]", "[1]"])
def test_examples_that_are_not_known_are_refused(tmp_path, examples):
    with pytest.raises(BadInputError, match="expected a list of published examples"):
        load_cases(tmp_path, SUITE.format(examples=examples))
