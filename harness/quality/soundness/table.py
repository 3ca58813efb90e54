"""All mutants, by name. ``harness run -a harness.quality.soundness.table:NAME`` runs one like any adapter."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from harness.quality.soundness import gradients, listed, others, precision, refusals, state, values
from harness.quality.soundness.imitation import imitation
from harness.quality.soundness.mutant import Framework, Mutant

FRAMEWORKS: tuple[Framework, ...] = ("keras", "pytorch", "tensorflow")
HONEST = "honest_"
"""What the names of those without a fault begin with."""


@cache
def mutants() -> dict[str, Mutant]:
    """Every wrong adapter by its name; raises ValueError where two have one name."""
    rows = [row for part in (values, precision, gradients, state, refusals, others, listed) for row in part.MUTANTS]
    found = {row.name: row for row in rows}
    if len(found) < len(rows):
        names = [row.name for row in rows]
        message = f"several mutants are called {', '.join(sorted({name for name in names if names.count(name) > 1}))}"
        raise ValueError(message)
    return found


def mutant_called(name: str) -> Mutant:
    """The mutant called ``name``, or the imitation without a fault; raises KeyError where there is none."""
    framework = next((one for one in FRAMEWORKS if name == HONEST + one), None)
    return mutants()[name] if framework is None else Mutant(name, framework)


def __getattr__(name: str) -> Any:
    """The adapter of a mutant as a worker loads it, ``table:NAME``."""
    try:
        return partial(imitation, mutant_called(name))
    except KeyError:
        message = f"there is no mutant called {name}"
        raise AttributeError(message) from None
