"""Results that come with another sign or size, and sums that are something else where taps meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product

import numpy as np

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.faults.fault import BoolArray, Fault
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import (
    ConvTransposeReference,
    Float64Array,
    conv_transpose,
    count_hits,
    most_hits,
)

MEETING = {
    "largest": ("largest-where-taps-meet", "where taps meet the largest product counts, not the sum"),
    "last": ("last-where-taps-meet", "where taps meet the last of them overwrites the others"),
    "first": ("last-where-taps-meet(of the input)", "where taps meet the last input element overwrites the others"),
    "mean": ("mean-where-taps-meet", "where taps meet the products are averaged, not summed"),
}


def value_faults() -> Iterator[Fault]:
    """What may be done to each element of a finished output."""
    yield Fault("doubled", "the result is doubled", value=lambda y: 2 * y, gain=2.0, numeric=True)
    yield Fault("halved", "the result is halved", value=lambda y: y / 2, gain=0.5, numeric=True)
    yield Fault("negated", "the result has the other sign", value=lambda y: -y, numeric=True)
    yield Fault("absolute", "the result has no signs", value=np.abs, numeric=True)
    yield Fault("relu", "negative results are zero", value=lambda y: np.maximum(y, 0.0), numeric=True)
    flushing: tuple[DTypeName, ...] = ("float16", "float32", "float64")
    for name in flushing:
        text = f"results below the normal numbers of {name} are zero"
        flush = partial(_flushed, floor=DTYPES[name].smallest_normal)
        yield Fault(f"flushed-to-zero({name})", text, value=flush, numeric=True)


def _flushed(y: Float64Array, floor: float) -> Float64Array:
    return np.where(np.abs(y) < floor, 0.0, y)


def meeting_faults(geometry: Geometry) -> Iterator[Fault]:
    """What may stand in the place of a sum over the taps that meet; channels are summed."""
    if max(map(most_hits, geometry.axes)) < 2:
        return
    for how, (name, text) in MEETING.items():
        yield Fault(name, text, edit=lambda r, how=how: _meeting(r, how), numeric=True)  # type: ignore[misc]


def _meeting(r: ConvTransposeReference, how: str) -> ConvTransposeReference:
    return Meeting(r.geometry, r.x, r.w, r.b, how)


@dataclass(frozen=True)
class Meeting(ConvTransposeReference):
    """As ConvTransposeReference, with something else than the sum of the taps that meet in an element.

    ``how`` is ``largest``, ``mean``, ``last`` (the tap with the highest row, then column, in the kernel) or ``first``.
    """

    how: str = "mean"

    @cached_property
    def output(self) -> Float64Array:
        return self._biased(self._met(self.x, self.w), self.b)

    @cached_property
    def magnitude(self) -> Float64Array:
        """See ConvTransposeReference.magnitude; of the largest that of any tap, which no rounding of it can exceed."""
        return self._biased(self._met(np.abs(self.x), np.abs(self.w)), None if self.b is None else np.abs(self.b))

    @cached_property
    def norm(self) -> Float64Array:
        """See ConvTransposeReference.norm: no more than that of the sum."""
        return ConvTransposeReference(self.geometry, self.x, self.w, self.b).norm

    def met(self, summed: Float64Array, exists: BoolArray) -> Float64Array:
        """What taps make together: ``summed`` (P, taps) over channels, of which those count that ``exists`` says."""
        if self.how == "largest":
            most = np.where(exists, summed, -np.inf).max(1, initial=-np.inf)
            return np.where(exists.any(1), most, 0.0)
        if self.how == "mean":
            averaged: Float64Array = np.where(exists, summed, 0.0).sum(1) / np.maximum(exists.sum(1), 1)
            return averaged
        if not exists.shape[1]:
            return np.zeros(len(exists))
        ordered = exists if self.how == "first" else exists[:, ::-1]
        place = np.argmax(ordered, axis=1)
        chosen = place if self.how == "first" else exists.shape[1] - 1 - place
        return np.where(exists.any(1), np.take_along_axis(summed, chosen[:, None], 1)[:, 0], 0.0)

    def _met(self, x: Float64Array, w: Float64Array) -> Float64Array:
        """What is there before the bias; zero where no tap reaches."""
        result = np.zeros(self.geometry.output_shape)
        reached = np.zeros(self.geometry.output_size)
        taps = list(product(*(range(axis.k) for axis in self.geometry.axes)))
        for a, b in reversed(taps) if self.how == "first" else taps:
            geometry = self._of_tap(a, b)
            here = np.outer(*(count_hits(axis) for axis in geometry.axes)) > 0
            y = conv_transpose(geometry, x, w[:, :, a : a + 1, b : b + 1], None)
            if self.how == "mean":
                result += y
            elif self.how == "largest":
                y = np.where(reached > 0, np.maximum(result, y), y)
            result = result if self.how == "mean" else np.where(here, y, result)
            reached += here
        return result / np.maximum(reached, 1) if self.how == "mean" else result

    def _of_tap(self, *taps: int) -> Geometry:
        """The geometry in which one tap alone lands where it does among all."""
        height, width = (
            replace(axis, k=1, begin=begin, end=(axis.n - 1) * axis.s + 1 - begin - axis.out)
            for axis, begin in (
                (axis, axis.begin - tap * axis.d) for axis, tap in zip(self.geometry.axes, taps, strict=True)
            )
        )
        return self.geometry.with_axes(height, width)

    @staticmethod
    def _biased(y: Float64Array, b: Float64Array | None) -> Float64Array:
        return y if b is None else y + b[:, None, None]
