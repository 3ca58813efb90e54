"""Expected values that a suite writes out must be the oracle's, or the page that printed them or we are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from harness.case import AnyCase, Case
from harness.data import as_array, make_tensors
from harness.dialects import lower
from harness.errors import BadInputError, Problem
from harness.operations import operation_of


def checked(cases: Iterable[AnyCase]) -> Iterator[AnyCase]:
    """``cases``, with every literal expectation held against the oracle, exactly.

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
    expected = as_array(case.expect.values, "NCHW")
    geometry = lower(case)
    truth = make_tensors(case, geometry).reference(geometry).output
    if np.array_equal(expected, truth, equal_nan=True):
        return None
    index = tuple(int(i) for i in np.argwhere(expected != truth)[0])
    message = f"the oracle gives {truth[index]:.9g} at {list(index)} (NCHW), the values say {expected[index]:.9g}"
    return Problem(case.path, case.line, 1, f"{case.id}.expect", message, "check layout, rotated and the numbers")
