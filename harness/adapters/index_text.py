"""Pieces of program text that several frameworks share."""

from __future__ import annotations

from harness.core.case import Layout
from harness.operations.avg_unpool2d.case import AvgUnpoolCase

CUT = ("the last windows are cut, so the result is sliced",)


def cut(case: AvgUnpoolCase, layout: Layout) -> list[str]:
    """The line that cuts ``y``, in ``layout``, to the size that ``case`` states, if it does."""
    return [] if case.output_size is None else [f"y = y[{':, ' * layout.index('H')}rows, columns]"]


def cuts(case: AvgUnpoolCase) -> dict[str, slice]:
    """The values that this line reads."""
    return {name: slice(size) for name, size in zip(("rows", "columns"), case.output_size or (), strict=False)}
