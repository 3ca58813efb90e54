"""Pieces of program text that several frameworks share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.core.case import Layout
    from harness.operations.avg_unpool2d.case import AvgUnpoolCase

NHWC, NCHW = "(0, 2, 3, 1)", "(0, 3, 1, 2)"
HWIO, OIHW = "(2, 3, 1, 0)", "(3, 2, 0, 1)"
"""The arguments of ``transpose`` from one layout to the other, of images and of kernels."""
IMAGE: Mapping[str, str] = MappingProxyType({"x": "input"})
"""The tensors of an operation of images alone."""
CUT = ("the last windows are cut, so the result is sliced",)


def cut(case: AvgUnpoolCase, layout: Layout) -> list[str]:
    """The line that cuts ``y``, in ``layout``, to the size that ``case`` asks for, if it does."""
    if case.output_size is None:
        return []
    height, width = case.output_size
    return [f"y = y[{':, ' * layout.index('H')}:{height}, :{width}]"]
