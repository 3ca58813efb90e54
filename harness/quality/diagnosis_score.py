"""Does the diagnosis name what is wrong? Mutants, whose fault is known, are run on the cases and diagnosed.

The fault is compared with the findings on every case where it shows: named first, among ties, as something simpler that
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
from harness.adapters.program import Inexpressible
from harness.core.findings import Finding
from harness.core.outcome import Outcome, Value
from harness.core.results import Verdict
from harness.engine.check import plan_checks
from harness.operations.conv_transpose.case import Case, transposed_convolution
from harness.operations.conv_transpose.diagnosis import findings_for, weaker_findings
from harness.operations.conv_transpose.diagnosis.differences import NON_FINITE, REGION
from harness.operations.conv_transpose.faults import kind
from harness.operations.conv_transpose.mutants.base import Mutant
from harness.quality.mutant_adapter import adapter_called
from harness.quality.subject import Subject

ENOUGH = 16
"""Cases where a fault shows, unless all are tried."""


class Naming(StrEnum):
    """What the diagnosis made of one fault on one case."""

    FIRST = "first"
    TIED = "tied"
    ALIKE = "alike"
    UNNAMED = "unnamed"
    MISNAMED = "misnamed"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a fault was named; ``tried`` counts the cases, ``examples`` are the first of each naming."""

    mutant: str
    fault: str
    tried: int
    counts: dict[Naming, int]
    examples: dict[Naming, str]

    @property
    def shows(self) -> int:
        """Cases where the fault changes the verdict."""
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


def tally_of(name: str, cases: Sequence[Case], enough: int | None) -> Tally:
    """Run the mutant called ``name`` and diagnose it, until ``enough`` findings were its own, or on all ``cases``."""
    adapter = adapter_called(name)
    chosen = Chosen(adapter(), f"{adapter.__module__}:{name}")
    counts = dict.fromkeys(Naming, 0)
    examples: dict[Naming, str] = {}
    tried = 0
    for check in plan_checks(cases, [chosen]):
        if sum(counts.values()) - counts[Naming.ALIKE] == enough:
            break
        if isinstance(check.plan, Inexpressible):
            continue
        tried += 1
        naming = _name_one(adapter.mutant, Subject.of(transposed_convolution(check.case)))
        if naming is not None:
            counts[naming] += 1
            examples.setdefault(naming, check.case.name)
    return Tally(name, adapter.mutant.faults[0], tried, counts, examples)


def _name_one(mutant: Mutant, subject: Subject) -> Naming | None:
    """What the diagnosis made of the fault; None where it does not show."""
    outcome = subject.outcome(mutant)
    judgement = subject.judgement(outcome)
    if not judgement.verdict.fails or subject.case.expect.readings:
        return None
    findings, _ = findings_for(subject.case, subject.reference, outcome, judgement)
    if (naming := _naming(findings, mutant.faults)) is not Naming.MISNAMED:
        return naming
    alike = judgement.verdict in {Verdict.DIVERGES, Verdict.WRONG_SHAPE} and _fits(subject, outcome, mutant.faults)
    return Naming.ALIKE if alike else Naming.MISNAMED


def _naming(findings: Sequence[Finding], faults: Sequence[str]) -> Naming:
    if not findings:
        return Naming.UNNAMED
    if _is_one(findings[0], faults):
        return Naming.FIRST
    if any(_is_one(finding, faults) for finding in findings):
        return Naming.TIED
    # where values are wrong, or not finite, is no name for a cause, and so no wrong one
    return Naming.UNNAMED if findings[0].name in {REGION, NON_FINITE} else Naming.MISNAMED


def _is_one(finding: Finding, faults: Sequence[str]) -> bool:
    return finding.name in faults or kind(finding.name) in faults


def _fits(subject: Subject, outcome: Outcome, faults: Sequence[str]) -> bool:
    """Whether the fault's own hypothesis also gives the outcome, which something simpler gives too."""
    if subject.reference is None or not isinstance(outcome, Value):
        return False
    found = weaker_findings(subject.case, subject.reference, outcome.output.astype(np.float64), faults)
    return any(_is_one(finding, faults) for finding in found)
