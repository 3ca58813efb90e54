"""TensorFlow: ``tf.image.resize``."""

from __future__ import annotations

from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.text import program
from harness.operations.resize2d.case import ResizeCase

FLOAT32 = "tf.image.resize returns float32 for bilinear, whatever it is given"


def resize2d(case: ResizeCase) -> Program | Inexpressible:
    """``tf.image.resize``."""
    return limit(case) or program(case, call_of(case), ["y = tf.image.resize(x, **call)"])


def unstated(case: ResizeCase, name: str) -> str:
    """Why half pixels do not state the case for the framework called ``name``, or nothing."""
    if case.expect.error:
        return "" if case.scale is None and case.output_size is not None else f"{name} takes a size, and no scale"
    return "" if case.is_same_in("half_pixel", by_size=True) else f"{name} resizes with half pixels only"


def limit(case: ResizeCase) -> Inexpressible | None:
    """Why ``tf.image.resize`` does not give the case, or None."""
    reason = unstated(case, "tf.image.resize")
    if not reason and case.method == "bilinear" and case.dtype != "float32":
        reason = FLOAT32
    return Inexpressible(reason) if reason else None


def call_of(case: ResizeCase) -> dict[str, Any]:
    """The parameters of ``tf.image.resize``."""
    return {"size": case.size, "method": case.method}
