"""How TensorFlow runs a program, and what its errors state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.program import Program
from harness.adapters.text import Framework
from harness.operations.image_case import ImageCase

TAPE = (
    "with tf.GradientTape() as tape:",
    "    tape.watch(leaves)",
    "    {compute}",
    "found = tape.gradient(y, leaves, {cotangent})",
)
TENSORFLOW = Framework(
    imports=("import tensorflow as tf",),
    versions=("tf.__version__",),
    tensor="tf.constant({})",
    array="{}.numpy()",
    gradient=TAPE,
)
TRANSPOSED = "TensorFlow reads NHWC: NCHW data are transposed"
CHANNELS_LAST: Mapping[str, tuple[str, str, str]] = {
    "input": ("NCHW", "NCHW", "NHWC"),
    "output": ("NCHW", "NCHW", "NHWC"),
    "kernel": ("OIHW", "OIHW", "HWIO"),
}
"""Images and the kernel of a convolution, of which TensorFlow reads no other."""
GRAPH_ERROR = "Graph execution error:"
_USER_CODE = "in user code:"
_TRACE = ("Detected at node", 'File "', "<stack traces unavailable>")


def program(
    case: ImageCase,
    call: Mapping[str, Any],
    compute: list[str],
    tensors: tuple[str, ...] = ("input",),
    *,
    native: bool = False,
    transposed: str = TRANSPOSED,
    reasons: Sequence[str] = (),
    **parts: Any,
) -> Program:
    """``compute`` on images (N, H, W, C), or in the case's layout where it is ``native``; the kernel is HWIO.

    ``transposed`` is the first of the ``reasons`` where NCHW data are.
    """
    turned = case.layout == "NCHW"
    layouts = {"kernel": CHANNELS_LAST["kernel"]} if native and turned else CHANNELS_LAST
    all_reasons = tuple(filter(None, [transposed if turned and not native else "", *reasons]))
    return Program(call, tensors, tuple(compute), layouts=layouts, dtype=case.dtype, reasons=all_reasons, **parts)


def explain(error: BaseException) -> str:
    """The message of a TensorFlow error alone, without ``{{function_node …}}`` marks and the calls of a graph."""
    # protocol buffers print a mark that changes from run to run
    message = re.sub(r"\s*goo\.gle/debug\w+", "", str(error))
    while (start := message.find("{{")) >= 0 and (end := message.find("}}", start)) >= 0:
        message = message[:start] + message[end + 2 :]
    if message.startswith(_USER_CODE):
        return message.strip().splitlines()[-1].strip()
    if not message.startswith(GRAPH_ERROR):
        return message.strip()
    lines = [line.strip() for line in message.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith((GRAPH_ERROR, *_TRACE)))
