"""Entries that say which mutants they are about: each must be told from the truth.

A mutant is told where the verdict on it fails, which the harness's own adapters find out (see
``harness.quality.mutation``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import groupby

from harness.core.case import AnyCase
from harness.core.errors import Problem
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.form import EntryForm
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.mutants import mutants
from harness.quality.mutation import find_mutants
from harness.suites.registry import Suite
from harness.suites.selection import Selection

SEE = "see `harness list --mutants` for the names"


def untold(selection: Selection) -> Iterator[Problem]:
    """A problem for each name in ``tells`` that is no mutant's, or that of a mutant whom no case of the entry tells.

    An entry is asked as a whole, even where only some cases of its sweep are selected.
    """
    wanted = {(case.path, _entry_of(case)) for case in selection.cases()}
    for suite in selection.suites:
        entries = {
            entry.id: (index, entry) for index, entry in suite.entries() if isinstance(entry, EntryForm) and entry.tells
        }
        if entries:
            for entry_id, cases in groupby(suite.cases(), _entry_of):
                if entry_id in entries and (suite.file.path, entry_id) in wanted:
                    yield from _untold(suite, *entries[entry_id], transposed_convolutions(cases))


def told(cases: Iterable[Case]) -> dict[str, str]:
    """Name and lie of every mutant whom one of ``cases`` tells, sorted."""
    left = set(mutants())
    found: set[str] = set()
    for case in cases:
        found |= set(find_mutants(case, left - found).killed)
    return {name: lie for name, lie in lies().items() if name in found}


def lies() -> dict[str, str]:
    """Name and lie of every mutant, sorted."""
    return {name: lie_of(mutant) for name, mutant in mutants().items()}


def lie_of(mutant: type[Honest]) -> str:
    """What a mutant does, without the full stop."""
    return (mutant.__doc__ or "").partition("\n")[0].removesuffix(".")


def _entry_of(case: AnyCase) -> str:
    return case.id.partition("[")[0]


def _untold(suite: Suite, index: int, entry: EntryForm, cases: Iterable[Case]) -> Iterator[Problem]:
    known = mutants()
    names = entry.tells or []
    left = set(names) & set(known)
    for case in cases:
        if not left:
            break
        left -= set(find_mutants(case, left).killed)
    for position, name in enumerate(names):
        place = ("cases", index, "tells", position)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else SEE
            yield suite.file.problem(place, f"there is no mutant called {name}", hint)
        elif name in left:
            who = "no case of the sweep" if entry.sweep else "the case does not"
            verb = "tells" if entry.sweep else "tell"
            message = f"vacuous: {who} {verb} {name}, which it says it is about: {lie_of(known[name])}"
            yield suite.file.problem(place, message, "use other data or sizes, or name the mutant it is about")
