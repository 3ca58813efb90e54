"""Single elements of the output, summed directly: for each, the taps and input elements that meet in it.

The gather form of the operation, for a few elements where the whole output would cost too much. A test holds it
against the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.faults.fault import BoolArray, Index
from harness.geometry import Axis
from harness.numerics import IntArray
from harness.oracle import Float64Array, Reference


@dataclass(frozen=True, slots=True)
class Sampled:
    """Values, the sums of absolute products and bias, and how many of them meet; one for each element asked for."""

    values: Float64Array
    magnitude: Float64Array
    terms: IntArray


def outputs_at(reference: Reference, index: Index) -> Sampled:
    """The elements of ``reference.output`` at ``index``, four arrays of one shape (P,)."""
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
    meets = tall[each] & wide[:, None, None, :]
    with np.errstate(invalid="ignore", over="ignore"):
        products = np.where(meets, from_x * from_w, 0.0)
        values, magnitude = products.sum((1, 2, 3)), np.abs(products).sum((1, 2, 3))
        if reference.b is not None:
            values, magnitude = values + reference.b[c], magnitude + np.abs(reference.b[c])
    terms = meets.sum((1, 2, 3)) * inputs + (reference.b is not None)
    return Sampled(values, magnitude, terms)


def _meeting(axis: Axis, positions: IntArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Input elements and taps that meet in each position, and which of these pairs exist; each (P, most that meet)."""
    i, rest = np.divmod((positions + axis.begin)[:, None] - np.arange(axis.k) * axis.d, axis.s)
    exists = (rest == 0) & (i >= 0) & (i < axis.n)
    most = int(exists.sum(1).max(initial=0))
    taps = np.argsort(~exists, axis=1, kind="stable")[:, :most]
    exists = np.take_along_axis(exists, taps, 1)
    return np.where(exists, np.take_along_axis(i, taps, 1), 0), taps, exists
