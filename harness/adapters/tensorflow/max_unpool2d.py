"""TensorFlow, which has no max unpooling: ``tf.scatter_nd``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Program
from harness.adapters.tensorflow.text import program
from harness.operations.index_spaces import NAMES, dividing
from harness.operations.max_unpool2d.case import MaxUnpoolCase

SCATTERED = (
    "TensorFlow has no max unpooling: scatter_nd adds the values to zeros, at (image, row, column, channel), which are"
    " divided out of the indices"
)


def max_unpool2d(case: MaxUnpoolCase) -> Program:
    """As a porter writes it: coordinates out of the indices, then ``scatter_nd``."""
    height, width = case.size
    shape = [case.batch, height, width, case.channels]
    before = dividing(case.space, "NHWC", case.input_shape[:2])
    names = ", ".join(NAMES[letter] for letter in "NHWC")
    before.append(f"indices = np.stack(np.broadcast_arrays({names}), axis=-1).transpose(0, 2, 3, 1, 4)")
    lines = ["y = tf.scatter_nd(tf.constant(indices), x, **call)"]
    rest: dict[str, Any] = {"arrays": ("indices",), "before": tuple(before)}
    return program(case, {"shape": shape}, lines, transposed="", reasons=(SCATTERED,), **rest)
