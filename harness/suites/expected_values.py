"""Expected values that a suite writes out must be the oracle's, or the page that printed them or we are wrong."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.case import AnyCase
from harness.core.errors import BadInputError, Problem
from harness.operations import operation_of


def wrong_expectations(cases: Iterable[AnyCase]) -> dict[str, Problem]:
    """By name of a case, what is wrong with the values that it expects; see harness.core.literals."""
    found = ((case.name, operation_of(case).oracle.expected_problem(case)) for case in cases)
    return {name: problem for name, problem in found if problem is not None}


def check_expected(cases: Iterable[AnyCase]) -> None:
    """Raise BadInputError with every literal expectation that is not the oracle's."""
    if problems := wrong_expectations(cases):
        raise BadInputError(*problems.values())
