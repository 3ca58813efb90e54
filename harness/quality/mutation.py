"""The mutation score: which cases find which mutants, and how many mutants are found by none.

A case kills a mutant when the verdict on the mutant fails and that on the honest adapter does not. Mutants run in this
process, one case at a time, so that data and truth are made once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.adapters.plan import Plan, execute
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.outcome import Outcome, Raised, Value
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.base import Misread, Sometimes, TooLax, TooStrict
from harness.operations.conv_transpose.mutants.honest import Honest, RefusalError, planned
from harness.operations.conv_transpose.mutants.mutants import mutants
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.operations.faults import Kills

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
    """Who could be killed; the mutants of transposed convolution where none are named."""

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
        """The cases that fail the honest adapter, and so can kill nobody."""
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
    """Ask the mutants called ``names`` (all when None) ``case``.

    None is asked for complex numbers, of which they know nothing. Raises whatever a mutant raises that is no
    RefusalError: a mutant that breaks proves nothing.
    """
    if DTYPES[case.dtype].kind == "complex":
        return Kills(case.name, ())
    known = mutants()
    asked = _Asked.about(case)
    honest = Honest()
    truth = asked.plan_of(honest)
    if asked.fails(honest, truth):
        return Kills(case.name, (), sound=False)
    killed = []
    for name in sorted(known if names is None else names):
        mutant = known[name]()
        plan = asked.plan_of(mutant)
        if not _tells_the_truth(mutant, plan, truth) and asked.fails(mutant, plan):
            killed.append(name)
    return Kills(case.name, tuple(killed))


def _tells_the_truth(mutant: Honest, plan: Plan, truth: Plan) -> bool:
    """Whether the mutant is known to answer as the honest one does, without asking it."""
    if isinstance(mutant, Misread | TooStrict | TooLax):
        return plan == truth
    if isinstance(mutant, Sometimes) and "refusal" not in plan.call:
        return not mutant.when(planned(plan.call))
    return False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A case with the data and the truth that all mutants share."""

    case: Case
    geometry: Geometry | None
    tensors: Tensors
    reference: ConvTransposeReference | None

    @classmethod
    def about(cls, case: Case) -> _Asked:
        geometry = None if case.nominal else lower(case)
        tensors = make_tensors(case, geometry)
        return cls(case, geometry, tensors, None if geometry is None else tensors.reference(geometry))

    def plan_of(self, mutant: Honest) -> Plan:
        plan = mutant.plan(self.case, self.geometry)
        if not isinstance(plan, Plan):
            raise TypeError(f"{mutant.name} cannot say {self.case.name}: {plan.reason}")
        return plan

    def fails(self, mutant: Honest, plan: Plan) -> bool:
        tensors = self.tensors
        outcome: Outcome
        try:
            y, stable = execute(mutant.prepare, plan, tensors.x, tensors.w, tensors.b, runs=1)
            outcome = Value(y, stable)
        except RefusalError as error:
            outcome = Raised(type(error).__name__, str(error))
        return judge(self.case, tensors, self.reference, outcome).verdict.fails
