"""The mutants of the mutation score: single faults, each of which some case must show."""

from __future__ import annotations

from types import ModuleType

from harness.operations.conv_transpose.mutants import (
    allowances,
    apart,
    batches,
    diagnosed,
    laxities,
    outputs,
    pads,
    rectangles,
    tails,
)
from harness.operations.conv_transpose.mutants import conditional as sometimes
from harness.operations.conv_transpose.mutants import legality as limits
from harness.operations.conv_transpose.mutants import misreadings as readings
from harness.operations.conv_transpose.mutants import pairs as stacked
from harness.operations.conv_transpose.mutants.honest import Honest

MODULES = (allowances, apart, batches, laxities, limits, pads, readings, rectangles, sometimes, tails)
"""Every class that one of these defines is a mutant."""


def mutants() -> dict[str, type[Honest]]:
    """Name and class of each, sorted: those that the diagnosis names, less who lie twice, and the others."""
    single = [one for one in diagnosed() if one.__module__ != stacked.__name__]
    found: list[type[Honest]] = [
        *single,
        outputs.WrongDtype,
        *(one for module in MODULES for one in defined_in(module)),
    ]
    return {one.__name__: one for one in sorted(found, key=lambda one: one.__name__)}


def defined_in(module: ModuleType) -> list[type[Honest]]:
    """The mutants that ``module`` itself defines."""
    return [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
