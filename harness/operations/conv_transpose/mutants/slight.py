"""Mutants whose errors are as small as those of rounding, yet not those of rounding to nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.precision import SumsInBfloat16


class Slight(Honest):
    """The truth. ``roundoff`` is that of the dtype asked for."""

    roundoff = 0.0

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Honest.prepare."""
        self.roundoff = float(ml_dtypes.finfo(x.dtype).eps) / 2 if x.dtype.kind not in "iu" else 0.0
        return super().prepare(call, x, w, b)


class SumsTruncated(Slight, SumsInBfloat16):
    """After each product the sum loses the bits that the dtype has no place for, without rounding."""

    lie = ("sums-truncated",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute; whole numbers lose nothing as long as the dtype holds them."""
        tensors = [t for t in (x, w, b) if t is not None]
        if self.roundoff < 2.0**-24 or all(np.array_equal(t, np.rint(t)) for t in tensors):
            return Honest.compute(self, geometry, x, w, b)
        return SumsInBfloat16.compute(self, geometry, x, w, b)

    def narrow(self, values: Any) -> Any:
        """See SumsInBfloat16.narrow: the low bits of a float64 are masked."""
        lost = np.int64(52 - int(-np.log2(self.roundoff) - 1))
        whole = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
        return ((whole >> lost) << lost).view(np.float64)


class ResultsTruncated(Slight):
    """The sums are exact, and the results lose their low bits without rounding."""

    lie = ("results-truncated",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        if self.roundoff < 2.0**-24:
            return y
        lost = np.int64(52 - int(-np.log2(self.roundoff) - 1))
        return ((np.ascontiguousarray(y).view(np.int64) >> lost) << lost).view(np.float64)


class AwayFromZero(Slight):
    """Every element is farther from zero by half of what rounding could explain."""

    lie = ("biased-one-way",)
    side = 0.5

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        magnitude = super().compute(geometry, abs(x), abs(w), None if b is None else abs(b))
        terms = super().compute(geometry, np.ones_like(x), np.ones_like(w), None if b is None else np.ones_like(b))
        with np.errstate(invalid="ignore"):
            moved = y + self.side * np.sign(y) * self.roundoff * (terms * magnitude + abs(y))
        return np.where(np.isfinite(y), moved, y)


class TowardZero(AwayFromZero):
    """Every element is nearer to zero by half of what rounding could explain."""

    lie = ("biased-one-way",)
    side = -0.5


class ProductMissing(Honest):
    """The first tap of the first input channel is left out, unless it is the only product."""

    lie = ("product-missing",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        kept = np.ones(w.shape)
        if w[:, 0].size > geometry.groups and np.all(np.isfinite(x)) and np.all(np.isfinite(w)):
            kept[0, :, 0, 0] = 0
        return super().compute(geometry, x, np.where(kept, w, 0.0), b)
