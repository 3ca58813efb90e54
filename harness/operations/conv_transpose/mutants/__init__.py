"""Wrong implementations of transposed convolution, each the right one with a fault: rows that are plain functions.

They prove the harness: the cases must find every one, and the diagnosis must name what it knows. A row is wrong in its
own way and knows nothing of the faults that the diagnosis tries. ``harness run -a mutant:KernelRotated`` runs one like
any adapter.
"""

from __future__ import annotations

from typing import Any

from harness.operations.conv_transpose.mutants import (
    conditional,
    crops,
    legality,
    misreadings,
    operands,
    outputs,
    pairs,
    precision,
    sizes,
)
from harness.operations.conv_transpose.mutants.base import HONEST, Mutant

MODULES: tuple[Any, ...] = (conditional, crops, legality, misreadings, operands, outputs, pairs, precision, sizes)
TABLE: dict[str, Mutant] = {row.name: row for part in MODULES for row in part.MUTANTS}
TABLE = {name: TABLE[name] for name in sorted(TABLE)}
"""Every mutant by its name, sorted."""


def mutants() -> dict[str, Mutant]:
    """The mutants of the mutation score by name, sorted: single faults, each of which some case must show."""
    return {name: row for name, row in TABLE.items() if row.scored}


def diagnosed() -> list[Mutant]:
    """Every mutant that the diagnosis should name, sorted by name."""
    return [row for row in TABLE.values() if row.faults]


def mutant_called(name: str) -> Mutant:
    """The mutant called ``name``, or the one without a fault; case and hyphens do not matter.

    Raises KeyError where there is none.
    """
    folded = {one.casefold(): row for one, row in {HONEST.name: HONEST, **TABLE}.items()}
    return folded[name.replace("-", "").casefold()]
