"""TensorFlow's programs, and those of Keras on TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.adapters.index_text import CUT, HWIO, IMAGE, NCHW, NHWC, OIHW, cut
from harness.adapters.program import Program

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.operations.avg_unpool2d.case import AvgUnpoolCase
    from harness.operations.image_case import ImageCase

TRANSPOSED = "TensorFlow reads NHWC: NCHW data are transposed"


def program(
    case: ImageCase,
    adapter: Adapter,
    call: dict[str, Any],
    lines: list[str],
    tensors: Mapping[str, str] = IMAGE,
    *,
    native: bool = False,
    reasons: tuple[str, ...] = (),
) -> Program:
    """``lines`` leave ``y`` from ``tensors``, each the name of an array; the gradients are those of a tape.

    Images are (N, H, W, C), or in the case's layout where it is ``native``.
    """
    images = ("", "") if native and case.layout == "NCHW" else (NHWC, NCHW)
    order = {"input": images, "kernel": (HWIO, OIHW), "bias": ("", "")}
    start = [f"{name} = tf.constant({_transposed(source, order[source][0])})" for name, source in tensors.items()]
    found = [
        f'"{source}_grad": {_transposed(f"found[{place}].numpy()", order[source][1])}'
        for place, source in enumerate(tensors.values())
    ]
    leaves = f"[{', '.join(tensors)}]"
    return Program(
        call=call,
        tensors=tuple(tensors.values()),
        outputs=("output",),
        imports=("import tensorflow as tf",),
        forward=(*start, *lines, f'return {{"output": {_transposed("y.numpy()", images[1])}}}'),
        gradient=(
            *start,
            "with tf.GradientTape() as tape:",
            f"    tape.watch({leaves})",
            *(f"    {line}" for line in lines),
            f"found = tape.gradient(y, {leaves}, tf.constant({_transposed('cotangent', images[0])}))",
            f"return {{{', '.join(found)}}}",
        ),
        reasons=(TRANSPOSED, *reasons) if case.layout == "NCHW" and not native else reasons,
        versions=("tf.__version__",),
        environment=adapter.settings,
    )


def with_keras(program: Program) -> Program:
    """``program``, which calls Keras on TensorFlow."""
    return replace(program, imports=("import keras", *program.imports), versions=("keras.__version__",))


def _transposed(name: str, order: str) -> str:
    return f"{name}.transpose{order}" if order else name


def avg_unpool2d(case: AvgUnpoolCase, adapter: Adapter) -> Program:
    """Repeated along both axes; a cut window is sliced."""
    rows, columns = case.pool_size
    lines = [f"y = tf.repeat(tf.repeat(x, {rows}, axis=1), {columns}, axis=2)", *cut(case, "NHWC")]
    return program(case, adapter, {"repeats": case.pool_size}, lines, reasons=CUT if case.output_size else ())


def keras_avg_unpool2d(case: AvgUnpoolCase, adapter: Adapter) -> Program:
    """``UpSampling2D``; a cut window is sliced."""
    data_format = "channels_first" if case.layout == "NCHW" else "channels_last"
    call = {"size": case.pool_size, "interpolation": "nearest", "data_format": data_format}
    said = f"{case.pool_size}, data_format={data_format!r}, dtype={case.dtype!r}"
    lines = [f"y = keras.layers.UpSampling2D({said})(x)", *cut(case, case.layout or "NHWC")]
    return with_keras(program(case, adapter, call, lines, native=True, reasons=CUT if case.output_size else ()))
