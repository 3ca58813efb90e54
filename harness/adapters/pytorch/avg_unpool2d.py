"""PyTorch: ``torch.nn.functional.interpolate`` in place of an average unpooling."""

from __future__ import annotations

from harness.adapters.index_text import CUT, cut, cuts
from harness.adapters.program import Program
from harness.adapters.pytorch.text import program
from harness.operations.avg_unpool2d.case import AvgUnpoolCase


def avg_unpool2d(case: AvgUnpoolCase) -> Program:
    """Nearest upsampling by whole factors; a cut window is sliced."""
    call = {"scale_factor": tuple(float(k) for k in case.pool_size), "mode": "nearest"}
    lines = ["y = torch.nn.functional.interpolate(x, **call)", *cut(case, "NCHW")]
    return program(case, call, lines, reasons=CUT if case.output_size else (), values=cuts(case))
