"""Mutants about precision: narrower data, narrower sums."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class DataInBfloat16(Honest):
    """Input and kernel are rounded to bfloat16."""

    lie = ("operands-rounded(bfloat16)",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, to_bfloat16(x), to_bfloat16(w), b)


class DataInFloat16(Honest):
    """Input and kernel are rounded to float16."""

    lie = ("operands-rounded(float16)", "operands-rounded(tf32)")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        narrow = [tensor.astype(np.float16).astype(np.float64) for tensor in (x, w)]
        return super().compute(geometry, narrow[0], narrow[1], b)


class DataInFloat32(Honest):
    """Input and kernel are rounded to float32."""

    lie = ("operands-rounded(float32)",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        narrow = [tensor.astype(np.float32).astype(np.float64) for tensor in (x, w)]
        return super().compute(geometry, narrow[0], narrow[1], b)


class SumsInBfloat16(Honest):
    """After each product the sum is rounded to bfloat16."""

    lie: ClassVar[tuple[str, ...]] = ("accumulated-in(bfloat16)", "operands-rounded(bfloat16)")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        height, width = geometry.axes
        rows, columns = max(height.full, 0), max(width.full, 0)
        full = np.zeros((geometry.batch, geometry.out_channels, rows, columns))
        each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
        for c in range(geometry.in_channels):
            target = full[:, c // each * outs : (c // each + 1) * outs]
            for i in range(height.k):
                for j in range(width.k):
                    down = slice(i * height.d, i * height.d + (height.n - 1) * height.s + 1, height.s)
                    right = slice(j * width.d, j * width.d + (width.n - 1) * width.s + 1, width.s)
                    products = x[:, c, None] * w[c, :, i, j][:, None, None]
                    target[:, :, down, right] = self.narrow(target[:, :, down, right] + products)
        (top, bottom), (left, right_end) = geometry.crops
        margins = ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right_end, 0)))
        padded = np.pad(full, ((0, 0), (0, 0), *margins))
        y = padded[:, :, max(top, 0) :, max(left, 0) :][:, :, : height.out, : width.out]
        return y if b is None else self.narrow(y + b[:, None, None])

    def narrow(self, values: Any) -> Any:
        """``values`` rounded to the narrower type."""
        return to_bfloat16(values)


class SumsInFloat16(SumsInBfloat16):
    """After each product the sum is rounded to float16."""

    lie = ("accumulated-in(tf32 or float16)", "operands-rounded(tf32)", "input-rounded(float16)")

    def narrow(self, values: Any) -> Any:
        """See SumsInBfloat16.narrow."""
        return values.astype(np.float16).astype(np.float64)


class SumsInFloat32(SumsInBfloat16):
    """After each product the sum is rounded to float32."""

    lie = ("accumulated-in(float32)", "operands-rounded(float32)")

    def narrow(self, values: Any) -> Any:
        """See SumsInBfloat16.narrow."""
        return values.astype(np.float32).astype(np.float64)


class DataTruncated(Honest):
    """The input loses the lower half of its bits, without rounding."""

    lie = ("input-truncated(bfloat16)",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        bits = x.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
        return super().compute(geometry, bits.view(np.float32).astype(np.float64), w, b)


def to_bfloat16(values: Any) -> Any:
    """``values`` rounded to bfloat16, ties to even, in float64."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> np.uint64(16)) & np.uint64(1))) & np.uint64(0xFFFF0000)
    return rounded.astype(np.uint32).view(np.float32).astype(np.float64)
