"""Entries that name mutants which they kill: each must, or the entry claims too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from harness.core.case import AnyCase
from harness.core.errors import Problem, near_name
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.form import EntryForm
from harness.operations.conv_transpose.mutants import mutants
from harness.quality.mutant_adapter import SEE
from harness.quality.mutation import find_mutants
from harness.suites.registry import Suite
from harness.suites.selection import Selection


def false_claims(selection: Selection) -> Iterator[Problem]:
    """A problem for each name in ``kills`` that is no mutant's, or that of a mutant that no case of the entry kills.

    An entry is checked as a whole, even where only some cases of its sweep are selected.
    """
    wanted = {(case.path, _entry_of(case)) for case in selection.cases()}
    for suite in selection.suites:
        entries = {
            entry.id: (index, entry) for index, entry in suite.entries() if isinstance(entry, EntryForm) and entry.kills
        }
        if entries:
            for entry_id, cases in groupby(suite.cases(), _entry_of):
                if entry_id in entries and (suite.file.path, entry_id) in wanted:
                    yield from _false_claims(suite, *entries[entry_id], transposed_convolutions(cases))


def killed_by(cases: Iterable[Case]) -> dict[str, str]:
    """Name and text of every mutant that one of ``cases`` kills, sorted."""
    found = _killed(cases, set(mutants()))
    return {name: text for name, text in texts().items() if name in found}


def _killed(cases: Iterable[Case], names: set[str]) -> set[str]:
    """Those of the mutants called ``names`` that one of ``cases`` kills."""
    found = set[str]()
    for case in cases:
        if found == names:
            break
        found |= set(find_mutants(case, names - found).killed)
    return found


def texts() -> dict[str, str]:
    """Every mutant of the score, sorted, and what is wrong with it, without the full stop."""
    return {name: mutant.text.removesuffix(".") for name, mutant in mutants().items()}


def _entry_of(case: AnyCase) -> str:
    return case.id.partition("[")[0]


def _false_claims(suite: Suite, index: int, entry: EntryForm, cases: Iterable[Case]) -> Iterator[Problem]:
    known, names = texts(), entry.kills or []
    killed = _killed(cases, set(names) & set(known))
    for position, name in enumerate(names):
        place = ("cases", index, "kills", position)
        if name not in known:
            yield suite.file.problem(place, f"there is no mutant called {name}", near_name(name, known, SEE))
        elif name not in killed:
            which = "no case of the sweep kills" if entry.sweep else "the case does not kill"
            message = f"vacuous: {which} {name}, which it says it is about: {known[name]}"
            yield suite.file.problem(place, message, "use other data or sizes, or name the mutant it is about")
