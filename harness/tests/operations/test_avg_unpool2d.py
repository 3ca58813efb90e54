"""Average unpooling against a literal loop, its gradient against the adjoint, and every fault against the cases."""

from pathlib import Path

import numpy as np
import pytest

from harness.operations.avg_unpool2d.oracle import unpool
from harness.tests.operations.asking import adjoint_holds, problem_of, shipped, survivors, truths_of

SHIPPED = Path("cases/average_unpooling.yaml")


def literally(case, x):
    y = np.zeros((case.batch, case.channels, *case.size))
    for n, c, i, j in np.ndindex(y.shape):
        y[n, c, i, j] = x[n, c, i // case.pool_size[0], j // case.pool_size[1]]
    return y


@pytest.mark.parametrize("case", shipped(SHIPPED), ids=lambda case: case.id)
def test_the_output_is_that_of_a_loop_and_the_gradient_its_adjoint(case):
    arrays, references = truths_of(case)
    assert np.array_equal(references["output"], literally(case, arrays["input"]))
    x, g = (arrays[name].astype(np.float64) for name in ("input", "cotangent"))
    assert adjoint_holds(lambda one: unpool(case, one), x, g, references["input_grad"])


def test_every_fault_is_found_by_a_shipped_case():
    assert survivors(shipped(SHIPPED)) == (set(), [])


@pytest.mark.parametrize(("size", "hint"), [("[4, 8]", "use 5 to 6"), ("[5, 9]", "use 7 to 8")])
def test_a_size_that_the_windows_cannot_fill_is_refused(size, hint, tmp_path):
    problem = problem_of(
        tmp_path, f"{{id: a, about: b, input_size: [3, 4], pool_size: 2, output_size: {size}}}", op="avg_unpool2d"
    )
    assert problem.hint == hint
    assert problem.key == "cases.output_size"
