"""Small cases drawn by Hypothesis over the legal and the illegal space of a dialect; they shrink towards ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from harness.case import Case, Dialect, DTypeName, Expect, Pads, Pair, Words
from harness.dialects import lower
from harness.geometry import Axis, IllegalCaseError

Draw = Callable[[st.SearchStrategy[Any]], Any]
SUITE = "fuzz"
MOST_PADDING = 4


@st.composite
def cases(draw: Draw, dialect: Dialect, dtypes: tuple[DTypeName, ...]) -> Case:
    """A case in the words of ``dialect``, in one of ``dtypes``; one that breaks a rule expects an error."""
    axes = (draw(_axes()), draw(_axes()))
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    case = Case(
        suite=SUITE,
        id="drawn",
        about="",
        dialect=dialect,
        batch=draw(st.integers(1, 3)),
        in_channels=groups * draw(st.integers(1, 3)),
        out_channels=groups * draw(st.integers(1, 4)),
        input_size=_pair(axes, "n"),
        kernel_size=_pair(axes, "k"),
        strides=_pair(axes, "s"),
        dilations=_pair(axes, "d"),
        groups=groups,
        words=draw(_WORDS[dialect](axes)),
        bias=draw(st.booleans()),
        dtype=draw(st.sampled_from(dtypes)),
        layout=draw(st.sampled_from([None, "NHWC", "NCHW"])),
        data=draw(st.sampled_from(["integers", "integers", "integers", "real"])),
    )
    return due_error(case)


def due_error(case: Case) -> Case:
    """``case``, expecting an error where it breaks a rule of its dialect, and the oracle's values elsewhere."""
    bare = replace(case, expect=Expect())
    try:
        lower(bare)
    except IllegalCaseError:
        return replace(bare, expect=Expect(error=True), data="integers")
    return bare


def _axes() -> st.SearchStrategy[Axis]:
    return st.builds(Axis, st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.sampled_from([1, 1, 2, 3]))


def _pair(axes: tuple[Axis, Axis], word: str) -> Pair:
    return (getattr(axes[0], word), getattr(axes[1], word))


def _pairs(least: int, most: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


def _pytorch(axes: tuple[Axis, Axis]) -> st.SearchStrategy[Words]:
    both_sides = _pairs(0, MOST_PADDING).map(lambda p: ((p[0], p[0]), (p[1], p[1])))
    with_q = st.builds(Words, both_sides, output_padding=st.none() | _pairs(0, MOST_PADDING))
    return with_q | st.builds(Words, both_sides, output_size=_sizes(axes))


def _tensorflow(axes: tuple[Axis, Axis]) -> st.SearchStrategy[Words]:
    padding = st.sampled_from(["same", "valid"]) | _pads(0)
    return st.builds(Words, padding, output_size=st.none() | _sizes(axes))


def _keras(_: tuple[Axis, Axis]) -> st.SearchStrategy[Words]:
    return st.builds(Words, st.sampled_from(["valid", "same"]), output_padding=st.none() | _pairs(0, MOST_PADDING))


def _canonical(_: tuple[Axis, Axis]) -> st.SearchStrategy[Words]:
    return st.builds(Words, _pads(-2))


def _pads(least: int) -> st.SearchStrategy[Pads]:
    return st.tuples(_pairs(least, MOST_PADDING), _pairs(least, MOST_PADDING))


def _sizes(axes: tuple[Axis, Axis]) -> st.SearchStrategy[Pair]:
    """Output sizes about those that the axes can have."""
    return st.tuples(*(st.integers(1, axis.full + axis.s + 1) for axis in axes))


_WORDS: dict[str, Callable[[tuple[Axis, Axis]], st.SearchStrategy[Words]]] = {
    "pytorch": _pytorch,
    "tensorflow": _tensorflow,
    "keras": _keras,
    "canonical": _canonical,
}
