"""Values of any kind under any key: each is taken or refused with a message, and none is a fault of the harness."""

import json
from typing import get_args

import pytest
import yaml

from harness.core.errors import BadInputError, Problem
from harness.operations import OPERATIONS, operation
from harness.tests.build import load_cases
from harness.tests.operations.small import SIZES, SMALL

ODD = [None, True, 3, 1.5, "x", [], {}, ["x"], [1, 2], {"a": 1}]


def words_of(op):
    return yaml.safe_load(f"{SIZES}; {SMALL[op]}".replace("; ", "\n"))


def suite_of(op, at_top=(), entry=()):
    cases = [{"id": "a", "about": "a", **words_of(op), **dict(entry)}]
    return json.dumps({"op": op, "suite": "Odd", "about": "a", "cases": cases, **dict(at_top)})


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_value_of_any_kind_is_taken_or_refused(tmp_path, op):
    form = operation(op).form
    (entry,) = get_args(form.model_fields["cases"].annotation)
    texts = [suite_of(op, at_top={key: odd}) for key in form.model_fields for odd in ODD]
    texts += [suite_of(op, entry={key: odd}) for key in entry.model_fields for odd in ODD]
    taken, problems = 0, list[Problem]()
    for text in texts:
        try:
            taken += len(load_cases(tmp_path, text))
        except BadInputError as error:
            problems += error.problems
    assert taken
    assert problems
    assert all(problem.hint for problem in problems)


@pytest.mark.parametrize("op", sorted(set(OPERATIONS) - {"conv_transpose2d"}))
def test_nothing_is_what_is_not_stated(tmp_path, op):
    (case,) = load_cases(tmp_path, suite_of(op, entry={"dialect": None}))
    assert case.dialect == "pytorch"
