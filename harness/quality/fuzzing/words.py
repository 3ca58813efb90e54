"""Drawn words of every dialect: paddings, output paddings and output sizes, legal ones and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.core.case import Dialect, PaddingName, Pads, Pair
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
    return _WORDS[dialect](choose)


def _pair(choose: Choose, least: int) -> Pair:
    return (choose(least, MOST_PADDING), choose(least, MOST_PADDING))


def _pads(choose: Choose, least: int) -> Pads:
    return (_pair(choose, least), _pair(choose, least))


def _pytorch(choose: Choose) -> Words:
    top, left = _pair(choose, 0)
    return Words(((top, top), (left, left)), output_padding=_pair(choose, 0) if choose(0, 1) else None)


def _tensorflow(choose: Choose) -> Words:
    paddings: tuple[PaddingName | None, ...] = ("same", "valid", None)
    return Words(pick(choose, *paddings) or _pads(choose, 0))


def _keras(choose: Choose) -> Words:
    paddings: tuple[PaddingName, ...] = ("valid", "same")
    return Words(pick(choose, *paddings), output_padding=_pair(choose, 0) if choose(0, 1) else None)


def _onnx(choose: Choose) -> Words:
    paddings: tuple[PaddingName | None, ...] = (None, "valid", "same", "same_lower")
    padding = pick(choose, *paddings)
    return Words(padding or _pads(choose, 0), output_padding=_pair(choose, 0) if choose(0, 1) else None)


def _jax(choose: Choose) -> Words:
    paddings: tuple[PaddingName | None, ...] = ("same", "valid", None)
    return Words(pick(choose, *paddings) or _pads(choose, -1))


def _canonical(choose: Choose) -> Words:
    return Words(_pads(choose, -2))


SIZED: frozenset[Dialect] = frozenset({"pytorch", "tensorflow", "onnx"})
"""The dialects that can say an output size."""
_WORDS: dict[Dialect, Callable[[Choose], Words]] = {
    "pytorch": _pytorch,
    "tensorflow": _tensorflow,
    "keras": _keras,
    "onnx": _onnx,
    "jax": _jax,
    "canonical": _canonical,
}
