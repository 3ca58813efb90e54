"""Resizing a second time: literal loops over fractions, and the formulas of kernels in their own precision."""

from fractions import Fraction
from itertools import product

import numpy as np

HALF = Fraction(1, 2)


def weights(axis):
    """The matrix of ``axis`` in fractions, found by looking at every element of the input."""
    if axis.coordinates == "align_corners":
        ratio = Fraction(axis.n - 1, axis.o - 1) if axis.o > 1 else Fraction(0)
    else:
        ratio = Fraction(axis.n) / axis.o if axis.scale is None else 1 / axis.scale
    shift = HALF if axis.coordinates == "half_pixel" else Fraction(0)
    table = [[Fraction(0)] * axis.n for _ in range(axis.o)]
    for j in range(axis.o):
        s = (j + shift) * ratio - shift
        if axis.method == "nearest":
            table[j][min(max(nearest(s, axis.rounding), 0), axis.n - 1)] = Fraction(1)
        else:
            s = min(max(s, Fraction(0)), Fraction(axis.n - 1))
            for k in range(axis.n):
                table[j][k] = max(Fraction(0), 1 - abs(s - k))
    return table


def nearest(s, rounding):
    """Found among all whole numbers near ``s``."""
    near = range(int(s) - 3, int(s) + 4)
    if rounding == "floor":
        return max(k for k in near if k <= s)
    if rounding == "ceil":
        return min(k for k in near if k >= s)
    sign = 1 if rounding == "round_prefer_ceil" else -1
    return min(near, key=lambda k: (abs(s - k), -sign * k))


def resized(axes, x):
    """``x`` (N, C, H, W) of whole numbers, resized by loops: fractions."""
    rows, columns = map(weights, axes)
    y = np.zeros((*x.shape[:2], len(rows), len(columns)), object)
    for n, c, p, q in np.ndindex(y.shape):
        places = product(range(x.shape[2]), range(x.shape[3]))
        y[n, c, p, q] = sum(rows[p][h] * columns[q][w] * int(x[n, c, h, w]) for h, w in places)
    return y


def scattered(axes, g):
    """The gradient from ``g`` (N, C, H_out, W_out) of whole numbers, each added where it came from: fractions."""
    rows, columns = map(weights, axes)
    found = np.zeros((*g.shape[:2], len(rows[0]), len(columns[0])), object)
    for n, c, h, w in np.ndindex(found.shape):
        places = product(range(len(rows)), range(len(columns)))
        found[n, c, h, w] = sum(rows[p][h] * columns[q][w] * int(g[n, c, p, q]) for p, q in places)
    return found


COORDINATES = ("product", "fused", "quotient")
SUMS = ("weights", "differences")


def two(axis, kind, precision, kept):
    """For each output the elements below and above and the weight of the latter, as a kernel computes them.

    Coordinates are rounded to ``precision`` after every operation, or once where a kernel fuses two; the weights are
    kept in ``kept``.
    """
    numbers = np.arange(axis.o).astype(precision)
    half = precision(0.5)
    if axis.coordinates == "align_corners":
        ratio = precision(axis.n - 1) / precision(max(axis.o - 1, 1))
        s = numbers * ratio if axis.o > 1 else numbers * precision(0)
    elif kind == "quotient":
        s = (numbers + half) * precision(axis.n) / precision(axis.o) - half
    else:
        ratio = precision(axis.n) / precision(axis.o)
        s = (numbers + half) * ratio - half
        if kind == "fused":
            s = ((numbers + half).astype(np.longdouble) * ratio - 0.5).astype(precision)
    s = np.maximum(s, precision(0))
    below = np.minimum(np.floor(s).astype(int), axis.n - 1)
    return below, np.minimum(below + 1, axis.n - 1), np.minimum(s - below.astype(precision), precision(1)).astype(kept)


def simulated(axes, x, kind, sums, precision):
    """``x`` resized along its width and then along its height, in the dtype of ``x``."""
    y = x
    for place, axis in ((3, axes[1]), (2, axes[0])):
        below, above, t = two(axis, kind, precision, x.dtype.type)
        t = t.reshape([-1 if one == place else 1 for one in range(4)])
        a, b = np.take(y, below, place), np.take(y, above, place)
        y = (x.dtype.type(1) - t) * a + t * b if sums == "weights" else a + (b - a) * t
    return y


def simulated_gradient(axes, g, kind, precision):
    """Every element of ``g`` is added to the four that it came from, in the dtype of ``g``."""
    one = g.dtype.type(1)
    found = np.zeros((*g.shape[:2], axes[0].n, axes[1].n), g.dtype)
    rows, columns = (two(axis, kind, precision, g.dtype.type) for axis in axes)
    for p, q in product(range(axes[0].o), range(axes[1].o)):
        for h, height in ((rows[0][p], one - rows[2][p]), (rows[1][p], rows[2][p])):
            for w, width in ((columns[0][q], one - columns[2][q]), (columns[1][q], columns[2][q])):
                found[:, :, h, w] += height * width * g[:, :, p, q]
    return found
