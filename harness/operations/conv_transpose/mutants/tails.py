"""Mutants who are wrong in one part of the tensors only: the last group, channels beyond a tile, infinities."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class LastGroupWrong(Honest):
    """The last group, where there are several, uses the kernel of the group before it."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        if geometry.groups > 1:
            each = geometry.in_channels // geometry.groups
            w = np.concatenate([w[:-each], w[-2 * each : -each]])
        return super().compute(geometry, x, w, b)


class LastInputOfGroupSkipped(Honest):
    """The last input channel of each group is not summed, where a group has several."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        each = geometry.in_channels // geometry.groups
        if each > 1:
            x = x.copy()
            x[:, each - 1 :: each] = 0
        return super().compute(geometry, x, w, b)


class LastOfBatchRepeatsFirst(Honest):
    """The last of the batch, where there are several, is a copy of the first."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        y[-1] = y[0]
        return y


class SecondOfBatchZero(Honest):
    """The second of the batch stays empty, where there is one."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        y[1:2] = 0
        return y


class InputsFromFifth(Honest):
    """Input channels from the fifth on are not summed."""

    first = 4

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        x = x.copy()
        x[:, self.first :] = 0
        return super().compute(geometry, x, w, b)


class InputsFromNinth(InputsFromFifth):
    """Input channels from the ninth on are not summed."""

    first = 8


class InputsFrom17th(InputsFromFifth):
    """Input channels from the seventeenth on are not summed."""

    first = 16


class OutputsFromFifth(Honest):
    """Output channels from the fifth on stay empty."""

    first = 4

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        y[:, self.first :] = 0
        return y


class OutputsFromNinth(OutputsFromFifth):
    """Output channels from the ninth on stay empty."""

    first = 8


class OutputsFrom17th(OutputsFromFifth):
    """Output channels from the seventeenth on stay empty."""

    first = 16


class ColumnsFrom17th(Honest):
    """Columns from the seventeenth on stay empty."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        y[:, :, :, 16:] = 0
        return y


class RowsFrom17th(Honest):
    """Rows from the seventeenth on stay empty."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        y[:, :, 16:] = 0
        return y


class InfinityClamped(Honest):
    """An infinite result is replaced by the largest number of float32."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        largest = float(np.finfo(np.float32).max)
        y = super().compute(geometry, x, w, b)
        return np.where(np.isinf(y), np.sign(y) * largest, y)


class NanDropped(Honest):
    """NaN in the result is replaced by 0."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        return np.where(np.isnan(y), 0.0, y)


class ZerosOfInputSkipped(Honest):
    """An input of zero is skipped, so that infinity times zero is lost."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        full = super().compute(geometry, x, w, b)
        if np.all(np.isfinite(w)):
            return full
        rest = super().compute(geometry, x, np.where(np.isfinite(w), w, 0.0), b)
        return np.where(np.isnan(full), rest, full)


class NegativeClipped(Honest):
    """An activation is applied: results below zero become zero."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return np.maximum(super().compute(geometry, x, w, b), 0.0)


class BiasBeforeTheCrop(Honest):
    """The bias is added before zeros are appended in height."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        if b is not None and geometry.height.end < 0:
            y[:, :, geometry.height.end :] -= b[:, None, None]
        return y


class BiasBeforeTheRightIsExtended(Honest):
    """The bias is added before zeros are appended in width."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        if b is not None and geometry.width.end < 0:
            y[:, :, :, geometry.width.end :] -= b[:, None, None]
        return y


class BiasOfFirstOfBatch(Honest):
    """The bias is added to the first of the batch only."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        if b is not None:
            y[1:] -= b[:, None, None]
        return y
