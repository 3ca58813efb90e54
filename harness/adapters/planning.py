"""Asking an adapter for its program of a case: whatever goes wrong is the adapter's, and costs it that case."""

from __future__ import annotations

import pickle
from dataclasses import fields
from functools import lru_cache
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.origin import place_of
from harness.adapters.program import VARIABLES, Inexpressible, Mistaken, Program
from harness.core.case import AnyCase
from harness.core.errors import named

LAYOUTS = 3
"""Of an array: that of the case, of the memory, and that which the call sees."""
_STRINGS = (
    *("tensors", "arrays", "outputs", "reasons", "imports"),
    *("build", "load", "compute", "before", "after", "gradient", "gradient_build"),
)
_STRING = frozenset({str})
_ANYTHING = tuple(one.name for one in fields(Program) if one.name not in _STRINGS)


def program_of(adapter: Adapter, case: AnyCase) -> Program | Inexpressible:
    """What ``adapter.program`` gives, or ``Mistaken`` with what it raised or gave instead."""
    name = f"the program of {case.op}"
    try:
        made: Any = adapter.program(case)
    except (Exception, SystemExit) as error:
        return Mistaken(f"{name} raised {named(error)} ({place_of(error)})")
    if isinstance(made, Inexpressible):
        return made
    if not isinstance(made, Program):
        return Mistaken(f"{name} gave {type(made).__name__}: expected Program or Inexpressible")
    if wrong := malformed(made):
        return Mistaken(f"{name} {wrong}")
    try:
        pickle.dumps([getattr(made, part) for part in _ANYTHING], protocol=5)
    except Exception as error:
        return Mistaken(f"{name} gave what cannot be sent to a worker: {named(error)}")
    return made


def malformed(program: Program) -> str:
    """What no text can be made of, or nothing."""
    for part in _STRINGS:
        value = getattr(program, part)
        if not isinstance(value, tuple) or not set(map(type, value)) <= _STRING:
            return f"has {part} = {value!r}: expected a tuple of strings"
    if program.outputs[:1] != ("output",):
        return f"has outputs = {program.outputs!r}: expected 'output' first"
    if unknown := [name for name in program.tensors if name not in VARIABLES]:
        return f"has the tensor {unknown[0]!r}: expected {', '.join(VARIABLES)}"
    for name, layouts in program.layouts.items():
        if not set(map(type, layouts)) <= _STRING or not _are_orders(tuple(layouts)):
            return f"has the layouts {layouts!r} of {name}: expected three orders of the same letters"
    return ""


@lru_cache(maxsize=256)
def _are_orders(layouts: tuple[str, ...]) -> bool:
    return len(layouts) == LAYOUTS and all(sorted(one) == sorted(layouts[0]) for one in layouts)
