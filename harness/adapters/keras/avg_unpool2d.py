"""Keras: ``keras.layers.UpSampling2D`` in place of an average unpooling."""

from __future__ import annotations

from typing import Any

from harness.adapters.index_text import CUT, cut, cuts
from harness.adapters.program import Program
from harness.adapters.tensorflow.text import program
from harness.operations.avg_unpool2d.case import AvgUnpoolCase


def avg_unpool2d(case: AvgUnpoolCase) -> Program:
    """``UpSampling2D``; a cut window is sliced."""
    data_format = "channels_first" if case.layout == "NCHW" else "channels_last"
    call: dict[str, Any] = {"size": case.pool_size, "interpolation": "nearest", "data_format": data_format}
    lines = [f"y = keras.layers.UpSampling2D(**call, dtype={case.dtype!r})(x)", *cut(case, case.layout or "NHWC")]
    reasons = CUT if case.output_size else ()
    return program(case, call, lines, native=True, reasons=reasons, values=cuts(case))
