"""TensorFlow in other ways than eagerly: graphs with static and with unknown shapes, XLA, and more threads."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.adapters.base import LEGALITY
from harness.adapters.crops import Expression
from harness.adapters.program import Program
from harness.adapters.tensorflow import ENVIRONMENT, TensorFlow
from harness.adapters.tensorflow.conv_transpose import convolution
from harness.adapters.tensorflow.text import TENSORFLOW
from harness.operations.conv_transpose.case import Case

THREADS = 4
PUBLISHED = (*LEGALITY, "published_study_notes")
"""With the notes on ``output_shape`` in graphs of known and of unknown sizes."""
_FUNCTION = ("def compute({tensors}):", "    {compute}", "    return y")


class _Mode(TensorFlow):
    variant = True
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    process = "tensorflow"


class TensorFlowGraph(_Mode):
    """``tf.function``, traced with the shapes at hand."""

    name = "tensorflow:graph"
    suites: ClassVar[tuple[str, ...]] = PUBLISHED
    weight = 3
    runtime = replace(TENSORFLOW, once=("@tf.function", *_FUNCTION))


class TensorFlowXla(_Mode):
    """``tf.function(jit_compile=True)``, whose own kernels dilate and read both layouts."""

    name = "tensorflow:xla"
    weight = 20
    runtime = replace(TENSORFLOW, once=("@tf.function(jit_compile=True)", *_FUNCTION))
    fast_dtypes = TensorFlow.dtypes


class TensorFlowDynamic(_Mode):
    """``tf.function`` that knows no size when it is traced: neither of the tensors nor of ``output_shape``."""

    name = "tensorflow:dynamic"
    suites: ClassVar[tuple[str, ...]] = PUBLISHED
    weight = 3
    runtime = replace(
        TENSORFLOW,
        once=(
            "unknown = [tf.TensorSpec([None] * len(one.shape), one.dtype) for one in (size, {arrays})]",
            "",
            "@tf.function(input_signature=unknown)",
            "def compute(size, {tensors}):",
            "    {compute}",
            "    return y",
        ),
        called="y = compute(size, {tensors})",
    )

    def convolution(self, expression: Expression, case: Case) -> Program:
        return convolution(expression, case, sized=True)


class TensorFlowThreads(TensorFlow):
    """Several threads, among which the sums are shared out otherwise."""

    name = f"tensorflow:{THREADS}-threads"
    variant = True
    suites: ClassVar[tuple[str, ...]] = ("modes",)
    environment = {
        **ENVIRONMENT,
        "OMP_NUM_THREADS": str(THREADS),
        "TF_NUM_INTRAOP_THREADS": str(THREADS),
    }
    process = "tensorflow:threads"
    weight = 4
