"""What a report shows of values: bounded windows of what was expected and of what came."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.core.outcome import Failed, Outcome, Value
from harness.core.reference import Reference
from harness.core.results import Row, Verdict

Array = npt.NDArray[Any]
Key = tuple[str, str, str, str]
Place = tuple[int, int, int]
"""Plane, row and column, planes being counted through all leading axes in C order."""
MOST_ELEMENTS = 2048
MOST_EXPECTED = 128
"""Of what is shown where the outcome is right: there is nothing to look for in it."""
ALL_ELEMENTS = 8 << 20
SHOWN_KINDS = "fiu"
"""Kinds of dtypes whose values are kept: floating point, signed and unsigned integers."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of an array: some whole planes, or a piece of one.

    ``shape`` is that of the whole array, ``values`` are (planes, rows, columns) of it, and ``origin`` is the place of
    the first of them. An array of fewer than two axes counts as one row.
    """

    shape: tuple[int, ...]
    origin: Place
    values: Array


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """What came back in one check; ``expected`` is the same window of the right answer, where there is such a one."""

    actual: Window
    expected: Window | None


class Excerpts:
    """Collects what to show while a run goes on. Safe to use from several threads.

    A run of more checks gets smaller windows, so that all of them together stay within ``ALL_ELEMENTS``, about, and
    what is kept does not depend on the order in which answers come.
    """

    def __init__(self, checks: int = 0) -> None:
        self._limit = max(min(MOST_ELEMENTS, ALL_ELEMENTS // max(checks, 1)), 1)
        self._expected: dict[str, Window] = {}
        self._rows: dict[Key, Excerpt] = {}

    @property
    def expected(self) -> Mapping[str, Window]:
        """Per case, the first values of the right answer, rounded to the case's dtype."""
        return self._expected

    @property
    def rows(self) -> Mapping[Key, Excerpt]:
        """Per check, what came back where that is an array and was not found exact."""
        return self._rows

    def restore(self, expected: Mapping[str, Window], rows: Mapping[Key, Excerpt]) -> None:
        """Take over what an earlier part of the same run kept."""
        self._expected.update(expected)
        self._rows.update(rows)

    def add(self, row: Row, dtype: DTypeName, truth: Reference | None, outcome: Outcome) -> None:
        """Keep what there is to show of ``row``; ``truth`` is None where no single answer is right.

        ``dtype`` is the case's, and that of what is expected unless ``truth`` has its own.
        """
        if isinstance(outcome, Failed) or (truth is not None and not _is_shown(truth.output)):
            return
        if truth is not None and row.output == "output" and row.case not in self._expected:
            window = cut(truth.output, (0, 0, 0), min(self._limit, MOST_EXPECTED))
            self._expected[row.case] = _rounded(window, dtype)
        if truth is not None and truth.dtype is not None:
            dtype = truth.dtype
        if isinstance(outcome, Value) and row.observed is not Verdict.EXACT and _is_shown(outcome.output):
            limit = min(self._limit, MOST_EXPECTED) if row.observed.conforms else self._limit
            self._rows[row.key] = _excerpt(dtype, truth, outcome.output, limit)


def _excerpt(dtype: DTypeName, truth: Reference | None, got: Array, limit: int) -> Excerpt:
    if truth is None or truth.output.shape != got.shape:
        return Excerpt(_plain(cut(got, (0, 0, 0), limit)), None)
    place = worst(got, truth.output, dtype)
    return Excerpt(_plain(cut(got, place, limit)), _rounded(cut(truth.output, place, limit), dtype))


def cut(array: Array, place: Place, limit: int) -> Window:
    """At most ``limit`` elements of ``array``: planes from that of ``place`` on, or a piece of it there."""
    height, width = (1, 1, *array.shape)[-2:]
    count = math.prod(array.shape[:-2])
    planes = array.reshape(count, height, width)
    if height * width > limit:
        rows = min(height, math.isqrt(limit))
        columns = min(width, limit // rows)
        rows = min(height, limit // columns)
        kept = (1, rows, columns)
    else:
        kept = (min(count, limit // max(height * width, 1)), height, width)
    sizes = (count, height, width)
    middles = (place[0], place[1] - kept[1] // 2, place[2] - kept[2] // 2)
    p, i, j = (max(min(first, size - some), 0) for first, size, some in zip(middles, sizes, kept, strict=True))
    return Window(array.shape, (p, i, j), planes[p : p + kept[0], i : i + kept[1], j : j + kept[2]].copy())


def worst(got: Array, output: Array, dtype: DTypeName) -> Place:
    """Where ``got`` differs most from the float64 ``output`` of the same shape, of up to 4 axes; the first of several.

    A value that is not finite where the other is differs most of all.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = output.astype(DTYPES[dtype].numpy)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        error = np.abs(got.astype(np.float64) - output)
    weight = np.where(same, -1.0, np.where(np.isfinite(error), error, np.inf))
    if not weight.size:
        return (0, 0, 0)
    height, width = (1, 1, *got.shape)[-2:]
    plane, i, j = np.unravel_index(int(np.argmax(weight)), (got.size // (height * width), height, width))
    return (int(plane), int(i), int(j))


def _rounded(window: Window, dtype: DTypeName) -> Window:
    with np.errstate(over="ignore"):
        return _plain(Window(window.shape, window.origin, window.values.astype(DTYPES[dtype].numpy)))


def _plain(window: Window) -> Window:
    """``window`` in a dtype that NumPy itself has, which holds bfloat16 without loss."""
    if window.values.dtype != DTYPES["bfloat16"].numpy:
        return window
    return Window(window.shape, window.origin, window.values.astype(np.float32))


def _is_shown(array: Array) -> bool:
    return array.dtype.kind in SHOWN_KINDS or array.dtype == DTYPES["bfloat16"].numpy
