"""Mutants about the output: parts that are zero, moved, missing or arbitrary, other signs, sizes and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.mutants.base import Call, Mutant, Step, finished, scatter, wrong

CALLS = count(1)
HELD: dict[Any, Array] = {}


def of_result(name: str, text: str, change: Callable[[Array], Array], *faults: str) -> Mutant:
    """A mutant that changes the right result in float64."""
    return wrong(name, text, lambda call: change(call.right()), *faults)


def zeros(part: Any) -> Callable[[Array], Array]:
    """``part`` is never written."""

    def change(y: Array) -> Array:
        y[part] = 0
        return y

    return change


def last_zero(axis: int, number: int) -> Callable[[Array], Array]:
    """The last ``number`` along ``axis`` are never written, except the first."""

    def change(y: Array) -> Array:
        first = max(y.shape[axis] - number, 1)
        y[(slice(None),) * axis + (slice(first, None),)] = 0
        return y

    return change


def arbitrary(part: Callable[[Array], Any]) -> Callable[[Array], Array]:
    """``part`` is memory that nobody wrote: arbitrary finite numbers."""

    def change(y: Array) -> Array:
        target = y[part(y)]
        target[...] = np.random.default_rng(11).uniform(-60_000, 60_000, target.shape)
        return y

    return change


def where_floating(part: Any, value: Callable[[Any], Any]) -> Callable[[Array], Array]:
    """``part`` through ``value``, of types that have NaN, infinities and neighbours, as bfloat16 has."""

    def change(y: Array) -> Array:
        if y.dtype.kind not in "iu":
            y[part] = value(y[part])
        return y

    return change


def repeated(y: Array) -> Array:
    y[1:] = y[:1]
    return y


def last_repeats_first(y: Array) -> Array:
    y[-1] = y[0]
    return y


def read_as_first(y: Array) -> Array:
    return np.frombuffer(np.moveaxis(y, 1, 3).tobytes(), y.dtype).reshape(y.shape)


def read_as_last(y: Array) -> Array:
    n, c, h, w = y.shape
    return np.moveaxis(np.frombuffer(y.tobytes(), y.dtype).reshape(n, h, w, c), 3, 1)


def flushed(y: Array) -> Array:
    return np.where(np.abs(y.astype(np.float64)) * 2**14 < 1, y.dtype.type(0), y)


def one_more_each_call(y: Array) -> Array:
    more: Array = y + y.dtype.type(next(CALLS))
    return more


def in_held_memory(y: Array) -> Array:
    held = HELD.setdefault((y.shape, y.dtype), np.zeros_like(y))
    held += 1
    return held


def halved(call: Call) -> Array:
    return call.right(x=0.5 * call.x, b=None if call.b is None else 0.5 * call.b)


def negated(call: Call) -> Array:
    return call.right(x=0.0 - call.x, b=None if call.b is None else 0.0 - call.b)


def infinity_clamped(y: Array) -> Array:
    return np.where(np.isinf(y), np.sign(y) * float(np.finfo(np.float32).max), y)


def by_tap(call: Call, order: int) -> Iterator[Step]:
    """The products of each tap, summed over the input channels, in the order of the taps or backwards (-1)."""
    geometry = call.geometry
    (_, k_height), (_, k_width) = ((axis.n, axis.k) for axis in geometry.axes)
    each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    data = call.x.reshape(geometry.batch, geometry.groups, each, *call.x.shape[2:])
    kernels = call.w.reshape(geometry.groups, each, outs, k_height, k_width)
    for i, j in [(i, j) for i in range(k_height) for j in range(k_width)][::order]:
        products = np.einsum("bgchw,gco->bgohw", data, kernels[..., i, j])
        yield slice(None), i, j, products.reshape(geometry.batch, geometry.out_channels, *call.x.shape[2:])


def landing(land: Callable[[Any, Any, Any], Any], order: int = 1) -> Callable[[Call], Array]:
    """Products of taps that land on one another are not summed; ``land`` says what becomes of them."""

    def compute(call: Call) -> Array:
        y = scatter(call, by_tap(call, order), land)
        return y if call.b is None else y + call.b[:, None, None]

    return compute


def last_wins(_: Any, products: Any, __: Any) -> Any:
    return products


def largest_wins(there: Any, products: Any, landed: Any) -> Any:
    return np.where((landed == 0) | (products > there) | np.isnan(products), products, there)


def mean(there: Any, products: Any, landed: Any) -> Any:
    return (there * landed + products) / (landed + 1)


# fmt: off
MUTANTS = (
    finished("AllZero", "Nothing is written at all.", np.zeros_like, "all-zero"),
    finished("LastRowZero", "The last row is never written, unless it is the only one.", last_zero(2, 1),
        "last-rows-zero(1)"),
    finished("LastRowsZero", "The last two rows are never written, except the first.", last_zero(2, 2),
        "last-rows-zero(2)", "last-rows-zero(1)"),
    finished("LastColumnsZero", "The last two columns are never written, except the first.", last_zero(3, 2),
        "last-columns-zero(2)", "last-columns-zero(1)"),
    finished("Rolled", "Everything moves one column to the right, and the last column comes back at the left.",
        lambda y: np.concatenate([y[..., -1:], y[..., :-1]], axis=3), "rolled"),
    finished("WrongDtype", "float64, whatever was requested.", lambda y: y.astype(np.float64)),
    finished("WrongShape", "The last row is missing.", lambda y: y[:, :, :-1], "cut-short"),
    finished("WrongRank", "The batch axis is missing where the batch is 1.", lambda y: y[0] if len(y) == 1 else y,
        "axes-squeezed"),
    finished("JunkInTheLastRows", "The lower half of the rows is memory that nobody wrote.",
        arbitrary(lambda y: np.s_[:, :, (y.shape[2] + 1) // 2 :]), "region"),
    finished("JunkInTheLastChannel", "The last channel is memory that nobody wrote, where there are several.",
        arbitrary(lambda y: np.s_[:, max(y.shape[1] - 1, 1) :]), "region"),
    finished("JunkInTheLastOfBatch",
        "The last element of the batch is memory that nobody wrote, where there are several.",
        arbitrary(lambda y: np.s_[max(len(y) - 1, 1) :]), "region"),
    finished("OneUlpOff", "One element is the next number after the right one.",
        where_floating((0, 0, 0, 0), lambda one: np.nextafter(one, one.dtype.type(np.inf))), "region"),
    finished("OneNan", "One element is NaN.", where_floating((-1, -1, -1, -1), lambda _: np.nan), "non-finite"),
    finished("InfiniteColumn", "The first column is infinite.", where_floating(np.s_[..., 0], lambda _: np.inf),
        "non-finite"),
    Mutant("Unstable", "Each call adds one more.", finish=one_more_each_call, scored=False),
    Mutant("UnstableInPlace", "Each call writes its result, one more than the last, into the same memory.",
        finish=in_held_memory, scored=False),
    finished("OutputReadAsFirst", "The output is written as (N, H, W, C) and read as (N, C, H, W).", read_as_first,
        "output-in-the-other-layout"),
    finished("OutputReadAsLast", "The output is written as (N, C, H, W) and read as (N, H, W, C).", read_as_last,
        "output-in-the-other-layout(NHWC)"),
    finished("OutputChannelsLast", "The output's axes are in the order (N, H, W, C).", lambda y: np.moveaxis(y, 1, 3),
        "axes-channels-last", "output-in-the-other-layout"),
    finished("OutputTurned", "The output's height and width are swapped.", lambda y: np.moveaxis(y, 2, 3),
        "output-axes-swapped"),
    finished("FirstOfBatchOnly", "Only the first element of the batch is computed; the others are zero.",
        zeros(np.s_[1:]), "batch-of-one"),
    finished("FirstOfBatchAlone", "The batch is cut to its first element.", lambda y: y[:1], "batch-of-one"),
    finished("FirstOfBatchRepeated", "The first element of the batch is given for all.", repeated, "batch-repeated"),
    finished("BatchReversed", "The last element of the batch comes first.", lambda y: y[::-1].copy(), "batch-reversed"),
    of_result("LastOfBatchRepeatsFirst", "The last of the batch, where there are several, is a copy of the first.",
        last_repeats_first),
    of_result("SecondOfBatchZero", "The second of the batch stays empty, where there is one.", zeros(np.s_[1:2])),
    of_result("OutputsFromFifth", "Output channels from the fifth on stay empty.", zeros(np.s_[:, 4:])),
    of_result("OutputsFromNinth", "Output channels from the ninth on stay empty.", zeros(np.s_[:, 8:])),
    of_result("OutputsFrom17th", "Output channels from the seventeenth on stay empty.", zeros(np.s_[:, 16:])),
    of_result("ColumnsFrom17th", "Columns from the seventeenth on stay empty.", zeros(np.s_[..., 16:])),
    of_result("RowsFrom17th", "Rows from the seventeenth on stay empty.", zeros(np.s_[:, :, 16:])),
    of_result("InfinityClamped", "An infinite result is replaced by the largest number of float32.", infinity_clamped),
    of_result("NanDropped", "NaN in the result is replaced by 0.", lambda y: np.where(np.isnan(y), 0.0, y)),
    of_result("NegativeClipped", "An activation is applied: results below zero become zero.",
        lambda y: np.maximum(y, 0.0)),
    of_result("ResultDoubled", "Everything is added to itself.", lambda y: y + y, "doubled"),
    wrong("ResultHalved", "Everything is the average of itself and zero.", halved, "halved"),
    wrong("ResultNegated", "Everything is subtracted from zero.", negated, "negated"),
    finished("ResultRectified", "A rectifier was fused to the operation.",
        lambda y: np.where(y < 0, y.dtype.type(0), y), "relu"),
    finished("SmallResultsFlushed", "What float16 holds as subnormal numbers alone is zero.", flushed,
        "flushed-to-zero(float16)"),
    finished("ResultWithoutSigns", "The signs are lost.", lambda y: np.where(y < 0, -y, y), "absolute"),
    wrong("LastTapWins", "Each tap overwrites what an earlier one wrote.", landing(last_wins), "last-where-taps-meet"),
    wrong("LastInputWins", "Each input element overwrites what an earlier one wrote.", landing(last_wins, -1),
        "last-where-taps-meet"),
    wrong("LargestTapWins", "The largest product is kept, as max pooling would.", landing(largest_wins),
        "largest-where-taps-meet"),
    wrong("TapsAveraged", "Where taps meet they are averaged, as overlapping tiles are blended.", landing(mean),
        "mean-where-taps-meet"),
)
