"""A published hand-written transposed convolution, itself an implementation to check.

Described in "TensorFlow下反卷积(Deconvolution)的实现": insert zeros so that input row j becomes row 2j + 1 of a
(2h + 1) x (2w + 1) map, correlate with a 3 x 3 kernel at stride 1 inside one ring of zeros, drop the last row and
column. The kernel is held rotated by 180 degrees.
"""

from __future__ import annotations

import inspect
from functools import cache

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.program import Inexpressible, Program
from harness.adapters.text import Framework
from harness.core.case import AnyCase
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import geometry_of, lift


class PublishedNumpy(Adapter):
    """Restricted to what it was written for: 3 x 3 kernel, stride 2, SAME, no groups, no bias, no dilation."""

    name = "published-numpy"
    dialect = "tensorflow"
    dtypes = ("float64", "float32", "float16")
    framework = False
    runtime = Framework(versions=("np.__version__",), array="{}")

    def program(self, case: AnyCase) -> Program | Inexpressible:
        if not isinstance(case, Case):
            return super().program(case)
        geometry = geometry_of(case)
        if geometry is None:
            return Inexpressible("the published code checks nothing, so it has no error to show")
        fixed = (case.kernel_size, case.strides, case.dilations, case.groups) == ((3, 3), (2, 2), (1, 1), 1)
        doubled = tuple(2 * size for size in case.input_size)
        if not fixed or Words("same", output_size=doubled) not in lift("tensorflow", geometry):
            return Inexpressible("the published code knows 3x3 kernels at stride 2 with SAME padding only")
        if case.bias or case.layout == "NHWC":
            return Inexpressible("the published code has no bias and reads (channels, height, width)")
        return Program(
            {},
            ("input", "kernel"),
            (
                "# it takes the kernel as (out, in, h, w), rotated",
                "held = np.ascontiguousarray(w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])",
                "y = np.stack([transpose(image, held) for image in x])",
            ),
            imports=_sources(),
        )

    def start(self) -> dict[str, str]:
        return {"numpy": np.__version__}


@cache
def _sources() -> tuple[str, ...]:
    """The published functions as text."""
    return tuple(
        f"\n\n{inspect.getsource(one).rstrip()}".replace("Array", "np.ndarray") for one in (correlate, transpose)
    )


def transpose(image: Array, weights: Array) -> Array:
    """(C_in, h, w) and (C_out, C_in, 3, 3) to (C_out, 2h, 2w)."""
    channels, height, width = image.shape
    spread = np.zeros((channels, 2 * height + 1, 2 * width + 1), image.dtype)
    spread[:, 1::2, 1::2] = image
    return np.stack([correlate(spread, kernel) for kernel in weights])[:, :-1, :-1]


def correlate(maps: Array, kernel: Array) -> Array:
    """(C, h, w) with (C, 3, 3), one ring of zeros, stride 1: (h, w)."""
    _, height, width = maps.shape
    ringed = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    total = np.zeros((height, width), maps.dtype)
    for row in range(height):
        for column in range(width):
            total[row, column] = np.sum(ringed[:, row : row + 3, column : column + 3] * kernel)
    return total
