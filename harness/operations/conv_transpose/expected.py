"""Values that a suite writes out for a transposed convolution, held against the oracle's."""

from __future__ import annotations

from harness.core.errors import Problem
from harness.core.literals import difference, problem_of
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower


def expected_problem(case: Case) -> Problem | None:
    """A problem if the values that a transposed convolution expects are not the oracle's."""
    if case.expect.values is None:
        return None
    geometry = lower(case)
    found = difference(case, case.expect.values, make_tensors(case, geometry).reference(geometry))
    return problem_of(case, "expect", found) if found else None
