"""Drawn words of every dialect: paddings, output paddings and output sizes, legal ones and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from harness.core.case import Dialect, Padding, PaddingName, Pair
from harness.operations.conv_transpose.case import Words

T = TypeVar("T")
Choose = Callable[[int, int], int]
"""A whole number between two bounds, both included; the lower one is the simplest."""
MOST_PADDING = 4


def pick(choose: Choose, *options: T) -> T:
    """One of ``options``, of which the first is the simplest."""
    return options[choose(0, len(options) - 1)]


def words(dialect: Dialect, choose: Choose) -> Words:
    """Words of ``dialect`` without an output size."""
    stated = _STATED[dialect]
    padding: Padding | None = pick(choose, *stated.names) if stated.names else None
    if dialect == "pytorch":  # one number for both ends
        top, left = _pair(choose, stated.least)
        padding = ((top, top), (left, left))
    elif padding is None:
        padding = (_pair(choose, stated.least), _pair(choose, stated.least))
    return Words(padding, output_padding=_pair(choose, 0) if stated.extra and choose(0, 1) else None)


def _pair(choose: Choose, least: int) -> Pair:
    return (choose(least, MOST_PADDING), choose(least, MOST_PADDING))


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a dialect can state: names of paddings (None: numbers), numbers from ``least`` on, an output_padding."""

    names: tuple[PaddingName | None, ...] = ()
    least: int = 0
    extra: bool = False


SIZED: frozenset[Dialect] = frozenset({"pytorch", "tensorflow", "onnx"})
"""The dialects that can state an output size."""
_STATED: dict[Dialect, _Stated] = {
    "pytorch": _Stated(extra=True),
    "tensorflow": _Stated(("same", "valid", None)),
    "keras": _Stated(("valid", "same"), extra=True),
    "onnx": _Stated((None, "valid", "same", "same_lower"), extra=True),
    "jax": _Stated(("same", "valid", None), least=-1),
    "canonical": _Stated(least=-2),
}
