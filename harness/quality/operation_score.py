"""The mutation score of the operations beside transposed convolution: which faults their cases find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.core.case import AnyCase
from harness.core.version import harness_version
from harness.operations import operation
from harness.operations.faults import Kills, killed
from harness.operations.image_case import ImageCase
from harness.quality.mutation import Score


def operation_scores(cases: Iterable[AnyCase]) -> list[Score]:
    """A score for each of these operations that ``cases`` are of, sorted by name."""
    findings: dict[str, list[Kills]] = {}
    for case in cases:
        if isinstance(case, ImageCase):
            image_op = operation(case.op)
            findings.setdefault(case.op, []).append(killed(case, image_op.oracle.prepare(case), image_op.faults))
    return [
        Score(
            op,
            f"harness {harness_version()}",
            found,
            mutants=tuple(fault.name for fault in operation(op).faults),
        )
        for op, found in sorted(findings.items())
    ]


def faults_of(op: str) -> dict[str, str]:
    """Name and text of each fault of the operation called ``op``."""
    return {fault.name: fault.text for fault in operation(op).faults}


def lines_of(scores: Sequence[Score]) -> Iterator[str]:
    """A line for each score, and one for what it lacks."""
    for score in scores:
        yield f"{score.suite}: {score.killed} of {len(score.kills)} faults killed by {len(score.findings)} cases"
        for label, names in (
            ("survivors", score.survivors),
            ("fragile", [f"{name} ({case})" for name, case in score.fragile]),
            ("cases that fail the right results", score.unsound),
        ):
            if names:
                yield f"  {label}: {', '.join(names)}"
