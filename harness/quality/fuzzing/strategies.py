"""Cases over the legal, the illegal and the ambiguous space of a dialect.

Hypothesis draws those that are to shrink, towards ones; NumPy draws many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from hypothesis import strategies as st

from harness.core.case import GRADIENTS, DataKind, Dialect, DTypeName, Expect, Layout, Reading
from harness.core.dtypes import DTYPES
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry
from harness.quality.fuzzing.sizes import Sizes, mixed, small
from harness.quality.fuzzing.words import SIZED, Choose, pick, words

Draw = Callable[[st.SearchStrategy[Any]], Any]
SUITE = "fuzz"
FAR = 4
"""Elements that a drawn output size may be off the one that follows without it."""
EMPTY_OF = 5
"""Of so many legal cases one has no image, or no channel."""
_BLOCK = 1024
_LAYOUTS: tuple[Layout | None, ...] = (None, "NHWC", "NCHW")
REFUSED = Reading("refused", "what cannot be computed without a choice may be refused", refused=True)


@st.composite
def cases(draw: Draw, dialect: Dialect, dtypes: tuple[DTypeName, ...]) -> Case:
    """A small case in the words of ``dialect``, in one of ``dtypes``.

    One that breaks a rule expects an error, and one that the dialect leaves open lists the readings.
    """
    return _drawn(dialect, dtypes, lambda low, high: int(draw(_integers(low, high))))


def _drawn(dialect: Dialect, dtypes: tuple[DTypeName, ...], choose: Choose) -> Case:
    case = due_error(_case(dialect, dtypes, choose, small(choose)))
    empty = choose(1, EMPTY_OF) == EMPTY_OF
    return _emptied(case, choose) if empty and not case.nominal and case.groups == 1 else case


def legal_cases(dialects: tuple[Dialect, ...], dtypes: tuple[DTypeName, ...], seed: int) -> Iterator[Case]:
    """Endless legal cases with real data in ``dtypes``, in each of ``dialects`` in turn, some large in one respect.

    Each has a name of its own, and so data of its own. The same arguments give the same cases.
    """
    choose = _uniform(np.random.default_rng(seed))
    for number in count():
        dialect, sizes = dialects[number % len(dialects)], mixed(choose)
        case = due_error(_case(dialect, dtypes, choose, sizes))
        while case.nominal:
            case = due_error(_case(dialect, dtypes, choose, mixed(choose)))
        yield replace(case, id=f"drawn-{seed}-{number}", data="real")


def real_dtypes(dtypes: Iterable[DTypeName]) -> tuple[DTypeName, ...]:
    """Those that hold real data."""
    return tuple(dtype for dtype in dtypes if DTYPES[dtype].kind == "float")


def due_error(case: Case) -> Case:
    """``case`` with all its outputs and the oracle's values, or what else its dialect has for these parameters.

    That is an error where a rule is broken, and several readings where the dialect's text leaves them open.
    """
    bare = replace(case, expect=Expect(), outputs=("output",))
    try:
        lower(bare)
    except IllegalCaseError as error:
        if case.dialect == "onnx" and error.key == "output_size":
            return _beyond_full(bare)
        return replace(bare, expect=Expect(error=True), data="integers")
    gradients = GRADIENTS[: 3 if bare.bias else 2] if DTYPES[bare.dtype].differentiable else ()
    return replace(bare, outputs=("output", *gradients))


def _beyond_full(case: Case) -> Case:
    """``case`` with the readings of an ONNX output that is longer than what the input reaches.

    The text splits a total of pads that is negative there, and leaves open how: zeros are appended at both ends or at
    the end alone, or it is refused.
    """
    full = full_geometry(case)
    sizes = case.words.output_size or tuple(axis.n * axis.s for axis in full.axes)
    paddings = case.words.output_padding or (0, 0)
    totals = [axis.full + q - o for axis, q, o in zip(full.axes, paddings, sizes, strict=True)]
    ends = [total - q for total, q in zip(totals, paddings, strict=True)]
    begins = {
        "less at the beginning": [total // 2 for total in totals],
        "more at the beginning": [total - total // 2 for total in totals],
        "all at the end": [0, 0],
    }
    readings: list[Reading] = []
    for name, (top, left) in begins.items():
        crops = ((top, ends[0] - top), (left, ends[1] - left))
        if crops not in [reading.crops for reading in readings]:
            readings.append(Reading(name, "the total of the pads is negative", crops))
    return replace(case, expect=Expect(readings=(*readings, REFUSED)), data="integers")


def _emptied(case: Case, choose: Choose) -> Case:
    """``case`` without images, or without channels on one side: its size rule still gives a shape."""
    key = pick(choose, "batch", "in_channels", "out_channels")
    crops = lower(case).crops
    reading = Reading("as the size rule", "the formula of the output's size needs no element", crops)
    empty = replace(case, **{key: 0}, outputs=("output",), data="integers")  # type: ignore[arg-type]
    return replace(empty, expect=Expect(readings=(reading, REFUSED)))


@lru_cache
def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


def _uniform(generator: np.random.Generator) -> Choose:
    """Numbers of ``generator``, drawn many at a time: one by one takes ten times as long."""
    parts: list[float] = []

    def choose(low: int, high: int) -> int:
        if not parts:
            parts.extend(generator.random(_BLOCK).tolist())
        return low + int(parts.pop() * (high - low + 1))

    return choose


def _case(dialect: Dialect, dtypes: tuple[DTypeName, ...], choose: Choose, sizes: Sizes) -> Case:
    dtype = pick(choose, *dtypes)
    kinds: tuple[DataKind, ...] = ("integers", "integers", "integers", "real")
    rows, columns = sizes.axes
    case = Case(
        suite=SUITE,
        id="drawn",
        about="",
        dialect=dialect,
        batch=sizes.batch,
        in_channels=sizes.in_channels,
        out_channels=sizes.out_channels,
        input_size=(rows.n, columns.n),
        kernel_size=(rows.k, columns.k),
        strides=(rows.s, columns.s),
        dilations=(rows.d, columns.d),
        groups=sizes.groups,
        words=words(dialect, choose),
        bias=bool(choose(0, 1)),
        dtype=dtype,
        layout=_LAYOUTS[choose(0, 2)],
        data=pick(choose, *kinds) if real_dtypes([dtype]) else "integers",
    )
    return _sized(case, choose) if dialect in SIZED and choose(0, 2) == 2 else case


def _sized(case: Case, choose: Choose) -> Case:
    """``case`` with an output size about the one that follows without it, and no output_padding, which it excludes."""
    bare = replace(case, words=Words(case.words.padding))
    try:
        usual = lower(bare).output_size
    except IllegalCaseError:
        usual = case.input_size
    height, width = (max(size + choose(-FAR, FAR), 1) for size in usual)
    return replace(bare, words=replace(bare.words, output_size=(height, width)))
