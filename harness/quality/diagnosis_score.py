"""Does the diagnosis name what is wrong? Mutants, whose lie is known, are asked the cases and diagnosed.

A lie is held against the findings on every case where it shows: named first, among ties, as something simpler that
gives the same values here, not named, or misnamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

import numpy as np

from harness.adapters import Chosen
from harness.adapters.plan import Plan, execute
from harness.core.comparator import judge
from harness.core.findings import Finding
from harness.core.outcome import Outcome, Raised, Value
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.operations.conv_transpose import mutants
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import findings_for, weaker_findings
from harness.operations.conv_transpose.diagnosis.differences import NON_FINITE, REGION
from harness.operations.conv_transpose.faults import kind
from harness.operations.conv_transpose.mutants import Honest
from harness.operations.conv_transpose.oracle import ConvTransposeReference

ENOUGH = 16
"""Cases where a lie shows, unless all are asked."""


class Naming(StrEnum):
    """What the diagnosis made of one lie on one case."""

    FIRST = "first"
    TIED = "tied"
    ALIKE = "alike"
    UNNAMED = "unnamed"
    MISNAMED = "misnamed"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a lie was named; ``asked`` counts the cases that were tried, ``examples`` the first of each naming."""

    mutant: str
    lie: str
    asked: int
    counts: dict[Naming, int]
    examples: dict[Naming, str]

    @property
    def shows(self) -> int:
        """Cases where the lie changes the verdict."""
        return sum(self.counts.values())

    @property
    def proven(self) -> bool:
        """Named at least once, and never misnamed."""
        return bool(self.counts[Naming.FIRST] + self.counts[Naming.TIED]) and not self.counts[Naming.MISNAMED]


def across_suites(cases: Iterable[Case]) -> list[Case]:
    """The first case of each suite, then the second of each, and so on: few cases of them see many suites."""
    suites: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        suites[case.suite].append(case)
    rounds = zip_longest(*(suites[name] for name in sorted(suites)))
    return [case for one in rounds for case in one if case is not None]


def prove_lie(name: str, cases: Sequence[Case], enough: int | None) -> Tally:
    """Ask the mutant called ``name`` and diagnose each lie, until ``enough`` of them were its own, or all ``cases``."""
    mutant: type[Honest] = getattr(mutants, name)
    chosen = Chosen(mutant(), f"{mutant.__module__}:{name}")
    counts = dict.fromkeys(Naming, 0)
    examples: dict[Naming, str] = {}
    asked = 0
    for case in cases:
        if sum(counts.values()) - counts[Naming.ALIKE] == enough:
            break
        naming, is_asked = _name_one(chosen, case, mutant.lie)
        asked += is_asked
        if naming is not None:
            counts[naming] += 1
            examples.setdefault(naming, case.name)
    return Tally(name, mutant.lie[0], asked, counts, examples)


def _name_one(chosen: Chosen, case: Case, lie: Sequence[str]) -> tuple[Naming | None, bool]:
    """What became of the lie on ``case`` (None where it does not show), and whether the mutant was asked."""
    check = plan_check(case, chosen)
    if check is None or not isinstance(check.plan, Plan):
        return None, False
    tensors = make_tensors(case, check.geometry)
    reference = None if check.geometry is None else tensors.reference(check.geometry)
    outcome: Outcome
    try:
        y, stable = execute(chosen.adapter.prepare, check.plan, tensors.x, tensors.w, tensors.b, runs=1)
        outcome = Value(y, stable)
    except Exception as error:
        outcome = Raised(type(error).__name__, str(error))
    judgement = judge(case, tensors, reference, outcome)
    if not judgement.verdict.fails or case.expect.readings:
        return None, True
    findings, _ = findings_for(case, reference, outcome, judgement)
    if (naming := _naming(findings, lie)) is not Naming.MISNAMED:
        return naming, True
    alike = judgement.verdict in {Verdict.DIVERGES, Verdict.WRONG_SHAPE} and _fits(case, reference, outcome, lie)
    return (Naming.ALIKE if alike else Naming.MISNAMED), True


def _naming(findings: Sequence[Finding], lie: Sequence[str]) -> Naming:
    if not findings:
        return Naming.UNNAMED
    if _tells(findings[0], lie):
        return Naming.FIRST
    if any(_tells(finding, lie) for finding in findings):
        return Naming.TIED
    # where values are wrong, or not finite, is no name for a cause, and so no wrong one
    return Naming.UNNAMED if findings[0].name in {REGION, NON_FINITE} else Naming.MISNAMED


def _tells(finding: Finding, lie: Sequence[str]) -> bool:
    return finding.name in lie or kind(finding.name) in lie


def _fits(case: Case, reference: ConvTransposeReference | None, outcome: Outcome, lie: Sequence[str]) -> bool:
    """Whether the lie's own hypothesis also gives the outcome, which something simpler gives too."""
    if reference is None or not isinstance(outcome, Value):
        return False
    found = weaker_findings(case, reference, outcome.output.astype(np.float64), lie)
    return any(_tells(finding, lie) for finding in found)
