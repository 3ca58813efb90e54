"""TensorFlow: ``tf.image.resize``, then ``tf.nn.conv2d``."""

from __future__ import annotations

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.resize2d import call_of, limit
from harness.adapters.tensorflow.text import program
from harness.operations.resize_conv2d.case import ResizeConvCase


def resize_conv2d(case: ResizeConvCase) -> Program | Inexpressible:
    """``tf.image.resize``, then ``tf.nn.conv2d``."""
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    call = {"resize": call_of(case), "conv2d": {"strides": 1, "padding": "SAME"}}
    lines = [
        'resized = tf.image.resize(x, **call["resize"])',
        'y = tf.nn.conv2d(resized, w, **call["conv2d"])',
    ]
    if case.bias:
        lines.append("y = tf.nn.bias_add(y, b)")
    if case.padding_mode == "circular":
        return Inexpressible("tf.nn.conv2d pads with zeros alone")
    return limit(case) or program(case, call, lines, tensors)
