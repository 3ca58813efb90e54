"""Expected values that a suite writes out must be the oracle's, or the page that printed them or we are wrong."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.case import AnyCase, Case
from harness.core.errors import BadInputError, Problem
from harness.core.literals import difference, problem_of
from harness.operations import operation_of
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower


def wrong_expectations(cases: Iterable[AnyCase]) -> dict[str, Problem]:
    """By name of a case, what is wrong with the values that it expects; see harness.core.literals."""
    found = ((case.name, operation_of(case).check_expected(case)) for case in cases)
    return {name: problem for name, problem in found if problem is not None}


def check_expected(cases: Iterable[AnyCase]) -> None:
    """Raise BadInputError with every literal expectation that is not the oracle's."""
    if problems := wrong_expectations(cases):
        raise BadInputError(*problems.values())


def expected_problem(case: Case) -> Problem | None:
    """A problem if the values that a transposed convolution expects are not the oracle's."""
    if case.expect.values is None:
        return None
    geometry = lower(case)
    found = difference(case, case.expect.values, make_tensors(case, geometry).reference(geometry))
    return problem_of(case, "expect", found) if found else None
