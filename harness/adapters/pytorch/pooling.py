"""PyTorch's programs for max pooling and its inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import ONE_PADDING, program
from harness.operations.index_spaces import Space, translating, translation
from harness.operations.max_pool2d_with_indices.windows import Axis, explicit

if TYPE_CHECKING:
    from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
    from harness.operations.max_unpool2d.case import MaxUnpoolCase


def max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``MaxPool2d``; what no padding of it lays out is padded with minus infinity first."""
    said = _own_words(case) if case.nominal or case.dialect == "pytorch" else _words(case)
    if isinstance(said, Inexpressible):
        return said
    padding, ceil_mode = said or ((0, 0), False)
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
    if said is None:
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
        if all(_laid_out(axis, ceil=ceil_mode) == axis for axis in case.axes):
            return (case.axes[0].before, case.axes[1].before), ceil_mode
    return None


def _laid_out(axis: Axis, *, ceil: bool) -> Axis:
    return explicit((axis.before, axis.before), axis.n, axis.k, axis.s, axis.d, ceil=ceil)


def _padded(axis: Axis) -> int:
    return axis.before + axis.n + axis.after


def max_unpool2d(case: MaxUnpoolCase) -> Program | Inexpressible:
    """``MaxUnpool2d``, whose other parameters only say of which size the output is."""
    native = case.dialect == "pytorch"
    padding, sizes = (case.pads[0][0], case.pads[1][0]), case.output_size
    if native and any(before != after for before, after in case.pads):
        return Inexpressible(ONE_PADDING)
    if not native:
        padding, sizes = (case.axes[0].before, case.axes[1].before), case.size
        if not _takes(case, padding):
            return Inexpressible(f"MaxUnpool2d takes no output_size {sizes} with these parameters")
    call = {"kernel_size": case.pool_size, "stride": case.step, "padding": padding}
    forward = {} if sizes is None else {"output_size": sizes}
    sized = ', **call["forward"]' if forward else ""
    lines = [f'y = torch.nn.MaxUnpool2d(**call["module"])(x, torch.from_numpy(indices){sized})']
    translated = translating(case.space, Space("plane", case.space.shape))
    reasons = [translation(case.space, Space("plane", case.space.shape))] if translated else []
    stated = {"module": call, "forward": forward}
    rest: dict[str, Any] = {"arrays": ("indices",), "before": tuple(translated)}
    return program(case, stated, lines, reasons=tuple(reasons), **rest)


def _takes(case: MaxUnpoolCase, padding: tuple[int, int]) -> bool:
    """Whether the output's size is less than the strides away from the one that ``padding`` makes."""
    words = zip(case.size, case.input_size, case.pool_size, case.step, padding, strict=True)
    return all(abs(o - ((n - 1) * s - 2 * p + k)) < s for o, n, k, s, p in words)
