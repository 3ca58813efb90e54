"""Mutants whose numbers stand where they should and have another sign or size, or lack a part of the sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class ResultDoubled(Honest):
    """Everything is added to itself."""

    lie = ("doubled",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        return y + y


class ResultHalved(Honest):
    """Everything is the average of itself and zero."""

    lie = ("halved",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, 0.5 * x, w, None if b is None else 0.5 * b)


class ResultNegated(Honest):
    """Everything is subtracted from zero."""

    lie = ("negated",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, 0.0 - x, w, None if b is None else 0.0 - b)


class ResultRectified(Honest):
    """A rectifier was fused to the operation."""

    lie = ("relu",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.where(y < 0, y.dtype.type(0), y)


class SmallResultsFlushed(Honest):
    """What float16 holds as subnormal numbers alone is zero."""

    lie = ("flushed-to-zero(float16)",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.where(np.abs(y.astype(np.float64)) * 2**14 < 1, y.dtype.type(0), y)


class ResultWithoutSigns(Honest):
    """The signs are lost."""

    lie = ("absolute",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.where(y < 0, -y, y)


class KernelWithoutSigns(Honest):
    """The signs of the kernel are lost."""

    lie = ("kernel-absolute",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, np.sqrt(w * w), b)


class DataUpsideDown(Honest):
    """The rows of the data come in reverse order."""

    lie = ("data-flipped-in-height",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, np.flip(x, 2), w, b)


class DataMirrored(Honest):
    """The columns of the data come in reverse order."""

    lie = ("data-flipped-in-width",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, np.flip(x, 3), w, b)


class DataRotated(Honest):
    """The data are rotated by 180 degrees."""

    lie = ("data-rotated", "data-flipped-in-height", "data-flipped-in-width")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, np.rot90(x, 2, axes=(2, 3)), w, b)


class BatchReversed(Honest):
    """The last element of the batch comes first."""

    lie = ("batch-reversed",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.stack(list(y)[::-1]) if len(y) else y


class LastInputChannelSkipped(Honest):
    """A loop over input channels ends one too early."""

    lie = ("last-input-channel-skipped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        w = w.copy()
        w[geometry.in_channels - 1 :] *= geometry.in_channels == 1
        return super().compute(geometry, x, w, b)


class LastOfGroupSkipped(Honest):
    """A loop over the input channels of a group ends one too early."""

    lie = ("last-input-channel-skipped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        each, w = geometry.in_channels // geometry.groups, w.copy()
        if geometry.groups > 1 and each > 1:
            for group in range(geometry.groups):
                w[group * each + each - 1] = 0
        return super().compute(geometry, x, w, b)


class Landing(Honest):
    """Products of taps that land on one another are not summed; ``land`` says what becomes of them."""

    reverse = False

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
        shape = (geometry.batch, geometry.out_channels, max(height.full, 0), max(width.full, 0))
        full, landed = np.zeros(shape), np.zeros(shape[2:])
        split = x.reshape(geometry.batch, geometry.groups, each, height.n, width.n)
        kernels = w.reshape(geometry.groups, each, outs, height.k, width.k)
        taps = [(i, j) for i in range(height.k) for j in range(width.k)]
        for i, j in taps[::-1] if self.reverse else taps:
            down = slice(i * height.d, i * height.d + (height.n - 1) * height.s + 1, height.s)
            right = slice(j * width.d, j * width.d + (width.n - 1) * width.s + 1, width.s)
            products = np.einsum("bgchw,gco->bgohw", split, kernels[..., i, j]).reshape(*shape[:2], height.n, width.n)
            full[:, :, down, right] = self.land(full[:, :, down, right], products, landed[down, right])
            landed[down, right] += 1
        (top, bottom), (left, right_end) = geometry.crops
        margins = ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right_end, 0)))
        whole = np.pad(full, ((0, 0), (0, 0), *margins))
        y = whole[:, :, max(top, 0) :, max(left, 0) :][:, :, : height.out, : width.out]
        return y if b is None else y + b[:, None, None]

    def land(self, there: Any, products: Any, landed: Any) -> Any:
        """What there is when ``products`` come to what is ``there``, of ``landed`` taps."""
        return products


class LastTapWins(Landing):
    """Each tap overwrites what an earlier one wrote."""

    lie = ("last-where-taps-meet",)


class LastInputWins(Landing):
    """Each input element overwrites what an earlier one wrote."""

    lie = ("last-where-taps-meet",)
    reverse = True


class LargestTapWins(Landing):
    """The largest product is kept, as max pooling would."""

    lie = ("largest-where-taps-meet",)

    def land(self, there: Any, products: Any, landed: Any) -> Any:
        """See Landing.land."""
        return np.where((landed == 0) | (products > there) | np.isnan(products), products, there)


class TapsAveraged(Landing):
    """Where taps meet they are averaged, as overlapping tiles are blended."""

    lie = ("mean-where-taps-meet",)

    def land(self, there: Any, products: Any, landed: Any) -> Any:
        """See Landing.land."""
        return (there * landed + products) / (landed + 1)
