"""The reference of max pooling: picked values, where they stood, sums of the cotangent over the windows they won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.core.case import OutputName
from harness.core.dtypes import DTYPES
from harness.core.reference import ReferenceValues, summed
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_pool2d_with_indices.windows import Axis
from harness.operations.oracle import (
    Array,
    Arrays,
    Draw,
    ImageOracle,
    distinct,
    drawn_input,
    literal,
    summed_in_windows,
)

Coordinates = Mapping[str, npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Patches:
    """What each window holds: ``values`` (N, C, H_out, W_out, T) of T taps in reading order, -inf outside.

    ``inside`` (H_out, W_out, T) says which taps are elements, ``rows`` and ``columns`` likewise where they lie, moved
    to the nearest element.
    """

    values: Array
    inside: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]


def patches(axes: Sequence[Axis], x: Array) -> Patches:
    """The windows over ``x`` (N, C, H, W)."""
    places = [np.array([axis.taps(i) for i in range(axis.count)], np.int64).reshape(-1, axis.k) for axis in axes]
    rows, columns = places[0][:, None, :, None], places[1][None, :, None, :]
    shape = np.broadcast_shapes(rows.shape, columns.shape)
    flat = (*shape[:2], shape[2] * shape[3])
    inside = (rows >= 0) & (rows < axes[0].n) & (columns >= 0) & (columns < axes[1].n)
    rows = np.broadcast_to(np.clip(rows, 0, axes[0].n - 1), shape).reshape(flat)
    columns = np.broadcast_to(np.clip(columns, 0, axes[1].n - 1), shape).reshape(flat)
    inside = np.broadcast_to(inside, shape).reshape(flat)
    values = np.where(inside, x[:, :, rows, columns], -np.inf)
    return Patches(values, inside, rows, columns)


def winners(found: Patches, pick: str = "first") -> npt.NDArray[np.int64]:
    """The tap that wins each window, (N, C, H_out, W_out).

    ``pick`` says which of equal numbers: ``first`` or ``last`` in reading order. A NaN beats every number in ``nan``,
    and none in the others. Where no tap is an element the first one wins.
    """
    unordered = found.inside & np.isnan(found.values)
    ordered = found.inside & ~unordered
    ranked = np.where(ordered, found.values, -np.inf)
    tied = ordered & (ranked == ranked.max(axis=-1, keepdims=True))
    for wins in (unordered & ~ordered.any(axis=-1, keepdims=True), unordered & (pick == "nan")):
        tied = np.where(wins.any(axis=-1, keepdims=True), wins, tied)
    if pick == "last":
        return np.asarray(tied.shape[-1] - 1 - np.argmax(tied[..., ::-1], axis=-1))
    return np.asarray(np.argmax(tied, axis=-1))


def picked(found: Patches, taps: npt.NDArray[np.int64]) -> tuple[Array, Coordinates]:
    """Value and coordinates of the tap that each window takes."""
    image, channel, i, j = np.indices(taps.shape)
    where = {"N": image, "C": channel, "H": found.rows[i, j, taps], "W": found.columns[i, j, taps]}
    return np.take_along_axis(found.values, taps[..., None], axis=-1)[..., 0], where


def scattered(where: Coordinates, g: Array, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape`` (N, C, H, W) with ``g`` added at its coordinates."""
    total = np.zeros(shape)
    np.add.at(total, tuple(where[letter] for letter in "NCHW"), g)
    return total


def data(case: MaxPoolCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C, H, W), of which no two numbers in a plane are alike unless they are written out."""
    limit = DTYPES[case.dtype].exact_limit
    arrays = drawn_input(case, draw, limit)
    if literal(case, "input") is None and not (case.data == "real" and _differ(arrays["input"])):
        return {"input": distinct(case, case.input_shape, limit)}
    return arrays


def _differ(x: Array) -> bool:
    return all(np.unique(plane).size == plane.size for plane in x.reshape(-1, x.shape[2] * x.shape[3]))


def references(case: MaxPoolCase, arrays: Arrays, pick: str = "first") -> Mapping[OutputName, ReferenceValues]:
    """``output``, ``indices``, and ``input_grad`` where a cotangent is there."""
    x = arrays["input"]
    found = patches(case.axes, x)
    values, where = picked(found, winners(found, pick))
    indices = case.space.flatten(where).astype(np.float64)
    answers: dict[OutputName, ReferenceValues] = {
        "output": ReferenceValues(values),
        "indices": ReferenceValues(indices, dtype="int64"),
    }
    if "cotangent" in arrays:
        g = arrays["cotangent"]
        counts = scattered(where, np.ones(g.shape), x.shape).astype(np.int64)
        answers["input_grad"] = summed(case, g, lambda one: scattered(where, one, x.shape), counts)
    return answers


ORACLE = ImageOracle(data, references, summed_in_windows, references)
