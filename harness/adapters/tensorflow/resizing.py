"""TensorFlow's programs for resizing, and those of Keras on TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.adapters.index_text import IMAGE
from harness.adapters.plan import Inexpressible
from harness.adapters.program import Program
from harness.adapters.tensorflow.unpooling import program, with_keras

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.operations.resize2d.case import ResizeCase
    from harness.operations.resize_conv2d.case import ResizeConvCase

FLOAT32 = "tf.image.resize returns float32 for bilinear, whatever it is given"
NO_FLOAT64 = "TensorFlow's CPU convolution reads no NCHW in float64: transposed to NHWC"


def resize2d(case: ResizeCase, adapter: Adapter) -> Program | Inexpressible:
    """``tf.image.resize``."""
    return _limit(case) or program(case, adapter, _call(case), [f"y = {_resize(case)}"])


def resize_conv2d(case: ResizeConvCase, adapter: Adapter) -> Program | Inexpressible:
    """``tf.image.resize``, then ``tf.nn.conv2d``."""
    lines = [f"y = tf.nn.conv2d({_resize(case)}, w, strides=1, padding='SAME')"]
    if case.bias:
        lines.append("y = tf.nn.bias_add(y, b)")
    return _limit(case) or program(case, adapter, _call(case) | {"padding": "SAME"}, lines, _tensors(case))


def keras_resize2d(case: ResizeCase, adapter: Adapter) -> Program | Inexpressible:
    """``UpSampling2D`` by whole factors, else ``keras.ops.image.resize``."""
    if reason := _unsaid(case, "Keras"):
        return Inexpressible(reason)
    call, line = _keras_resize(case)
    return with_keras(program(case, adapter, call, [f"y = {line}"], native=True))


def keras_resize_conv2d(case: ResizeConvCase, adapter: Adapter) -> Program | Inexpressible:
    """``UpSampling2D`` or ``keras.ops.image.resize``, then ``keras.ops.conv``."""
    if reason := _unsaid(case, "Keras"):
        return Inexpressible(reason)
    turned = case.layout == "NCHW" and case.dtype == "float64"
    said = replace(case, layout="NHWC") if turned else case
    call, line = _keras_resize(said)
    lines = [f"y = keras.ops.conv({line}, w, strides=1, padding='same', data_format='{_data_format(said)}')"]
    if case.bias:
        shape = (1, -1, 1, 1) if said.layout == "NCHW" else (1, 1, 1, -1)
        lines.append(f"y = y + keras.ops.reshape(b, {shape})")
    reasons = (NO_FLOAT64,) if turned else ()
    written = program(said, adapter, call | {"padding": "same"}, lines, _tensors(case), native=True, reasons=reasons)
    return with_keras(written)


def _tensors(case: ResizeConvCase) -> dict[str, str]:
    return {**IMAGE, "w": "kernel"} | ({"b": "bias"} if case.bias else {})


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


def _resize(case: ResizeCase) -> str:
    return f"tf.image.resize(x, {case.size}, method={case.method!r})"


def _keras_resize(case: ResizeCase) -> tuple[dict[str, Any], str]:
    """The parameters and the expression; a layer would ask for whole factors."""
    factors = tuple(o // n for n, o in zip(case.input_size, case.size, strict=True))
    whole = all(n * k == o for n, k, o in zip(case.input_size, factors, case.size, strict=True))
    words: dict[str, Any] = {"interpolation": case.method, "data_format": _data_format(case)}
    said = ", ".join(f"{name}={value!r}" for name, value in words.items())
    if whole and min(factors) >= 1:
        return {"size": factors} | words, f"keras.layers.UpSampling2D({factors}, {said}, dtype={case.dtype!r})(x)"
    return {"size": case.size} | words, f"keras.ops.image.resize(x, {case.size}, {said})"


def _data_format(case: ResizeCase) -> str:
    return "channels_first" if case.layout == "NCHW" else "channels_last"
