"""Verdicts on calls that were made several times."""

from __future__ import annotations

import numpy as np
import pytest

from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.core.tensors import same_bits
from harness.engine.repeated import judge_repeated
from harness.operations import operation_of
from harness.tests.asking import make_case


def prepared_case(**changes):
    case = make_case(bias=True, **changes)
    return case, operation_of(case).oracle.prepare(case)


def judged(case, prepared, *arrays):
    again = None if same_bits(arrays[0], arrays[1]) else arrays[1]
    outcome = Value(arrays[0], again is None, again)
    return judge_repeated(case, prepared, outcome, "output", lambda: None).judgement


def right_of(prepared, dtype="float32"):
    truth = prepared.reference("output")
    assert truth is not None
    return truth.output.astype(dtype)


def test_unstable_says_whether_the_values_are_right():
    case, prepared = prepared_case()
    right = right_of(prepared)
    assert judged(case, prepared, right, right).verdict is Verdict.EXACT
    said = {
        judged(case, prepared, *pair).message.partition(": ")[2] for pair in ((right, right + 1), (right + 1, right))
    }
    assert said == {"one of them is wrong"}
    assert judged(case, prepared, right + 1, right + 2).message.endswith(": both are wrong")
    zeros, signed = np.zeros_like(right), -np.zeros_like(right)
    assert judged(case, prepared, zeros, signed).message.endswith(": both are wrong")


def test_unstable_within_the_bound():
    case, prepared = prepared_case(data="real")
    right = right_of(prepared)
    judgement = judged(case, prepared, right, np.nextafter(right, np.float32(np.inf)))
    assert (judgement.verdict, judgement.message) == (
        Verdict.UNSTABLE,
        "two runs of the same call gave different bits: both are within the bound",
    )


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(lambda y: y[:1], Verdict.WRONG_SHAPE), (lambda y: y.astype(np.float64), Verdict.WRONG_DTYPE)],
)
def test_another_form_comes_first(change, verdict):
    case, prepared = prepared_case()
    right = right_of(prepared)
    assert judged(case, prepared, change(right), right).verdict is verdict


@pytest.mark.parametrize("kept", [("kernel",), ("kernel", "bias"), ("input", "bias")])
def test_what_an_answer_still_uses_of_the_first_data_is_named(kept):
    case, prepared = prepared_case()
    oracle = operation_of(case).oracle
    other = oracle.prepare_other(case, prepared)
    assert other is not None
    first = prepared.tensors.named
    mixed = oracle.prepare_with(case, {**other.tensors.named, **{name: first[name] for name in kept}})
    outcome = Value(right_of(prepared), other=right_of(mixed))
    found = judge_repeated(case, prepared, outcome, "output", lambda: other).judgement
    assert found.verdict is Verdict.STALE
    assert found.message.endswith(f"it still uses the {' and the '.join(kept)} of the first")
