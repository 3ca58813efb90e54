"""TensorFlow: ``tf.nn.conv2d_transpose`` on the CPU, with oneDNN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.adapters.base import ALL_OUTPUTS, LEGALITY, ONE_THREAD
from harness.adapters.crops import ConvTransposeAdapter, Expressed, Expression, express
from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.conv_transpose import convolution, stated
from harness.adapters.tensorflow.text import TENSORFLOW, explain
from harness.core.case import DTypeName
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import Geometry

ENVIRONMENT = {
    **ONE_THREAD,
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    # TensorFlow imports Keras, which would import the backend of the user's settings
    "KERAS_BACKEND": "tensorflow",
}
NO_DILATION = "TensorFlow's CPU kernels dilate only in float32, through oneDNN"

DEFAULTS = {"data_format": "NHWC", "dilations": 1}


class TensorFlow(ConvTransposeAdapter):
    """Groups are split and concatenated; what no padding expresses is VALID, then a slice or zeros."""

    name = "tensorflow"
    dialect = "tensorflow"
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float64", "float32", "float16", "bfloat16", "int32")
    refused_dtypes = dict.fromkeys(
        ("int64", "int8", "uint8", "complex64", "complex128"),
        "it is not in the list of allowed values: half, bfloat16, float, double, int32",
    )
    runtime = TENSORFLOW
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.tensorflow.avg_unpool2d:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.tensorflow.max_pool2d_with_indices:max_pool2d_with_indices",
        "max_unpool2d": "harness.adapters.tensorflow.max_unpool2d:max_unpool2d",
        "resize2d": "harness.adapters.tensorflow.resize2d:resize2d",
        "resize_conv2d": "harness.adapters.tensorflow.resize_conv2d:resize_conv2d",
    }
    fast_dtypes: ClassVar[tuple[DTypeName, ...]] = ("float32",)
    """Those in which the CPU's kernels dilate, and read NCHW with a named padding."""
    no_dilation: ClassVar[str] = NO_DILATION
    outputs = ALL_OUTPUTS
    reusable = True
    environment = ENVIRONMENT
    unstated = ("KERAS_BACKEND",)
    process = "tensorflow"
    packages: ClassVar[Mapping[str, str]] = {"tensorflow": "tensorflow"}
    weight = 5

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        given = case.layout or "NHWC"
        if geometry is None or case.dialect == self.dialect:
            return stated(case, geometry, Expressed(case.words), given, given)
        dilated = max(case.dilations) > 1
        if dilated and case.dtype not in self.fast_dtypes:
            return Inexpressible(self.no_dilation)
        words = express(
            self.dialect, geometry, Words("valid"), usable=lambda words: isinstance(words.padding, str) or not dilated
        )
        direct = case.dtype in self.fast_dtypes and isinstance(words.words.padding, str)
        return stated(case, geometry, words, given, given if direct else "NHWC")

    def convolution(self, expression: Expression, case: Case) -> Program:
        return convolution(expression, case)

    def explain(self, error: BaseException) -> str:
        return explain(error)


class TensorFlowPlain(TensorFlow):
    """Without oneDNN, whose kernels alone dilate and read NCHW on the CPU."""

    name = "tensorflow:no-onednn"
    variant = True
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    process = "tensorflow:no-onednn"
    environment = {**ENVIRONMENT, "TF_ENABLE_ONEDNN_OPTS": "0"}
    fast_dtypes = ()
    no_dilation = "without oneDNN, TensorFlow's CPU kernels do not dilate"
    weight = 4
