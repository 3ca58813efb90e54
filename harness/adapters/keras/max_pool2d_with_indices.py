"""Keras: ``keras.layers.MaxPooling2D``, which returns no indices."""

from __future__ import annotations

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.max_pool2d_with_indices import around, lay_out, padded
from harness.adapters.tensorflow.text import program
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase


def max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``MaxPooling2D``, which returns no indices."""
    layout = lay_out(case, "MaxPooling2D", by_name=case.dialect == "keras")
    if isinstance(layout, Inexpressible):
        return layout
    call = {"pool_size": case.pool_size, "strides": case.step, "padding": layout.name.lower()}
    lines = [f"y = keras.layers.MaxPooling2D(**call, dtype={case.dtype!r})(x)"]
    reasons = []
    if layout.pads is not None:
        lines.insert(0, "x = keras.ops.pad(x, pads, constant_values=float('-inf'))")
        reasons.append(padded("MaxPooling2D", layout))
    if case.layout == "NCHW":
        reasons.append("the data are transposed to channels_last")
    return program(case, call, lines, transposed="", reasons=reasons, values=around(layout))
