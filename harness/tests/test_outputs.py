"""Several outputs of one check, from the worker to the verdict: gradients, shapes, and what fails in between."""

from __future__ import annotations

import numpy as np
import pytest

from harness.adapters.base import ALL_OUTPUTS
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.suites.known_divergences import KnownDivergences
from harness.tests import differentiating
from harness.tests.asking import chosen, make_case

EXACT = dict.fromkeys(ALL_OUTPUTS, Verdict.EXACT)


def a_case(name="plain", **changes):
    return make_case(name, **{"bias": True, "strides": (2, 1), "outputs": ALL_OUTPUTS, **changes})


def rows_of(adapter, *cases):
    asked = run_all(lambda: cases, [chosen(adapter)], KnownDivergences(), Settings(), 1, lambda row: None)
    return asked.rows


def verdicts(adapter, case):
    return {row.output: row.verdict for row in rows_of(adapter, case)}


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_right_gradients_are_exact(layout, dtype):
    case = a_case(layout=layout, dtype=dtype)
    assert verdicts(differentiating.Differentiating, case) == EXACT


def test_a_wrong_gradient_fails_that_output_alone_and_is_explained():
    found = {row.output: row for row in rows_of(differentiating.RotatedKernelGradient, a_case())}
    assert {name: row.verdict for name, row in found.items()} == {**EXACT, "kernel_grad": Verdict.DIVERGES}
    assert "(IOHW)" in found["kernel_grad"].message
    assert "rotated" in found["kernel_grad"].diagnosis


def test_a_gradient_of_another_shape():
    (row,) = (row for row in rows_of(differentiating.BiasGradientAsRow, a_case()) if row.output == "bias_grad")
    assert (row.verdict, row.message) == (Verdict.WRONG_SHAPE, "expected [4], got [1, 4] (C)")


def test_a_gradient_that_no_two_runs_share():
    assert verdicts(differentiating.CountingGradient, a_case())["input_grad"] is Verdict.UNSTABLE


def test_a_way_back_that_raises_leaves_the_output_as_it_was():
    found = {row.output: row for row in rows_of(differentiating.RaisingGradient, a_case())}
    assert {name: row.verdict for name, row in found.items()} == {
        **dict.fromkeys(EXACT, Verdict.REJECTS),
        "output": Verdict.EXACT,
    }
    assert found["input_grad"].message == "ArithmeticError: no way back"


def test_a_way_back_that_ends_the_process_is_told_from_the_call_and_costs_no_other_case():
    cases = [a_case("first"), a_case("bad"), a_case("third")]
    rows = rows_of(differentiating.AbortingGradient, *cases)
    bad = {row.output: row.verdict for row in rows if row.case == "suite/bad"}
    assert bad == {**dict.fromkeys(EXACT, Verdict.CRASHES), "output": Verdict.EXACT}
    assert {row.verdict for row in rows if row.case != "suite/bad"} == {Verdict.EXACT}
    assert len(rows) == 3 * len(EXACT)


def test_a_call_that_ends_the_process_has_no_gradients_to_speak_of():
    (row,) = rows_of(differentiating.AbortingAtOnce, a_case())
    assert (row.output, row.verdict) == ("output", Verdict.CRASHES)


def test_gradients_are_asked_only_of_adapters_that_have_them():
    from harness.quality.mutant_adapter import Honest

    assert verdicts(Honest, a_case()) == {"output": Verdict.EXACT}


def test_a_shape_alone_is_judged_as_such():
    assert verdicts(differentiating.Shapes, a_case()) == {"shape": Verdict.EXACT}
    assert verdicts(differentiating.NumPySizes, a_case()) == {"shape": Verdict.EXACT}
    (row,) = rows_of(differentiating.TooHigh, a_case())
    assert row.verdict is Verdict.WRONG_SHAPE
    assert row.error_over_bound is None


def test_real_gradients_are_within_the_bound_or_exact():
    found = verdicts(differentiating.Differentiating, a_case(data="real"))
    assert set(found.values()) <= {Verdict.EXACT, Verdict.WITHIN_BOUND}
    assert set(found) == set(ALL_OUTPUTS)


def test_nothing_of_the_cotangent_changes_the_other_real_data():
    """Integers use the bits that all requested sums leave free, so theirs depend on what is requested."""
    from harness.operations.conv_transpose.data import make_tensors
    from harness.operations.conv_transpose.dialects import lower

    with_, without = a_case(data="real"), a_case(data="real", outputs=("output",))
    one, other = make_tensors(with_, lower(with_)), make_tensors(without, lower(without))
    assert np.array_equal(one.x, other.x)
    assert np.array_equal(one.w, other.w)
    assert one.g is not None
    assert other.g is None
