"""A framework's call as Python text, for code that is handed to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDEST = 100


def write_call(
    start: str, positional: Sequence[str], arguments: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> list[str]:
    """``start(positional, name=value, …)`` in one line if it fits, else one argument a line.

    Pairs of equal numbers are written as one number, and arguments equal to their entry in ``defaults`` left out.
    """
    known = {} if defaults is None else defaults
    short = {name: as_scalar(value) for name, value in arguments.items()}
    parts = [*positional, *(f"{name}={value!r}" for name, value in short.items() if known.get(name, known) != value)]
    line = f"{start}({', '.join(parts)})"
    if len(line) <= WIDEST:
        return [line]
    return [f"{start}(", *(f"    {part}," for part in parts), ")"]


def as_scalar(value: Any) -> Any:
    """A number for a pair of equal numbers, which the frameworks read alike; anything else as it is."""
    if isinstance(value, list | tuple) and len(value) == 2 and value[0] == value[1] and isinstance(value[0], int):
        return value[0]
    return value
