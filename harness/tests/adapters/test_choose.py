"""Adapters by name or ``module:Class``."""

import pytest

from harness.adapters import choose
from harness.adapters.published_numpy import PublishedNumpy
from harness.core.errors import BadInputError


class Misspelt(PublishedNumpy):
    dialect = "tensorflw"  # type: ignore[assignment]


class Unstated(PublishedNumpy):
    dialect = ""  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("made", "hint"),
    [(Misspelt, "did you mean tensorflow?"), (Unstated, "known are tensorflow, keras, pytorch, onnx, jax, canonical")],
)
def test_a_dialect_that_no_case_has_is_refused(made, hint):
    with pytest.raises(BadInputError) as refused:
        choose([f"{__name__}:{made.__name__}"])
    (problem,) = refused.value.problems
    assert problem.message == f"its dialect is {made.dialect!r}, which no case has"
    assert problem.hint == hint
