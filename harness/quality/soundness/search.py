"""Whether the shipped cases find a mutant out: it is run like any adapter until a verdict fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from harness.adapters import Chosen
from harness.core.case import AnyCase
from harness.core.results import NOT_STARTED, Row, Verdict
from harness.engine.check import plan_checks
from harness.engine.lane import Lane, Settings
from harness.quality.soundness import table
from harness.quality.soundness.imitation import imitation
from harness.suites.known_divergences import KnownDivergences, known_beside
from harness.suites.selection import select

TARGET = "harness.quality.soundness.table:"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the run of one adapter showed.

    ``row`` is the first that fails. ``fixed`` counts listed divergences that it does not have, ``checks`` those that
    were made; ``unavailable`` says why none was.
    """

    name: str
    checks: int
    fixed: int = 0
    row: Row | None = None
    unavailable: str = ""


@cache
def shipped(folder: str) -> tuple[tuple[AnyCase, ...], KnownDivergences]:
    """The cases of ``folder`` or all, and the divergences listed beside them, on whatever processor."""
    selection = select([folder] if folder else [])
    return tuple(selection.cases()), replace(known_beside(selection.folders), cpu=None)


def search(name: str, folder: str = "", part: int = 0, parts: int = 1) -> Shown:
    """Run the mutant called ``name`` on the cases that its fault concerns until one finds it out.

    They are those of ``folder``, or all shipped ones; of these every ``parts``-th is run, from ``part`` on.
    """
    mutant = table.mutant_called(name)
    cases, known = shipped(folder)
    chosen = Chosen(imitation(mutant), TARGET + name, requested_by_name=True, requested_as=TARGET + name)
    wanted = [case for case in cases if name.startswith(table.HONEST) or mutant.concerns(case)][part::parts]
    with closing(Lane(chosen, Settings(), known)) as lane:
        return _first(name, lane.answers(plan_checks(wanted, [chosen])))


def _first(name: str, answers: Iterable[Sequence[Row]]) -> Shown:
    checks = fixed = 0
    for row in chain.from_iterable(answers):
        if row.verdict in NOT_STARTED:
            return Shown(name, checks, fixed, unavailable=row.message)
        checks += row.verdict is not Verdict.INEXPRESSIBLE
        fixed += row.verdict is Verdict.FIXED
        if row.verdict.fails and row.verdict is not Verdict.FIXED:
            return Shown(name, checks, fixed, row)
    return Shown(name, checks, fixed)
