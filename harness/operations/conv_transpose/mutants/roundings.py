"""Mutants that multiply operands of fewer bits."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class Narrowed(Honest):
    """Input and kernel lose bits before they are multiplied."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        with np.errstate(invalid="ignore"):
            narrow = [np.where(np.isfinite(one), less, one) for one, less in ((x, self.input(x)), (w, self.kernel(w)))]
        return super().compute(geometry, narrow[0], narrow[1], b)

    def narrow(self, values: Any) -> Any:
        """``values`` in fewer bits."""
        return values

    def input(self, x: Any) -> Any:
        """What is taken for the input."""
        return self.narrow(x)

    def kernel(self, w: Any) -> Any:
        """What is taken for the kernel."""
        return self.narrow(w)


class OperandsInTf32(Narrowed):
    """Both are rounded to TF32, ties to even."""

    lie = ("operands-rounded(tf32)",)

    def narrow(self, values: Any) -> Any:
        """See Narrowed.narrow."""
        return to_tf32(values)


class InputInTf32(Narrowed):
    """The input is rounded to TF32."""

    lie = ("input-rounded(tf32)",)

    def input(self, x: Any) -> Any:
        """See Narrowed.input."""
        return to_tf32(x)


class KernelInBfloat16(Narrowed):
    """The kernel is rounded to bfloat16."""

    lie = ("kernel-rounded(bfloat16)",)

    def kernel(self, w: Any) -> Any:
        """See Narrowed.kernel."""
        return w.astype(ml_dtypes.bfloat16).astype(np.float64)


class OperandsInFiveBits(Narrowed):
    """Both keep five significant bits, rounded as decimal numbers are written with five digits: by division."""

    lie = ("operands-rounded(5 bits)",)

    def narrow(self, values: Any) -> Any:
        """See Narrowed.narrow."""
        unit = _last_of(values, 5)
        return np.rint(values / unit) * unit


class OperandsInTwentyBits(Narrowed):
    """Both are rounded as sums with a large number round them (Dekker, Veltkamp), to 20 significant bits."""

    lie = ("operands-rounded(20 bits)",)

    def narrow(self, values: Any) -> Any:
        """See Narrowed.narrow."""
        large = values * (2.0**33 + 1)
        return large - (large - values)


class OperandsInInt8(Narrowed):
    """Both are 8-bit integers times a scale of each tensor, as post-training quantisation makes them."""

    lie = ("operands-quantised(int8)",)

    def narrow(self, values: Any) -> Any:
        """See Narrowed.narrow."""
        largest = np.max(np.abs(values[np.isfinite(values)]), initial=0.0)
        scale = largest / 127 if largest else 1.0
        return np.round(values / scale).astype(np.int8).astype(np.float64) * scale


class OperandsCutToTf32(Narrowed):
    """The low bits of both are masked, as tensor cores read float32."""

    lie = ("operands-truncated(tf32)",)

    def narrow(self, values: Any) -> Any:
        """See Narrowed.narrow."""
        bits = values.astype(np.float32).view(np.uint32) & np.uint32(0xFFFFE000)
        return bits.view(np.float32).astype(np.float64)


class KernelCutToSixBits(Narrowed):
    """The kernel keeps six significant bits, the others are dropped."""

    lie = ("kernel-truncated(6 bits)",)

    def kernel(self, w: Any) -> Any:
        """See Narrowed.kernel."""
        return np.sign(w) * (np.abs(w) // (unit := _last_of(w, 6)) * unit)


class InputDithered(Narrowed):
    """The input is rounded to bfloat16 up or down by chance, in proportion to the distance."""

    lie = ("lower-precision",)

    def input(self, x: Any) -> Any:
        """See Narrowed.input."""
        unit = _last_of(x, 8)
        return np.floor(x / unit + np.random.default_rng(3).random(x.shape)) * unit


def _last_of(values: Any, bits: int) -> Any:
    """What the last of ``bits`` significant bits of each value is worth."""
    return 2.0 ** (np.floor(np.log2(np.where(values == 0, 1.0, np.abs(values)))) - (bits - 1))


def to_tf32(values: Any) -> Any:
    """``values`` rounded to 10 bits of fraction, by adding half a unit to the bits of a float32."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0xFFF + ((bits >> np.uint64(13)) & np.uint64(1))) & np.uint64(0xFFFFE000)
    return rounded.astype(np.uint32).view(np.float32).astype(np.float64)
