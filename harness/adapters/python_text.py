"""A framework's call as Python text, for scripts that stand without the harness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

WIDEST = 100


@dataclass(frozen=True, slots=True)
class Source:
    """How one call reads in Python.

    ``call`` is the body of a function of the NumPy arrays ``data``, ``kernel`` and ``bias`` (None without one), all in
    the layouts of the call; it returns a NumPy array. ``environment`` is set before ``imports``, lines of their own.
    """

    imports: tuple[str, ...]
    call: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[str, ...] = ()
    """Expressions that give the versions in play."""
    helpers: str = ""
    """Definitions that the call needs, as a block of code."""
    gradient: tuple[str, ...] = ()
    """The body of a function of these arrays and ``cotangent``, which has the layout of the call's output.

    It returns the gradients of their product by data, kernel and, where there is one, bias, as a list of NumPy arrays;
    nothing where nobody wrote that down.
    """
    gradient_imports: tuple[str, ...] = ()
    """What the gradient needs beside ``imports``."""

    def changed(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Source:
        """With ``change`` made to both bodies."""
        return replace(self, call=change(self.call), gradient=change(self.gradient))


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
