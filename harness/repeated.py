"""The verdict on a call that was made several times: on what it gave first, and on whether it gave that again."""

from __future__ import annotations

from dataclasses import replace

from harness.case import AnyCase, OutputName
from harness.comparator import Outcome, Value, judge
from harness.prepared import Prepared
from harness.results import Judgement, Verdict

_NO_VALUES = frozenset({Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE, Verdict.ACCEPTS})
"""Verdicts on an array whatever its values are."""


def judge_repeated(case: AnyCase, prepared: Prepared, outcome: Outcome, output: OutputName) -> Judgement:
    """The verdict on ``outcome``, which is ``output``; ``unstable`` where another run gave other bits."""
    if not isinstance(outcome, Value) or outcome.again is None:
        return judge(case, prepared.tensors, prepared.truth(output), outcome, output)
    judgements = [
        judge(case, prepared.tensors, prepared.truth(output), replace(outcome, output=one, stable=True), output)
        for one in (outcome.output, outcome.again)
    ]
    if judgements[0].verdict in _NO_VALUES:
        return judgements[0]
    return Judgement(Verdict.UNSTABLE, f"two runs of the same call gave different bits: {_which(judgements)}")


def _which(judgements: list[Judgement]) -> str:
    """Which of two runs is right, in words that do not change with which of them it is."""
    right = [judgement.verdict.conforms for judgement in judgements]
    if not all(right):
        return "one of them is wrong" if any(right) else "both are wrong"
    exact = all(judgement.verdict is Verdict.EXACT for judgement in judgements)
    return "both are right" if exact else "both are within the bound"
