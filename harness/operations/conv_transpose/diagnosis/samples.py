"""Single elements of the output, summed directly: for each, the taps and input elements that meet in it.

The gather form of the operation, for a few elements where the whole output would cost too much. A test holds it
against the oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from harness.core.numerics import IntArray
from harness.operations.conv_transpose.faults.fault import BoolArray, Fault, Index, changed
from harness.operations.conv_transpose.faults.results import Meeting
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array


@dataclass(frozen=True, slots=True)
class Sampled:
    """Values, sums of absolute products and bias, roots of sums of squares, and how many meet; for each element."""

    values: Float64Array
    magnitude: Float64Array
    norm: Float64Array
    terms: IntArray


@dataclass(frozen=True, slots=True)
class Gathered:
    """What meets in a few elements of an output, before it is multiplied.

    ``x`` and ``w`` are (P, channels of a group, rows, columns), the last two those of the taps that meet, and ``meets``
    (P, rows, columns) says which of these there are. ``b`` (P) is None where there is no bias.
    """

    reference: ConvTransposeReference
    x: Float64Array
    w: Float64Array
    meets: BoolArray
    b: Float64Array | None

    def sampled(self, faults: Sequence[Fault] = ()) -> Sampled:
        """The elements, where ``faults`` change operands one by one."""
        x, w = self.x, self.w
        for fault in faults:
            x, w = changed(x, fault, 0), changed(w, fault, 1)
        exists = self.meets.reshape(len(self.meets), -1)
        with np.errstate(invalid="ignore", over="ignore"):
            products = np.where(self.meets[:, None], x * w, 0.0)
            norm = np.sqrt(np.square(products).sum((1, 2, 3)))
            if isinstance(self.reference, Meeting):
                values, magnitude = (
                    self.reference.met(one.sum(1).reshape(exists.shape), exists) for one in (products, np.abs(products))
                )
            else:
                values, magnitude = products.sum((1, 2, 3)), np.abs(products).sum((1, 2, 3))
            if self.b is not None:
                values, magnitude, norm = values + self.b, magnitude + np.abs(self.b), np.hypot(norm, self.b)
        return Sampled(values, magnitude, norm, exists.sum(1) * x.shape[1] + (self.b is not None))


def gathered(reference: ConvTransposeReference, index: Index) -> Gathered:
    """What meets in the elements of ``reference.output`` at ``index``, four arrays of one shape (P,)."""
    geometry, x, w = reference.geometry, reference.x, reference.w
    n, c, rows, columns = index
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    channels = (c // outputs)[:, None] * inputs + np.arange(inputs)
    i, a, tall = _meeting(geometry.height, rows)
    j, b, wide = _meeting(geometry.width, columns)
    each = (slice(None), None, slice(None), None)
    from_x = x[n[:, None, None, None], channels[:, :, None, None], i[each], j[:, None, None, :]]
    kernels = (c % outputs)[:, None, None, None]
    from_w = w[channels[:, :, None, None], kernels, a[each], b[:, None, None, :]]
    bias = None if reference.b is None else reference.b[c]
    return Gathered(reference, from_x, from_w, tall[:, :, None] & wide[:, None, :], bias)


def outputs_at(reference: ConvTransposeReference, index: Index) -> Sampled:
    """The elements of ``reference.output`` at ``index``, four arrays of one shape (P,)."""
    return gathered(reference, index).sampled()


def output_at(reference: ConvTransposeReference, place: tuple[int, int, int, int]) -> float:
    """One element of the output, of ``place`` n, c, h and w; not of a Meeting. Quicker than ``outputs_at`` for one."""
    geometry, (n, c, h, w) = reference.geometry, place
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    group, kernel = divmod(c, outputs)
    channels = slice(group * inputs, (group + 1) * inputs)
    x, taps = reference.x[n, channels], reference.w[channels, kernel]
    value = 0.0 if reference.b is None else float(reference.b[c])
    columns = _meeting_in(geometry.width, w)
    for i, a in _meeting_in(geometry.height, h):
        for j, b in columns:
            value += np.dot(x[:, i, j], taps[:, a, b])
    return value


@lru_cache(maxsize=1024)
def _meeting_in(axis: Axis, position: int) -> tuple[tuple[int, int], ...]:
    """Input elements and taps that meet in one position."""
    pairs = ((*divmod(position + axis.begin - tap * axis.d, axis.s), tap) for tap in range(axis.k))
    return tuple((i, tap) for i, rest, tap in pairs if not rest and 0 <= i < axis.n)


def _meeting(axis: Axis, positions: IntArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Input elements and taps that meet in each position, and which of these pairs exist; each (P, most that meet)."""
    i, rest = np.divmod((positions + axis.begin)[:, None] - np.arange(axis.k) * axis.d, axis.s)
    exists = (rest == 0) & (i >= 0) & (i < axis.n)
    most = int(exists.sum(1).max(initial=0))
    taps = np.argsort(~exists, axis=1, kind="stable")[:, :most]
    exists = np.take_along_axis(exists, taps, 1)
    return np.where(exists, np.take_along_axis(i, taps, 1), 0), taps, exists
