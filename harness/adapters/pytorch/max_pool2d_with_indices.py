"""PyTorch: ``torch.nn.MaxPool2d``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import ONE_PADDING, program
from harness.operations.index_spaces import Space, translating, translation
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_pool2d_with_indices.windows import Axis, explicit


def max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``MaxPool2d``; what no padding of it lays out is padded with minus infinity first."""
    stated = _own_words(case) if case.nominal or case.dialect == "pytorch" else _words(case)
    if isinstance(stated, Inexpressible):
        return stated
    padding, ceil_mode = stated or ((0, 0), False)
    call = {
        "kernel_size": case.pool_size,
        "stride": case.step,
        "padding": padding,
        "dilation": case.dilations,
        "return_indices": True,
        "ceil_mode": ceil_mode,
    }
    lines, values = ["y, indices = torch.nn.MaxPool2d(**call)(x)"], {}
    native, moved, reasons = Space("plane", case.input_shape), (0, 0), []
    if stated is None:
        rows, columns = case.axes
        moved = (rows.before, columns.before)
        values["sides"] = (columns.before, columns.after, rows.before, rows.after)
        native = Space("plane", (*case.input_shape[:2], _padded(rows), _padded(columns)))
        lines.insert(0, "x = torch.nn.functional.pad(x, sides, value=float('-inf'))")
        reasons.append(f"no padding of MaxPool2d looks {moved} beyond the image: minus infinity is put around it")
    translated = translating(native, case.space, moved)
    if translated:
        reasons.append(translation(native, case.space))
    after = ("indices = indices.numpy()", *translated)
    outputs = ("output", "indices")
    return program(case, call, lines, reasons=tuple(reasons), values=values, after=after, outputs=outputs)


def _own_words(case: MaxPoolCase) -> tuple[Any, bool] | Inexpressible:
    if isinstance(case.padding, str):
        return case.padding, case.ceil_mode
    if any(before != after for before, after in case.pads):
        return Inexpressible(ONE_PADDING)
    return (case.pads[0][0], case.pads[1][0]), case.ceil_mode


def _words(case: MaxPoolCase) -> tuple[Any, bool] | None:
    """Padding and ``ceil_mode`` that lay out the windows of ``case``; None where there are none.

    What lies beyond the image never wins, so only the first window's place and the number of windows matter.
    """
    if any(axis.before > axis.k // 2 for axis in case.axes):
        return None
    for ceil_mode in (False, True):
        laid_out = (explicit((one.before, one.before), one.n, one.k, one.s, one.d, ceil=ceil_mode) for one in case.axes)
        if tuple(laid_out) == tuple(case.axes):
            return (case.axes[0].before, case.axes[1].before), ceil_mode
    return None


def _padded(axis: Axis) -> int:
    return axis.before + axis.n + axis.after
