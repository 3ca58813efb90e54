"""Keras: ``keras.layers.UpSampling2D`` or ``keras.ops.image.resize``, then ``keras.ops.conv``."""

from __future__ import annotations

from dataclasses import replace

from harness.adapters.keras.resize2d import data_format_of, resized
from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.resize2d import unstated
from harness.adapters.tensorflow.text import program
from harness.operations.resize_conv2d.case import ResizeConvCase

NO_FLOAT64 = "TensorFlow's CPU convolution reads no NCHW in float64: transposed to NHWC"


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``UpSampling2D`` or ``keras.ops.image.resize``, then ``keras.ops.conv``."""
    if reason := unstated(case, "Keras"):
        return Inexpressible(reason)
    if case.padding_mode == "circular":
        return Inexpressible("keras.ops.conv pads with zeros alone")
    turned = case.layout == "NCHW" and case.dtype == "float64"
    laid_out = replace(case, layout="NHWC") if turned else case
    resize, line = resized(laid_out, '**call["resize"]')
    call = {"resize": resize, "conv": {"strides": 1, "padding": "same", "data_format": data_format_of(laid_out)}}
    lines = [f"resized = {line}", 'y = keras.ops.conv(resized, w, **call["conv"])']
    if case.bias:
        shape = (1, -1, 1, 1) if laid_out.layout == "NCHW" else (1, 1, 1, -1)
        lines.append(f"y = y + keras.ops.reshape(b, {shape})")
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    reasons = (NO_FLOAT64,) if turned else ()
    return program(laid_out, call, lines, tensors, native=True, reasons=reasons)
