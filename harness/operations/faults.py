"""Ways to be wrong: each is a mutant that the cases must find, and a hypothesis that may explain an outcome."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.case import GRADIENTS, OutputName
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.findings import Explanation, Finding, allowed, describe
from harness.core.outcome import Outcome, Raised, Value
from harness.core.prepared import Prepared
from harness.core.readings import Judged, judge_together
from harness.core.reference import Reference, ReferenceValues
from harness.core.results import Judgement, Verdict
from harness.operations.oracle import Array, Arrays, arrays_of, widened

Answer = Callable[[Any, Arrays], Mapping[OutputName, Array]]
When = Callable[[Any], bool]
Change = Callable[[Array], Array]
References = Callable[[Any, Arrays], Mapping[OutputName, ReferenceValues]]
"""The right answers of an operation from its tensors."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong; ``text`` goes on from "as if".

    ``answer(case, arrays)`` gives what a wrong implementation returns for a legal case, from tensors widened to
    float64; outputs that it leaves out are right. ``refuses`` says which legal cases it refuses, ``accepts`` which
    illegal ones it answers with zeros.
    """

    name: str
    text: str
    answer: Answer | None = None
    refuses: When | None = None
    accepts: When | None = None


@dataclass(frozen=True, slots=True)
class Kills:
    """What one case shows: the faults that it kills, sorted; ``sound`` is False where it fails the honest adapter."""

    case: str
    killed: tuple[str, ...]
    sound: bool = True


def of_tensor(output: OutputName, tensor: str, change: Callable[[Any, Array], Array]) -> Answer:
    """Another ``output`` alone, which ``change(case, array)`` makes of one tensor; none where that is not there."""
    return lambda case, arrays: {output: change(case, arrays[tensor])} if tensor in arrays else {}


def of_tensors(output: OutputName, change: Callable[[Any, Arrays], Array]) -> Answer:
    """The same of all tensors; there is no other gradient where there is no cotangent."""
    needed = "cotangent" if output in GRADIENTS else "input"
    return lambda case, arrays: {output: change(case, arrays)} if needed in arrays else {}


def of_right(references: References, outputs: Collection[OutputName], change: Change) -> Answer:
    """Others of ``outputs`` alone, which ``change`` makes of the right ones."""

    def answer(case: Any, arrays: Arrays) -> Mapping[OutputName, Array]:
        right = references(case, arrays)
        return {name: change(right[name].output) for name in outputs if name in right}

    return answer


HONEST = Fault("honest", "nothing is wrong")


def killed(case: Any, prepared: Prepared, faults: Sequence[Fault]) -> Kills:
    """Those of ``faults`` that ``case`` kills."""
    if _fails(case, prepared, HONEST):
        return Kills(case.name, (), sound=False)
    return Kills(case.name, tuple(sorted(one.name for one in faults if _fails(case, prepared, one))))


def kills_any(case: Any, prepared: Prepared, faults: Sequence[Fault]) -> bool:
    """Whether ``case`` kills one of ``faults``, and passes what is right."""
    return not _fails(case, prepared, HONEST) and any(_fails(case, prepared, one) for one in faults)


def _fails(case: Any, prepared: Prepared, fault: Fault) -> bool:
    found = outcomes(case, prepared, fault)

    def judge_one(read: Any, name: OutputName) -> Judged:
        judgement = judge(read, prepared.tensors, prepared.reference(name), found[name], name)
        return Judged(judgement, prepared, found[name])

    return any(judged.judgement.verdict.fails for judged in judge_together(case, found, judge_one).values())


def outcomes(case: Any, prepared: Prepared, fault: Fault) -> dict[OutputName, Outcome]:
    """What an implementation with ``fault`` and no other would return."""
    if case.expect.error:
        if fault.accepts is not None and fault.accepts(case):
            return {"output": Value(np.zeros((1, 1, 1, 1), DTYPES[case.dtype].numpy))}
        return {"output": Raised("RefusalError", "against a rule")}
    if fault.refuses is not None and fault.refuses(case):
        return {"output": Raised("RefusalError", "beyond a limit that is not there")}
    references: dict[OutputName, Reference] = dict(prepared.references)
    if case.expect.readings:
        readings = {name: _reading(case, prepared, name) for name in case.outputs}
        references = {name: reference for name, reference in readings.items() if reference is not None}
        if not references:
            return {"output": Raised("RefusalError", "as the readings say")}
    found: dict[OutputName, Array] = {name: reference.output for name, reference in references.items()}
    if fault.answer is not None:
        wide = widened(arrays_of(prepared))
        with np.errstate(all="ignore"):
            found |= {name: one for name, one in fault.answer(case, wide).items() if name in references}
    return {name: Value(_cast(one, references[name].dtype or case.dtype)) for name, one in found.items()}


def _reading(case: Any, prepared: Prepared, output: OutputName) -> Reference | None:
    """The first reading that is no refusal."""
    return next((reference for _, reference in prepared.tensors.readings(case, output) if reference is not None), None)


def _cast(array: Array, dtype: Any) -> Array:
    with np.errstate(all="ignore"):
        return array.astype(DTYPES[dtype].numpy)


def explain(
    case: Any,
    prepared: Prepared,
    output: OutputName,
    outcome: Outcome,
    judgement: Judgement,
    faults: Sequence[Fault],
    objection: Callable[[Any], str],
) -> Explanation:
    """One sentence on why the outcome, which is ``output``, got its verdict, or nothing.

    ``faults`` are those that may explain it; ``objection`` gives the rule that a case breaks, or nothing.
    """
    verdict = judgement.verdict
    if verdict in {Verdict.REFUSES, Verdict.ACCEPTS}:
        rule = objection(case)
        return Explanation(f"the rules of {case.dialect} exclude it: {rule}" if rule else "")
    if verdict is Verdict.REJECTS:
        return Explanation(allowed(case))
    if verdict not in {Verdict.DIVERGES, Verdict.WRONG_SHAPE} or not isinstance(outcome, Value):
        return Explanation()
    fitting = [fault for fault in faults if fault.answer and _gives(case, prepared, fault, output, outcome)]
    text = describe([Finding(fault.name, f"as if {fault.text}") for fault in fitting]) if fitting else ""
    return Explanation(text, tuple(fault.name for fault in fitting))


def _gives(case: Any, prepared: Prepared, fault: Fault, output: OutputName, outcome: Value) -> bool:
    """Whether ``outcome`` is bit by bit what the fault gives, and not what is right."""
    wrong = outcomes(case, prepared, fault).get(output)
    if not isinstance(wrong, Value) or wrong.output.shape != outcome.output.shape:
        return False
    return np.array_equal(wrong.output, outcome.output, equal_nan=outcome.output.dtype.kind == "f")
