"""Keras: ``keras.layers.UpSampling2D`` or ``keras.ops.image.resize``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.resize2d import unstated
from harness.adapters.tensorflow.text import program
from harness.operations.resize2d.case import ResizeCase


def resize2d(case: ResizeCase) -> Program | Inexpressible:
    """``UpSampling2D`` by whole factors, else ``keras.ops.image.resize``."""
    if reason := unstated(case, "Keras"):
        return Inexpressible(reason)
    call, line = resized(case, "**call")
    return program(case, call, [f"y = {line}"], native=True)


def resized(case: ResizeCase, words: str) -> tuple[dict[str, Any], str]:
    """The parameters and the expression, which reads them as ``words``; a layer needs whole factors."""
    factors = tuple(o // n for n, o in zip(case.input_size, case.size, strict=True))
    whole = all(n * k == o for n, k, o in zip(case.input_size, factors, case.size, strict=True))
    call: dict[str, Any] = {"size": case.size, "interpolation": case.method, "data_format": data_format_of(case)}
    if whole and min(factors) >= 1:
        return call | {"size": factors}, f"keras.layers.UpSampling2D({words}, dtype={case.dtype!r})(x)"
    return call, f"keras.ops.image.resize(x, {words})"


def data_format_of(case: ResizeCase) -> str:
    """As Keras names the case's layout."""
    return "channels_first" if case.layout == "NCHW" else "channels_last"
