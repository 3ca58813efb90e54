"""PyTorch: ``torch.nn.MaxUnpool2d``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import ONE_PADDING, program
from harness.operations.index_spaces import Space, translating, translation
from harness.operations.max_unpool2d.case import MaxUnpoolCase


def max_unpool2d(case: MaxUnpoolCase) -> Program | Inexpressible:
    """``MaxUnpool2d``, whose other parameters only state of which size the output is."""
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
