"""The verdict on a call that was made several times: on what it gave first, and on whether it still answers its data.

The call is made on its data, on other data of the same sizes, and on the first data again; at the end the first result
is looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np

from harness.core.case import AnyCase, OutputName
from harness.core.comparator import judge
from harness.core.measuring import BoolArray
from harness.core.numerics import widened
from harness.core.outcome import Outcome, Value
from harness.core.prepared import Prepared
from harness.core.readings import Judged
from harness.core.reference import Reference
from harness.core.results import Judgement, Verdict
from harness.core.tensors import Array, same_bits
from harness.operations import operation_of

Other = Callable[[], Prepared | None]
"""Gives the other data and their right answers."""
_FIRST_AGAIN = Judgement(Verdict.STALE, "called on other data, it gives the result for the first")
_NO_VALUES = frozenset({Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE, Verdict.ACCEPTS})
"""Verdicts on an array whatever its values are."""


def judge_repeated(case: AnyCase, prepared: Prepared, outcome: Outcome, output: OutputName, other: Other) -> Judged:
    """The verdict on ``outcome``, which is ``output``.

    ``unstable`` where another run on the same data gave other bits, ``stale`` where what came at first changed, or
    where the answer to other data is that to the first. ``other`` is called only where it is needed. What a wrong call,
    or a reading that is written out, gives for other data is not known; of it no more is seen than that the bits are
    the same.
    """
    if not isinstance(outcome, Value):
        return Judged(judge(case, prepared.tensors, prepared.reference(output), outcome, output), prepared, outcome)
    known = _known_for_other_data(case, prepared, Value(outcome.output), output)
    judgement = _judge_first(case, prepared, outcome, output, other if known else lambda: None)
    diverges = judgement.verdict is Verdict.DIVERGES
    if (judgement.verdict.conforms or diverges) and outcome.other is not None and (made := other()) is not None:
        came = Value(outcome.other)
        if known is None or diverges:
            where = np.ones((), dtype=np.bool_)
            if diverges:
                where = _where_truth_differs(case, (prepared, made), output, outcome.output.shape)
            found = _FIRST_AGAIN if output != "indices" and _is_kept(outcome, came, made, where) else None
        else:
            found = _judge_other(known, (prepared, made), (outcome, came), output)
        if found is not None:
            return Judged(found, made, came)
    return Judged(judgement, prepared, outcome)


def _known_for_other_data(case: AnyCase, prepared: Prepared, first: Value, output: OutputName) -> AnyCase | None:
    """``case`` with the readings whose results follow from any data; None where ``first`` fits none of them."""
    if not case.expect.has_written_readings:
        return case
    computed = tuple(reading for reading in case.expect.readings if not reading.results)
    known = replace(case, expect=replace(case.expect, readings=computed))
    fits = bool(computed) and judge(known, prepared.tensors, None, first, output).verdict.conforms
    return known if fits else None


def _where_truth_differs(
    case: AnyCase, data: tuple[Prepared, Prepared], output: OutputName, shape: tuple[int, ...]
) -> BoolArray:
    """The elements of which the right answers to two data differ and are finite; none where none is of ``shape``.

    Of an ambiguous case those that differ by each of the readings of this shape whose results follow from the data.
    """
    first, other = (
        [truth for truth in _truths(case, prepared, output) if truth.output.shape == shape] for prepared in data
    )
    if not first or len(first) != len(other):
        return np.zeros((), dtype=np.bool_)
    differing = (
        (one.output != two.output) & np.isfinite(one.output) & np.isfinite(two.output)
        for one, two in zip(first, other, strict=True)
    )
    return np.asarray(np.logical_and.reduce([*differing]), dtype=np.bool_)


def _truths(case: AnyCase, prepared: Prepared, output: OutputName) -> list[Reference]:
    """The right answers to ``prepared`` that follow from its data."""
    if not case.expect.readings:
        found = [prepared.reference(output)]
    else:
        found = [truth for reading, truth in prepared.tensors.readings(case, output) if not reading.results]
    return [truth for truth in found if truth is not None]


def _is_kept(first: Value, came: Value, made: Prepared, where: BoolArray) -> bool:
    """Whether ``came`` has the bits of ``first``, and cannot have them whatever the data are.

    So it might where it has no number but zero and the ends of its type, or none that the other data ``made`` do not
    hold too. ``where`` are the elements that say something.
    """
    values = widened(first.output)
    values = values[np.isfinite(values) & (values != 0) & ~_is_an_end(first.output) & where]
    there = np.concatenate([widened(array).ravel() for array in made.tensors.named.values()])
    return same_bits(first.output, came.output) and not np.isin(values, there).all()


def _is_an_end(array: Array) -> BoolArray:
    """Which elements are the largest or the smallest number of their type, as after saturation."""
    if array.dtype.kind in "iu":
        ends = np.iinfo(array.dtype)
        return np.asarray((array == ends.min) | (array == ends.max))
    if array.dtype.kind == "c":
        return np.zeros(array.shape, dtype=np.bool_)
    infinite = np.array(np.inf, array.dtype)
    return np.asarray(np.abs(array) == np.nextafter(infinite, np.zeros_like(infinite)))


def _judge_first(case: AnyCase, prepared: Prepared, outcome: Value, output: OutputName, other: Other) -> Judgement:
    """The verdict on the first result, and on the later ones for the same data."""
    tensors, truth, alone = prepared.tensors, prepared.reference(output), Value(outcome.output)
    first = judge(case, tensors, truth, alone, output)
    if first.verdict in _NO_VALUES:
        return first
    if outcome.again is not None:
        made, later = other(), Value(outcome.again)
        if made is not None and judge(case, made.tensors, made.reference(output), later, output).verdict.conforms:
            return Judgement(Verdict.STALE, "called on the first data again, it gives the result for the other data")
        second = judge(case, tensors, truth, later, output)
        which = _which([first, second])
        return Judgement(Verdict.UNSTABLE, f"two runs of the same call gave different bits: {which}")
    if outcome.after is not None:
        return Judgement(
            Verdict.STALE, "a later call on other data changed the result of the first: it writes into the same memory"
        )
    return first


def _judge_other(
    case: AnyCase,
    data: tuple[Prepared, Prepared],
    outcomes: tuple[Value, Value],
    output: OutputName,
) -> Judgement | None:
    """A judgement on what came of the other data, the second of two, if it is wrong."""
    (first, other), (_, came) = data, outcomes
    found = judge(case, other.tensors, other.reference(output), came, output)
    if found.verdict.conforms:
        return None
    if same_bits(outcomes[0].output, came.output):
        return _FIRST_AGAIN
    named = first.tensors.named
    for names in (some for count in range(1, len(named)) for some in combinations(named, count)):
        kept = {name: named[name] for name in names}
        mixed = operation_of(case).oracle.prepare_with(case, {**other.tensors.named, **kept})
        if judge(case, mixed.tensors, mixed.reference(output), came, output).verdict.conforms:
            which = " and the ".join(names)
            return Judgement(Verdict.STALE, f"called on other data, it still uses the {which} of the first")
    return Judgement(found.verdict, f"right at first, but called on other data of the same sizes: {found.message}")


def _which(judgements: list[Judgement]) -> str:
    """Which of two runs is right, in words that do not change with which of them it is."""
    right = [judgement.verdict.conforms for judgement in judgements]
    if not all(right):
        return "one of them is wrong" if any(right) else "both are wrong"
    exact = all(judgement.verdict is Verdict.EXACT for judgement in judgements)
    return "both are right" if exact else "both are within the bound"
