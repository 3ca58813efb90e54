"""How much memory a case takes, known before anything is allocated."""

from __future__ import annotations

import math
import os

from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry

_FLOAT64 = 8
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def estimate_bytes(case: Case, geometry: Geometry | None) -> int:
    """Bytes that the harness and one adapter hold at once: tensors, their float64 twins, the oracle's products.

    ``geometry`` is None for an illegal case, of which only input and kernel are ever made.
    """
    x = case.batch * case.in_channels * math.prod(case.input_size)
    w = case.in_channels * case.out_channels // max(case.groups, 1) * math.prod(case.kernel_size)
    item = DTYPES[case.dtype].itemsize
    operands = _FLOAT64 * (x + w) + 3 * item * (x + w)
    if geometry is None:
        return operands
    channels = case.batch * case.out_channels
    y = channels * math.prod(max(size, 0) for size in geometry.output_size)
    full = channels * math.prod(max(axis.full, 0) for axis in geometry.axes)
    products = channels * math.prod(axis.k * axis.n for axis in geometry.axes)
    return operands + _FLOAT64 * (3 * y + full + products) + 3 * item * y


def memory_limit() -> int:
    """Half of the machine's physical memory: the other half is the framework's."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def show_bytes(count: int) -> str:
    """``count`` in the largest binary unit that leaves a number above 1."""
    unit = max(count.bit_length() - 1, 0) // 10
    if unit >= len(_UNITS):
        return f">1024 {_UNITS[-1]}"
    return f"{count / 1024**unit:.1f} {_UNITS[unit]}"
