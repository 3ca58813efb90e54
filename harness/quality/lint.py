"""What is wrong with cases that have a right form: they show nothing, or less than they seem to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from harness.adapters import Chosen
from harness.adapters.program import Inexpressible
from harness.core.case import AnyCase, OutputName, Reading
from harness.core.comparator import judge_value
from harness.core.dtypes import DTYPES
from harness.core.errors import Problem
from harness.core.outcome import Value
from harness.core.prepared import Prepared
from harness.core.readings import with_reading
from harness.core.reference import Reference
from harness.engine.check import plan_checks
from harness.operations import operation_of
from harness.suites.tutorials import EXAMPLES, title_of


def twin_readings(case: AnyCase) -> Problem | None:
    """A problem where the results of two readings are equal, or both refuse the call: no verdict distinguishes them."""
    if not case.expect.readings:
        return None
    prepared = operation_of(case).oracle.prepare(case)
    for one, other in combinations(case.expect.readings, 2):
        if _are_one(case, prepared, one, other):
            message = f"the readings {one.name!r} and {other.name!r} are one: {_sameness(one)}"
            return Problem(case.path, case.line, 1, case.id, message, "remove one, or use data that tell them apart")
    return None


def _sameness(reading: Reading) -> str:
    return "both refuse the call" if reading.refused else "their results are equal"


def _are_one(case: AnyCase, prepared: Prepared, one: Reading, other: Reading) -> bool:
    if one.refused or other.refused:
        return one.refused and other.refused
    return all(
        _fits(case, name, _result(case, prepared, one, name), _result(case, prepared, other, name))
        for name in case.outputs
    )


def _result(case: AnyCase, prepared: Prepared, reading: Reading, name: OutputName) -> Reference:
    """What ``reading``, which has a result, gives for an output."""
    return next(truth for _, truth in prepared.tensors.readings(with_reading(case, reading), name) if truth is not None)


def _fits(case: AnyCase, name: OutputName, one: Reference, other: Reference) -> bool:
    """Whether an implementation that gives ``one`` passes for ``other``."""
    with np.errstate(over="ignore", invalid="ignore"):
        right = one.output if one.whole is None else one.whole
        rounded = right.astype(DTYPES[one.dtype or case.dtype].numpy)
    return judge_value(case, other, Value(rounded), name).verdict.conforms


def emptiness(case: AnyCase) -> str:
    """What a legal case with an empty axis tests; nothing of another one."""
    if case.nominal or not case.has_empty_axis:
        return ""
    if 0 in operation_of(case).oracle.prepare(case).references["output"].shape:
        return "no element of their output is compared, but its shape and dtype"
    return "no input reaches their output, which is the bias alone, or zeros"


def notes(cases: Iterable[AnyCase], adapters: Sequence[Chosen]) -> dict[str, list[str]]:
    """What is to be known of ``cases``, each with the names of those that it is true of."""
    found: dict[str, list[str]] = {}
    for case in cases:
        foreign = "no adapter here speaks the dialect of these, so none runs them" if is_foreign(case, adapters) else ""
        for note in filter(None, (foreign, emptiness(case))):
            found.setdefault(note, []).append(case.name)
    return found


def is_foreign(case: AnyCase, adapters: Sequence[Chosen]) -> bool:
    """Whether ``case`` is a matter of its dialect, which none of ``adapters`` speaks."""
    return (case.nominal or case.has_empty_axis) and case.dialect not in {one.adapter.dialect for one in adapters}


def unrun(case: AnyCase, adapters: Sequence[Chosen]) -> Problem | None:
    """A problem if none of ``adapters`` can express ``case``: it would be listed for ever and never run.

    That a framework states why it has no kernels for a dtype is worth a row. A foreign case waits for an adapter.
    """
    if is_foreign(case, adapters) or any(
        not isinstance(check.plan, Inexpressible) or case.dtype in check.chosen.adapter.refused_dtypes
        for check in plan_checks([case], adapters)
    ):
        return None
    message = f"vacuous: no adapter can express it in the {case.dialect} dialect"
    return Problem(case.path, case.line, 1, case.id, message, "use other data, sizes or words")


def unshown(cases: Iterable[AnyCase]) -> list[Problem]:
    """A problem for each example that none of ``cases`` shows, and for each case whose source is another tutorial.

    Suites that show no example at all are about something else.
    """
    shown: set[str] = set()
    problems = []
    for case in cases:
        shown |= set(case.examples)
        for example in case.examples:
            if case.source != title_of(example):
                message = f"{example} is an example of {title_of(example)}, the source is {case.source!r}"
                problems.append(Problem(case.path, case.line, 1, case.id, message, "make source and examples agree"))
    missing = [name for name in EXAMPLES if name not in shown] if shown else []
    hint = "add the key examples to the entries that show it"
    return problems + [Problem("examples", 0, 0, name, "no case shows this example", hint) for name in missing]
