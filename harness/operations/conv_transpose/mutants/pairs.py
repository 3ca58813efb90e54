"""Mutants who lie twice."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.channels import DataReadAsLast, FirstGroupThroughout
from harness.operations.conv_transpose.mutants.crops import CropAtWrongEnd
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.kernels import KernelRotated
from harness.operations.conv_transpose.mutants.sizes import DilationsIgnoredInSize

ROTATED = ("kernel-rotated", "kernel-flipped-in-height", "kernel-flipped-in-width")
EXCHANGED = ("crops-exchanged", "crop-lower-for-upper", "crop-upper-for-lower")


class RotatedWithoutBias(KernelRotated):
    """The kernel is rotated, and the bias is missing."""

    lie: ClassVar[tuple[str, ...]] = tuple(f"{one} + bias-missing" for one in ROTATED)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, None)


class RotatedAndShifted(Honest):
    """The kernel is rotated, and everything stands one row too high."""

    lie: ClassVar[tuple[str, ...]] = tuple(f"{one} + shifted(-1,0)" for one in ROTATED)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        (top, bottom), columns = geometry.crops
        moved = geometry.with_crops(((top + 1, bottom - 1), columns))
        return super().compute(moved, x, np.rot90(w, 2, axes=(2, 3)), b)


class WrongEndAndBiasTwice(CropAtWrongEnd):
    """Crops are taken off the wrong ends, and the bias is added twice."""

    lie: ClassVar[tuple[str, ...]] = tuple(f"bias-doubled + {one}" for one in EXCHANGED)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, None if b is None else b + b)


class UndilatedWithoutBias(DilationsIgnoredInSize):
    """The dilations are 1, and the bias is missing."""

    lie = ("bias-missing + dilations-ignored",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, None)


class OtherLayoutAndFirstOfBatch(DataReadAsLast):
    """The data are read in the other layout, and only the first of the batch is computed."""

    lie = ("data-in-the-other-layout + batch-of-one",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        y[1:] = 0
        return y


class FirstGroupWithoutBias(FirstGroupThroughout):
    """Every group uses the kernel of group 0, and the bias is missing."""

    lie = ("bias-missing + kernel-of-group-0",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, None)
