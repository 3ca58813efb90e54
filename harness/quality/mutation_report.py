"""``proof.md``: the mutation score of the cases beside that of public suites; ``proof-mutants.md``: every mutant."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.templates import templates
from harness.operations.conv_transpose.mutants import mutants
from harness.quality.mutation import Score
from harness.quality.operation_score import faults_of
from harness.reports.markdown import cell
from harness.reports.text_table import table

FIRST = 3
"""Cases that are named for each mutant."""


def render_proof(scores: Sequence[Score], operations: Sequence[Score] = ()) -> dict[str, str]:
    """Both as Markdown text, by name of the file; the first score is that of the cases, the others stand beside it.

    ``operations`` are those of the operations beside transposed convolution.
    """
    ours, *others = scores
    environment = templates("harness.quality")
    environment.filters |= {"cell": cell, "percent": percent}
    parts = {
        "ours": ours,
        "scores": scores,
        "others": [score for score in others if not score.absent],
        "mutants": mutants(),
        "common": common(),
        "first": FIRST,
        "operations": [(score, faults_of(score.suite)) for score in operations],
    }
    pages = {"proof.md": "mutation.md.j2", "proof-mutants.md": "mutants.md.j2"}
    return {name: environment.get_template(template).render(parts) for name, template in pages.items()}


def common() -> frozenset[str]:
    """The mutants that are not about one dialect's words, and so about every suite alike."""
    return frozenset(name for name, one in mutants().items() if one.dialect is None)


def percent(part: int, whole: int) -> str:
    """Rounded down to a tenth, so that only all of it is 100 %."""
    return f"{part * 1000 // whole / 10:g} %"


def score_table(scores: Sequence[Score]) -> list[str]:
    """The scores as aligned lines."""
    shared = common()
    rows = [("suite", "cases", "killed", "score", "of no dialect", "fragile")]
    for score in scores:
        if score.absent:
            continue
        killed = sum(1 for name in shared if score.kills[name])
        rows.append(
            (
                f"{score.suite} ({score.version})",
                str(len(score.findings)),
                f"{score.killed} of {len(score.kills)}",
                percent(score.killed, len(score.kills)),
                percent(killed, len(shared)),
                str(len(score.fragile)),
            )
        )
    return [
        *table(rows, right=range(1, 6)),
        *(f"{score.suite}: not read: {score.absent}" for score in scores if score.absent),
    ]
