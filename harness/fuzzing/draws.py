"""Small cases over the legal and the illegal space of a dialect.

Hypothesis draws those that are to shrink, towards ones; NumPy draws many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from harness.case import Case, DataKind, Dialect, DTypeName, Expect, Layout, PaddingName, Pads, Pair, Words
from harness.dialects import lower
from harness.dtypes import DTYPES
from harness.geometry import Axis, IllegalCaseError

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]
Choose = Callable[[int, int], int]
"""A whole number between two bounds, both included; the lower one is the simplest."""
SUITE = "fuzz"
MOST_PADDING = 4
FAR = 4
"""Elements that a drawn output size may be off the one that follows without it."""
_BLOCK = 1024


@st.composite
def cases(draw: Draw, dialect: Dialect, dtypes: tuple[DTypeName, ...]) -> Case:
    """A case in the words of ``dialect``, in one of ``dtypes``; one that breaks a rule expects an error."""
    return due_error(_case(dialect, dtypes, lambda low, high: int(draw(_integers(low, high)))))


def legal_cases(dialects: tuple[Dialect, ...], dtypes: tuple[DTypeName, ...], seed: int) -> Iterator[Case]:
    """Endless legal cases over the same space with real data in ``dtypes``, in each of ``dialects`` in turn.

    Each has a name of its own, and so data of its own. The same arguments give the same cases.
    """
    choose = _uniform(np.random.default_rng(seed))
    for number in count():
        dialect = dialects[number % len(dialects)]
        case = due_error(_case(dialect, dtypes, choose))
        while case.expect.error:
            case = due_error(_case(dialect, dtypes, choose))
        yield replace(case, id=f"drawn-{seed}-{number}", data="real")


def real_dtypes(dtypes: Iterable[DTypeName]) -> tuple[DTypeName, ...]:
    """Those that hold real data."""
    return tuple(dtype for dtype in dtypes if DTYPES[dtype].kind == "float")


def due_error(case: Case) -> Case:
    """``case``, expecting an error where it breaks a rule of its dialect, and the oracle's values elsewhere."""
    bare = replace(case, expect=Expect())
    try:
        lower(bare)
    except IllegalCaseError:
        return replace(bare, expect=Expect(error=True), data="integers")
    return bare


@lru_cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


def _uniform(generator: np.random.Generator) -> Choose:
    """Numbers of ``generator``, which is asked for many at a time: one by one takes ten times as long."""
    parts: list[float] = []

    def choose(low: int, high: int) -> int:
        if not parts:
            parts.extend(generator.random(_BLOCK).tolist())
        return low + int(parts.pop() * (high - low + 1))

    return choose


def _pick(choose: Choose, *options: T) -> T:
    return options[choose(0, len(options) - 1)]


def _case(dialect: Dialect, dtypes: tuple[DTypeName, ...], choose: Choose) -> Case:
    axes = (_axis(choose), _axis(choose))
    groups = _pick(choose, 1, 1, 1, 2, 3)
    dtype = _pick(choose, *dtypes)
    kinds: tuple[DataKind, ...] = ("integers", "integers", "integers", "real")
    case = Case(
        suite=SUITE,
        id="drawn",
        about="",
        dialect=dialect,
        batch=choose(1, 3),
        in_channels=groups * choose(1, 3),
        out_channels=groups * choose(1, 4),
        input_size=(axes[0].n, axes[1].n),
        kernel_size=(axes[0].k, axes[1].k),
        strides=(axes[0].s, axes[1].s),
        dilations=(axes[0].d, axes[1].d),
        groups=groups,
        words=_WORDS[dialect](choose),
        bias=bool(choose(0, 1)),
        dtype=dtype,
        layout=_LAYOUTS[choose(0, 2)],
        data=_pick(choose, *kinds) if real_dtypes([dtype]) else "integers",
    )
    return _sized(case, choose) if dialect in _WITH_SIZES and choose(0, 2) == 2 else case


def _axis(choose: Choose) -> Axis:
    return Axis(choose(1, 5), choose(1, 5), choose(1, 4), _pick(choose, 1, 1, 1, 2, 3))


def _pair(choose: Choose, least: int) -> Pair:
    return (choose(least, MOST_PADDING), choose(least, MOST_PADDING))


def _pytorch(choose: Choose) -> Words:
    top, left = _pair(choose, 0)
    return Words(((top, top), (left, left)), output_padding=_pair(choose, 0) if choose(0, 1) else None)


def _tensorflow(choose: Choose) -> Words:
    paddings: tuple[PaddingName | None, ...] = ("same", "valid", None)
    return Words(_pick(choose, *paddings) or _pads(choose, 0))


def _keras(choose: Choose) -> Words:
    paddings: tuple[PaddingName, ...] = ("valid", "same")
    return Words(_pick(choose, *paddings), output_padding=_pair(choose, 0) if choose(0, 1) else None)


def _canonical(choose: Choose) -> Words:
    return Words(_pads(choose, -2))


def _pads(choose: Choose, least: int) -> Pads:
    return (_pair(choose, least), _pair(choose, least))


def _sized(case: Case, choose: Choose) -> Case:
    """``case`` with an output size about the one that follows without it, and no output_padding, which it excludes."""
    bare = replace(case, words=Words(case.words.padding))
    try:
        usual = lower(bare).output_size
    except IllegalCaseError:
        usual = case.input_size
    height, width = (max(size + choose(-FAR, FAR), 1) for size in usual)
    return replace(bare, words=replace(bare.words, output_size=(height, width)))


_LAYOUTS: tuple[Layout | None, ...] = (None, "NHWC", "NCHW")
_WITH_SIZES: frozenset[Dialect] = frozenset({"pytorch", "tensorflow"})
_WORDS: dict[str, Callable[[Choose], Words]] = {
    "pytorch": _pytorch,
    "tensorflow": _tensorflow,
    "keras": _keras,
    "canonical": _canonical,
}
