"""The mutation score: which cases find which mutants, and how many mutants are found by none.

A case kills a mutant where the verdict on the mutant fails and that on the implementation without a fault does not.
Mutants run in this process, one case at a time, so that data and the right result are made once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.mutants import mutants
from harness.operations.conv_transpose.mutants.base import HONEST, decide
from harness.operations.faults import Kills
from harness.quality.subject import Subject

FRAGILE = 1
"""A mutant that no more cases than this kill is one edit away from being missed."""


@dataclass(frozen=True)
class Score:
    """One suite's findings. ``absent`` says why a suite could not be read; it then has no findings."""

    suite: str
    version: str
    findings: Sequence[Kills] = ()
    absent: str = ""
    notes: Sequence[str] = field(default=())
    mutants: Sequence[str] = ()
    """What could be killed; the mutants of transposed convolution where none are named."""

    @cached_property
    def kills(self) -> Mapping[str, tuple[str, ...]]:
        """Every mutant, sorted, and the cases that kill it, sorted."""
        found: dict[str, list[str]] = {name: [] for name in sorted(self.mutants or mutants())}
        for finding in self.findings:
            for name in finding.killed:
                found[name].append(finding.case)
        return {name: tuple(sorted(cases)) for name, cases in found.items()}

    @property
    def killed(self) -> int:
        """How many mutants some case kills."""
        return sum(map(bool, self.kills.values()))

    @property
    def survivors(self) -> list[str]:
        """The mutants that no case kills."""
        return [name for name, cases in self.kills.items() if not cases]

    @property
    def fragile(self) -> list[tuple[str, str]]:
        """Each mutant that one case alone kills, and that case."""
        return [(name, cases[0]) for name, cases in self.kills.items() if len(cases) == FRAGILE]

    @property
    def redundant(self) -> list[str]:
        """The cases without which every mutant that is killed would still be killed."""
        needed = {case for _, case in self.fragile}
        return sorted(finding.case for finding in self.findings if finding.case not in needed)

    @property
    def idle(self) -> list[str]:
        """The cases that kill no mutant."""
        return sorted(finding.case for finding in self.findings if not finding.killed)

    @property
    def unsound(self) -> list[str]:
        """The cases that fail the implementation without a fault, and so can kill nothing."""
        return sorted(finding.case for finding in self.findings if not finding.sound)

    @cached_property
    def cover(self) -> list[tuple[str, int]]:
        """A few cases that together kill all that are killed, greedily: each with how many it adds, ties by name."""
        left = {finding.case: set(finding.killed) for finding in self.findings}
        chosen = []
        while left and (best := min(left, key=lambda case: (-len(left[case]), case))) and left[best]:
            gained = left.pop(best)
            chosen.append((best, len(gained)))
            for killed in left.values():
                killed.difference_update(gained)
        return chosen


def find_mutants(case: Case, names: Iterable[str] | None = None) -> Kills:
    """Which of the mutants called ``names`` (all when None) ``case`` kills.

    None is tried with complex numbers, of which they know nothing. Raises whatever a mutant raises that is no
    RefusalError: a mutant that breaks proves nothing.
    """
    if DTYPES[case.dtype].kind == "complex":
        return Kills(case.name, ())
    known, subject = mutants(), Subject.of(case)
    if subject.fails(HONEST):
        return Kills(case.name, (), sound=False)
    right = decide(HONEST, case, subject.geometry)
    rows = [known[name] for name in sorted(known if names is None else names)]
    killed = (row.name for row in rows if not subject.is_right(row, right) and subject.fails(row))
    return Kills(case.name, tuple(killed))
