"""Expected values that a suite writes out must be the oracle's, or the page that printed them or we are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.case import AnyCase, Case
from harness.data import make_tensors
from harness.dialects import lower
from harness.errors import BadInputError, Problem
from harness.literals import difference, problem_of
from harness.operations import operation_of


def checked(cases: Iterable[AnyCase]) -> Iterator[AnyCase]:
    """``cases``, with every literal expectation held against the oracle; see harness.literals.

    Raises BadInputError after the last one, with all that differ.
    """
    problems = list[Problem]()
    for case in cases:
        if problem := operation_of(case).check_expected(case):
            problems.append(problem)
        yield case
    if problems:
        raise BadInputError(*problems)


def check_expected(cases: Iterable[AnyCase]) -> None:
    """Go through all that ``checked`` checks."""
    for _ in checked(cases):
        pass


def expected_problem(case: Case) -> Problem | None:
    """A problem if the values that a transposed convolution expects are not the oracle's."""
    if case.expect.values is None:
        return None
    geometry = lower(case)
    found = difference(case, case.expect.values, make_tensors(case, geometry).reference(geometry))
    return problem_of(case, "expect", found) if found else None
