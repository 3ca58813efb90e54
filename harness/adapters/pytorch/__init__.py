"""PyTorch: ``torch.nn.ConvTranspose2d`` on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.crops import ConvTransposeAdapter, Expression
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.conv_transpose import expressed, layer_program
from harness.adapters.pytorch.text import TORCH, start_torch
from harness.core.case import DTypeName
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry

REFUSED = "\"slow_conv_transpose2d_out_cpu\" not implemented for '{}'"
DEFAULTS = {"bias": True, "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}


class PyTorch(ConvTransposeAdapter):
    """Native where the crops are a padding and an output_padding; otherwise padding 0, then a slice or zeros."""

    name = "pytorch"
    dialect = "pytorch"
    dtypes: ClassVar[tuple[DTypeName, ...]] = (
        *("float64", "float32", "float16", "bfloat16"),
        *("int64", "complex64", "complex128"),
    )
    refused_dtypes = {
        "int32": REFUSED.format("Int"),
        "int8": REFUSED.format("Char"),
        "uint8": REFUSED.format("Byte"),
    }
    runtime = TORCH
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.pytorch.avg_unpool2d:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.pytorch.max_pool2d_with_indices:max_pool2d_with_indices",
        "max_unpool2d": "harness.adapters.pytorch.max_unpool2d:max_unpool2d",
        "resize2d": "harness.adapters.pytorch.resize2d:resize2d",
        "resize_conv2d": "harness.adapters.pytorch.resize_conv2d:resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    process = "pytorch"
    packages: ClassVar[Mapping[str, str]] = {"torch": "torch"}
    weight = 3

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        return expressed(case, geometry)

    def convolution(self, expression: Expression, case: Case) -> Program:
        return layer_program(expression, case, self.runtime)

    def start(self) -> dict[str, str]:
        return start_torch(super().start())
