"""How TensorFlow states transposed convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.adapters.crops import Expressed, Expression, surrounded
from harness.adapters.program import Inexpressible, Program
from harness.core.case import Layout, Padding, Pads
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry, full_geometry

NCHW_BY_TRANSPOSE = (
    "TensorFlow's CPU kernels read NCHW only in float32 and without explicit padding: transposed to NHWC"
)


def stated(
    case: Case, geometry: Geometry | None, words: Expressed, held: Layout, seen: Layout
) -> Expression | Inexpressible:
    """``tf.nn.conv2d_transpose`` with ``words``; groups are split and concatenated."""
    # a grouped kernel that the case holds to be an error is handed over as it is
    splits = 1 if geometry is None else case.groups
    call = _parameters(case, geometry, words.words, seen, case.out_channels // splits)
    if isinstance(call, Inexpressible):
        return call
    if case.overrides is not None:
        call |= case.overrides.lists
    if case.overrides is not None and case.overrides.output_shape is not None:
        call["output_shape"] = list(case.overrides.output_shape)
    if case.overrides is not None and case.overrides.output_shape_dtype is not None:
        call["output_shape_dtype"] = case.overrides.output_shape_dtype  # which makes it a tensor, and is no parameter
    reasons = [
        "tf.nn.conv2d_transpose has no groups: split, one call each, concatenate" if splits > 1 else "",
        NCHW_BY_TRANSPOSE if seen != held else "",
    ]
    return words.expression(case, call, given=held, seen=seen, kernel_layout="HWOI", splits=splits, reasons=reasons)


def convolution(expression: Expression, case: Case, *, sized: bool = False) -> Program:
    """The program of ``expression``; ``sized`` states whether the output's shape is a tensor of its own, ``size``."""
    biased, axis, values = expression.bias == "native", expression.data_layout.index("C"), dict[str, Any]()
    call, dtype = dict(expression.call), expression.call.get("output_shape_dtype")
    if sized or dtype is not None:
        call = {name: value for name, value in call.items() if name not in {"output_shape", "output_shape_dtype"}}
        values["output_shape"] = expression.call["output_shape"]
    shape = f"tf.constant(output_shape, {dtype or 'int32'!r})" if "output_shape" in values else ""
    size = f", {'size' if sized else shape}" if shape else ""

    def called(x: str, w: str, b: str) -> list[str]:
        lines = [f"y = tf.nn.conv2d_transpose({x}, {w}{size}, **call)"]
        return [*lines, f'y = tf.nn.bias_add(y, {b}, data_format=call["data_format"])'] if biased else lines

    if expression.splits == 1:
        lines = called("x", "w", "b")
    else:
        values["groups"] = expression.splits
        split = f"tf.split(x, groups, {axis}), tf.split(w, groups, 3){', tf.split(b, groups)' if biased else ''}"
        names = f"part, taps{', biases' if biased else ''}"
        lines = [
            "parts = []",
            f"for {names} in zip({split}):",
            *(f"    {line}" for line in called("part", "taps", "biases")),
            "    parts.append(y)",
            f"y = tf.concat(parts, {axis})",
        ]

    tensors = ("input", "kernel", "bias") if biased else ("input", "kernel")
    build = (f"size = {shape}",) if sized else ()
    rest: dict[str, Any] = {"values": values, "tensors": tensors, "build": build, "call": call}
    return surrounded(expression, case, lines, "tf.pad(y, pads)", around_images(expression), **rest)


def around_images(expression: Expression) -> Callable[[Pads], list[tuple[int, int]]]:
    """The zeros before and after each axis of the output, of those around its rows and columns."""
    begin = expression.data_layout.index("H")
    return lambda zeros: [(0, 0)] * begin + [*zeros] + [(0, 0)] * (2 - begin)


def _parameters(
    case: Case, geometry: Geometry | None, words: Words, layout: Layout, out_channels: int
) -> dict[str, Any] | Inexpressible:
    size = words.output_size
    if size is None:
        try:
            full = full_geometry(case) if geometry is None else geometry
            size = lower_words("tensorflow", full, words).output_size
        except IllegalCaseError as error:
            return Inexpressible(f"tf.nn.conv2d_transpose needs an output_shape, and none follows: {error}")
    padding: Padding = "same" if words.padding is None else words.padding
    spatial = {"NHWC": slice(1, 3), "NCHW": slice(2, 4)}[layout]
    shape: list[int] = [case.batch, 0, 0, 0]
    shape[layout.index("C")] = out_channels
    shape[spatial] = size
    pads: Any = padding.upper() if isinstance(padding, str) else [(0, 0)] * 4
    if not isinstance(padding, str):
        pads[spatial] = padding
    return {
        "output_shape": shape,
        "strides": list(case.strides),
        "padding": pads,
        "data_format": layout,
        "dilations": list(case.dilations),
    }
