"""One reading of an ambiguous case, for all that a check gives.

A specification that is silent leaves an implementation the choice, once: the output, the indices and the gradients of a
call, and what comes of other data, must follow from the same one. An output by one reading whose gradient is by another
is right by none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.core.case import AnyCase, Expect, OutputName, Reading
from harness.core.comparator import judge
from harness.core.findings import Explanation
from harness.core.outcome import Outcome
from harness.core.prepared import Prepared
from harness.core.results import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement, and the data and the outcome that it is about: those of the first call, or those of other data.

    ``explanation`` says why where that is known already.
    """

    judgement: Judgement
    prepared: Prepared
    outcome: Outcome
    explanation: Explanation | None = None


JudgeOne = Callable[[AnyCase, OutputName], Judged]
"""Judges one output of a check as one of the case that is given: that of the check, or the same with one reading."""
MIXED = "mixed-readings"
"""The name of the cause, as a list of known divergences says it."""


def judge_together(case: AnyCase, names: Iterable[OutputName], judge_one: JudgeOne) -> dict[OutputName, Judged]:
    """The verdict on each output of a check, called ``names`` in this order.

    Of an ambiguous case the reading is reported that fits the outputs from the first on. An output that only another
    one fits is a mixture, and diverges; one that none fits has the verdict of the nearest.
    """
    names, readings = tuple(names), case.expect.readings
    if not readings:
        return {name: judge_one(case, name) for name in names}
    each = {
        reading.name: {name: judge_one(with_reading(case, reading), name) for name in names} for reading in readings
    }
    fitting = {
        name: [reading for reading, judged in each.items() if judged[name].judgement.verdict.conforms] for name in names
    }
    chosen = _chosen([reading.name for reading in readings], fitting.values())
    found = {}
    for name, fits in fitting.items():
        if chosen in fits:
            found[name] = each[chosen][name]
        elif fits:
            found[name] = _mixed(name, each[fits[0]][name], each[chosen][name].judgement, _followed(fitting, chosen))
        else:
            found[name] = _unfit(case, name, judge_one, [judged[name] for judged in each.values()])
    return found


def with_reading(case: AnyCase, reading: Reading) -> AnyCase:
    """``case`` as one that lists ``reading`` alone."""
    return replace(case, expect=Expect(readings=(reading,)))


def _chosen(names: Sequence[str], fitting: Iterable[Sequence[str]]) -> str:
    """The reading, the first in the order of the case, that fits the outputs from the first on as far as one does."""
    left = list(names)
    for fits in fitting:
        left = [name for name in left if name in fits] or left
    return left[0]


def _followed(fitting: Mapping[OutputName, Sequence[str]], chosen: str) -> str:
    """Which output follows which reading, in words; those that follow none are left out."""
    groups: dict[str, list[str]] = {}
    for name, fits in fitting.items():
        if fits:
            groups.setdefault(chosen if chosen in fits else fits[0], []).append(name)
    followed = []
    for reading, outputs in groups.items():
        listed = " and ".join([", ".join(outputs[:-1]), outputs[-1]] if len(outputs) > 1 else outputs)
        followed.append(f"{listed} follow{'s' if len(outputs) == 1 else ''} reading {reading!r}")
    return ", ".join(followed)


def _mixed(name: OutputName, judged: Judged, expected: Judgement, followed: str) -> Judged:
    """An output that follows another reading than those before it, by which ``expected`` is the judgement on it."""
    message = f"no one reading fits all outputs; {name} is as {judged.judgement.message}"
    mixture = Judgement(Verdict.DIVERGES, message, expected.error_over_bound, expected.ulps)
    return replace(judged, judgement=mixture, explanation=Explanation(f"the readings are mixed: {followed}", (MIXED,)))


def _unfit(case: AnyCase, name: OutputName, judge_one: JudgeOne, by_reading: Sequence[Judged]) -> Judged:
    """An output that no reading fits, or one on its own data and another on other data."""
    whole = judge_one(case, name)
    if not whole.judgement.verdict.conforms:
        return whole
    later = next(judged for judged in by_reading if judged.outcome is not whole.outcome)
    found = judge(case, later.prepared.tensors, later.prepared.reference(name), later.outcome, name)
    mixture = Judgement(Verdict.DIVERGES, "no one reading fits this call and that on other data of the same sizes")
    text = f"the readings are mixed: {whole.judgement.message} on its data, {found.message} on the other data"
    return replace(later, judgement=mixture, explanation=Explanation(text, (MIXED,)))
