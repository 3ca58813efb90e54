"""Mutants about what is in the output: parts that are zero, moved, missing, arbitrary, or in the wrong type."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.mutants.honest import Honest


class AllZero(Honest):
    """Nothing is written at all."""

    lie = ("all-zero",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.zeros_like(y)


class LastRowZero(Honest):
    """The last row is never written, unless it is the only one."""

    lie = ("last-rows-zero(1)",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        y[:, :, 1:][:, :, -1:] = 0
        return y


class LastRowsZero(Honest):
    """The last two rows are never written, except the first."""

    lie = ("last-rows-zero(2)", "last-rows-zero(1)")

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        y[:, :, 1:][:, :, -2:] = 0
        return y


class LastColumnsZero(Honest):
    """The last two columns are never written, except the first."""

    lie = ("last-columns-zero(2)", "last-columns-zero(1)")

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        y[..., 1:][..., -2:] = 0
        return y


class Rolled(Honest):
    """Everything moves one column to the right, and the last column comes back at the left."""

    lie = ("rolled",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.concatenate([y[..., -1:], y[..., :-1]], axis=3)


class WrongDtype(Honest):
    """float64, whatever was asked for."""

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return y.astype(np.float64)


class WrongShape(Honest):
    """The last row is missing."""

    lie = ("cut-short",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return y[:, :, :-1]


class WrongRank(Honest):
    """The batch axis is missing where the batch is 1."""

    lie = ("axes-squeezed",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return y[0] if len(y) == 1 else y


class JunkInTheLastRows(Honest):
    """The lower half of the rows is memory that nobody wrote."""

    lie = ("region",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return junk(y, np.s_[:, :, (y.shape[2] + 1) // 2 :])


class JunkInTheLastChannel(Honest):
    """The last channel is memory that nobody wrote."""

    lie = ("region",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return junk(y, np.s_[:, -1:]) if y.shape[1] > 1 else y


class JunkInTheLastOfBatch(Honest):
    """The last element of the batch is memory that nobody wrote."""

    lie = ("region",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return junk(y, np.s_[-1:]) if len(y) > 1 else y


def junk(y: Array, part: Any) -> Array:
    """``y`` with arbitrary finite numbers in ``part``."""
    target = y[part]
    target[...] = np.random.default_rng(11).uniform(-60_000, 60_000, target.shape)
    return y


class OneUlpOff(Honest):
    """One element is the next number after the right one."""

    lie = ("region",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        if _rounds(y):
            y[0, 0, 0, 0] = np.nextafter(y[0, 0, 0, 0], y.dtype.type(np.inf))
        return y


class OneNan(Honest):
    """One element is NaN."""

    lie = ("non-finite",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        if _rounds(y):
            y[-1, -1, -1, -1] = np.nan
        return y


class InfiniteColumn(Honest):
    """The first column is infinite."""

    lie = ("non-finite",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        if _rounds(y):
            y[..., 0] = np.inf
        return y


class Unstable(Honest):
    """Each call adds one more."""

    calls = 0

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        self.calls += 1
        result: Array = y + y.dtype.type(self.calls)
        return result


class UnstableInPlace(Honest):
    """Each call writes its answer, one more than the last, into the same memory."""

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        kept: Array = vars(self).get("kept", np.zeros_like(y))
        if kept.shape != y.shape:
            kept = np.zeros_like(y)
        kept += 1
        self.kept = kept
        return kept


def _rounds(y: Array) -> bool:
    """Whether ``y`` has a floating point type, bfloat16 included, and so neighbours, NaN and infinities."""
    return y.dtype.kind not in "iu"
