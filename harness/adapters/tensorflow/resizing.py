"""TensorFlow's programs for resizing, and those of Keras on TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.text import program

if TYPE_CHECKING:
    from harness.operations.resize2d.case import ResizeCase
    from harness.operations.resize_conv2d.case import ResizeConvCase

FLOAT32 = "tf.image.resize returns float32 for bilinear, whatever it is given"
NO_FLOAT64 = "TensorFlow's CPU convolution reads no NCHW in float64: transposed to NHWC"


def resize2d(case: ResizeCase) -> Program | Inexpressible:
    """``tf.image.resize``."""
    return _limit(case) or program(case, _call(case), ["y = tf.image.resize(x, **call)"])


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``tf.image.resize``, then ``tf.nn.conv2d``."""
    call = {"resize": _call(case), "conv2d": {"strides": 1, "padding": "SAME"}}
    lines = [
        'resized = tf.image.resize(x, **call["resize"])',
        'y = tf.nn.conv2d(resized, w, **call["conv2d"])',
    ]
    if case.bias:
        lines.append("y = tf.nn.bias_add(y, b)")
    return _limit(case) or program(case, call, lines, _tensors(case))


def keras_resize2d(case: ResizeCase) -> Program | Inexpressible:
    """``UpSampling2D`` by whole factors, else ``keras.ops.image.resize``."""
    if reason := _unsaid(case, "Keras"):
        return Inexpressible(reason)
    call, line = _keras_resize(case, "**call")
    return program(case, call, [f"y = {line}"], native=True)


def keras_resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``UpSampling2D`` or ``keras.ops.image.resize``, then ``keras.ops.conv``."""
    if reason := _unsaid(case, "Keras"):
        return Inexpressible(reason)
    turned = case.layout == "NCHW" and case.dtype == "float64"
    said = replace(case, layout="NHWC") if turned else case
    resize, line = _keras_resize(said, '**call["resize"]')
    call = {"resize": resize, "conv": {"strides": 1, "padding": "same", "data_format": _data_format(said)}}
    lines = [f"resized = {line}", 'y = keras.ops.conv(resized, w, **call["conv"])']
    if case.bias:
        shape = (1, -1, 1, 1) if said.layout == "NCHW" else (1, 1, 1, -1)
        lines.append(f"y = y + keras.ops.reshape(b, {shape})")
    reasons = (NO_FLOAT64,) if turned else ()
    return program(said, call, lines, _tensors(case), native=True, reasons=reasons)


def _tensors(case: ResizeConvCase) -> tuple[str, ...]:
    return ("input", "kernel", "bias") if case.bias else ("input", "kernel")


def _unsaid(case: ResizeCase, name: str) -> str:
    """Why no half pixels say the case, or nothing."""
    if case.expect.error:
        return "" if case.scale is None and case.output_size is not None else f"{name} takes a size, and no scale"
    return "" if case.is_said_as("half_pixel", by_size=True) else f"{name} resizes with half pixels only"


def _limit(case: ResizeCase) -> Inexpressible | None:
    reason = _unsaid(case, "tf.image.resize")
    if not reason and case.method == "bilinear" and case.dtype != "float32":
        reason = FLOAT32
    return Inexpressible(reason) if reason else None


def _call(case: ResizeCase) -> dict[str, Any]:
    return {"size": case.size, "method": case.method}


def _keras_resize(case: ResizeCase, words: str) -> tuple[dict[str, Any], str]:
    """The parameters and the expression, which reads them as ``words``; a layer would ask for whole factors."""
    factors = tuple(o // n for n, o in zip(case.input_size, case.size, strict=True))
    whole = all(n * k == o for n, k, o in zip(case.input_size, factors, case.size, strict=True))
    call: dict[str, Any] = {"size": case.size, "interpolation": case.method, "data_format": _data_format(case)}
    if whole and min(factors) >= 1:
        return call | {"size": factors}, f"keras.layers.UpSampling2D({words}, dtype={case.dtype!r})(x)"
    return call, f"keras.ops.image.resize(x, {words})"


def _data_format(case: ResizeCase) -> str:
    return "channels_first" if case.layout == "NCHW" else "channels_last"
