"""TensorFlow: ``tf.repeat`` in place of an average unpooling."""

from __future__ import annotations

from harness.adapters.index_text import CUT, cut, cuts
from harness.adapters.program import Program
from harness.adapters.tensorflow.text import program
from harness.operations.avg_unpool2d.case import AvgUnpoolCase


def avg_unpool2d(case: AvgUnpoolCase) -> Program:
    """Repeated along both axes; a cut window is sliced."""
    lines = ['y = tf.repeat(tf.repeat(x, call["repeats"][0], axis=1), call["repeats"][1], axis=2)', *cut(case, "NHWC")]
    return program(case, {"repeats": case.pool_size}, lines, reasons=CUT if case.output_size else (), values=cuts(case))
