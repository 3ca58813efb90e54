"""From an outcome to a verdict: equality for exact data, the derived bound for the rest, no tolerance anywhere."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from harness.core.case import AnyCase, DTypeName, OutputName
from harness.core.dtypes import DTYPES
from harness.core.long_integers import judge_integers
from harness.core.measuring import Beside
from harness.core.numerics import widened
from harness.core.outcome import Failed, Outcome, Raised, Shaped, Value
from harness.core.reference import Reference, has_independent_elements, may_hold_subnormals
from harness.core.results import Judgement, Verdict
from harness.core.tensors import AnyTensors, dtype_name

NO_ELEMENTS = "there are no elements to compare: shape and dtype are right"


def judge(
    case: AnyCase, tensors: AnyTensors, reference: Reference | None, outcome: Outcome, output: OutputName = "output"
) -> Judgement:
    """The verdict on ``outcome``, which is ``output``; ``reference`` is None where the case is illegal or ambiguous."""
    if isinstance(outcome, Failed):
        return Judgement(outcome.verdict, outcome.message)
    if isinstance(outcome, Raised) and (found := _judge_whose(outcome)) is not None:
        return found
    if case.expect.readings:
        return _judge_readings(case, tensors, outcome, output)
    if case.expect.error or reference is None:
        return _judge_error(outcome)
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REJECTS, str(outcome))
    found = judge_value(case, reference, outcome, output)
    return Judgement(Verdict.EXACT, NO_ELEMENTS) if found.verdict is Verdict.EXACT and 0 in reference.shape else found


def judge_value(
    case: AnyCase,
    reference: Reference,
    outcome: Value | Shaped,
    output: OutputName = "output",
    *,
    independent: bool | None = None,
) -> Judgement:
    """Compare an array with the oracle's: dtype, shape, repeatability, non-finite values, then values.

    ``independent`` says whether no two elements are made alike, where ``case`` does not know all data.
    """
    if isinstance(outcome, Shaped):
        return judge_form(case.dtype, reference, outcome.shape, outcome.dtype) or Judgement(Verdict.EXACT)
    got, dtype = outcome.output, DTYPES[reference.dtype or case.dtype]
    if misfit := judge_form(case.dtype, reference, got.shape, dtype_name(got.dtype)):
        return misfit
    if not outcome.stable:
        return Judgement(Verdict.UNSTABLE, "two runs of the same call gave different bits")
    if dtype.kind == "integer" and (right := reference.whole) is not None:
        return judge_integers(got, right, reference.axes)
    if independent is None:
        independent = has_independent_elements(case, output)
    beside = Beside(widened(got), reference, dtype, independent)
    exact_data = partial(reference.is_exact, case)
    judgement = beside.judgement(exact_data)
    return beside.with_floor(judgement, exact_data) if may_hold_subnormals(case) else judgement


def whatever_the_order(case: AnyCase, reference: Reference | None, judgement: Judgement) -> Judgement:
    """``judgement``, with one verdict for all orders of summation: the processor decides which of them there is.

    Where it may change the rounding, a result that has the very bits of the rounded right one is ``within_bound`` too.
    """
    exact = judgement.verdict is Verdict.EXACT and judgement.error_over_bound is not None
    if not exact or reference is None or DTYPES[reference.dtype or case.dtype].kind == "integer":
        return judgement
    return judgement if reference.is_exact(case) else replace(judgement, verdict=Verdict.WITHIN_BOUND)


def judge_form(computed: DTypeName, reference: Reference, shape: tuple[int, ...], dtype: str) -> Judgement | None:
    """A judgement where dtype or shape are wrong; ``computed`` is the dtype of the call."""
    if dtype != (expected := reference.dtype or computed):
        return Judgement(Verdict.WRONG_DTYPE, f"expected {expected}, got {dtype}")
    if shape != reference.shape:
        return Judgement(Verdict.WRONG_SHAPE, f"expected {list(reference.shape)}, got {list(shape)} ({reference.axes})")
    return None


def _judge_whose(outcome: Raised) -> Judgement | None:
    """A judgement on an error that is the adapter's own, or does not come each time; None for a framework's answer."""
    if outcome.own:
        return Judgement(Verdict.ADAPTER_ERROR, f"{outcome} ({outcome.own})")
    if outcome.also is None:
        return None
    message = f"one run of the call raised {outcome}, another gave an array of shape {list(outcome.also)}"
    return Judgement(Verdict.UNSTABLE, message)


def _judge_error(outcome: Value | Shaped | Raised) -> Judgement:
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REFUSES, str(outcome))
    if isinstance(outcome, Shaped):
        got = f"the shape {list(outcome.shape)}"
    else:
        got = f"an array of shape {list(outcome.output.shape)}"
    return Judgement(Verdict.ACCEPTS, f"an error is expected, but {got} came")


def _judge_readings(
    case: AnyCase, tensors: AnyTensors, outcome: Value | Shaped | Raised, output: OutputName
) -> Judgement:
    misses = []
    for reading, reference in tensors.readings(case, output):
        if isinstance(outcome, Raised) or reference is None:
            if isinstance(outcome, Raised) and reference is None:
                return Judgement(Verdict.AMBIGUOUS, f"reading {reading.name!r}: {outcome}")
            continue
        judgement = judge_value(case, reference, outcome, output)
        if judgement.verdict.conforms:
            return Judgement(Verdict.AMBIGUOUS, f"reading {reading.name!r}", judgement.error_over_bound, judgement.ulps)
        misses.append(judgement)
    if isinstance(outcome, Raised):
        return Judgement(Verdict.REJECTS, f"no reading refuses: {outcome}")
    if not misses:
        return Judgement(Verdict.ACCEPTS, "every reading refuses, but an array came")
    closest = next((miss for miss in misses if miss.verdict is not Verdict.WRONG_SHAPE), misses[0])
    return Judgement(
        closest.verdict, f"no listed reading fits: {closest.message}", closest.error_over_bound, closest.ulps
    )
