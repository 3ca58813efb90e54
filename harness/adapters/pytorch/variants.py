"""PyTorch in other ways than calling the module: the function, other memory, other kernels, compilers, meta tensors."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import ClassVar

from harness.adapters.base import LEGALITY, NotInstalledError
from harness.adapters.crops import Expression
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch import PyTorch
from harness.adapters.pytorch.conv_transpose import function_program
from harness.adapters.pytorch.text import TORCH
from harness.adapters.text import Framework
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry

THREADS = 4
FUNCTION = ("stride", "padding", "output_padding", "groups", "dilation")
"""The module's parameters that the function has too."""


class _Mode(PyTorch):
    variant = True
    suites: ClassVar[tuple[str, ...]] = ("modes",)
    process = "pytorch"
    weight = 1


class PyTorchOutputSize(_Mode):
    """The layer, given the size of its output instead of an output_padding."""

    name = "pytorch:output-size"

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        expression = super().express(case, geometry)
        if isinstance(expression, Inexpressible) or geometry is None or expression.call["forward"]:
            return expression
        module = expression.call["module"]
        if any(q >= s for q, s in zip(module["output_padding"], case.strides, strict=True)):
            return Inexpressible("output_size reaches no further than strides - 1 beyond the smallest output")
        p, q = module["padding"], module["output_padding"]
        size = lower_words("pytorch", geometry, Words(((p[0], p[0]), (p[1], p[1])), q)).output_size
        call = {"module": {**module, "output_padding": (0, 0)}, "forward": {"output_size": size}}
        return replace(expression, call=call)


class PyTorchChannelsLast(_Mode):
    """Input and kernel in the memory format ``channels_last``."""

    name = "pytorch:channels-last"
    runtime = replace(TORCH, memory="{}.contiguous(memory_format=torch.channels_last)")


class PyTorchNonContiguous(_Mode):
    """Input, kernel and bias as every second element of a larger tensor."""

    name = "pytorch:non-contiguous"
    runtime = replace(TORCH, memory="{}[..., None].repeat_interleave(2, -1)[..., 0]", all_memory=True)


class PyTorchPlain(_Mode):
    """Without oneDNN."""

    name = "pytorch:no-onednn"
    runtime = replace(TORCH, around=("with torch.backends.mkldnn.flags(enabled=False):", "    {body}"))


class PyTorchThreads(_Mode):
    """Several threads, among which the sums are shared out otherwise."""

    name = f"pytorch:{THREADS}-threads"
    runtime = replace(
        TORCH,
        around=(
            f"torch.set_num_threads({THREADS})",
            "try:",
            "    {body}",
            "finally:",
            "    torch.set_num_threads(1)",
        ),
    )


class PyTorchMeta(_Mode):
    """The layer on the device ``meta``, which gives a shape and computes nothing."""

    name = "pytorch:meta"
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    shape_only = True
    outputs = ("output",)
    runtime = replace(
        TORCH,
        memory='{}.to("meta")',
        all_memory=True,
        shape_only=True,
        array='str({}).removeprefix("torch.")',
        bfloat16=(TORCH.made("{}", "bfloat16"), 'str({}).removeprefix("torch.")'),
        gradient=(),
    )


class PyTorchFunctional(_Mode):
    """``torch.nn.functional.conv_transpose2d``, which has no ``output_size``."""

    name = "pytorch:functional"
    suites: ClassVar[tuple[str, ...]] = LEGALITY

    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        expression = super().express(case, geometry)
        if isinstance(expression, Inexpressible):
            return expression
        if expression.call["forward"]:
            return Inexpressible("conv_transpose2d has no output_size")
        return replace(expression, call={name: expression.call["module"][name] for name in FUNCTION})

    def convolution(self, expression: Expression, case: Case) -> Program:
        return function_program(expression, case)


class PyTorchExport(PyTorchFunctional):
    """``torch.export`` of the function, then the exported program."""

    name = "pytorch:export"
    weight = 10
    runtime = replace(
        TORCH,
        once=(
            "class Call(torch.nn.Module):",
            "    def forward(self, {tensors}):",
            "        {compute}",
            "        return y",
            "",
            "{make}",
            "exported = torch.export.export(Call(), ({tensors},)).module()",
        ),
        called="y = exported({tensors})",
    )


def _compiled(compiler: str) -> Framework:
    """Compiled anew each time, so that no limit on recompilations is met."""
    return replace(
        TORCH,
        once=(
            "torch.compiler.reset()",
            "",
            f"@torch.compile(backend={compiler!r}, dynamic=False)",
            "def compute({tensors}):",
            "    {compute}",
            "    return y",
        ),
    )


class PyTorchAot(PyTorchFunctional):
    """``torch.compile`` with the backend ``aot_eager``: its tracing and its derivatives, the usual kernels."""

    name = "pytorch:aot"
    weight = 20
    runtime = _compiled("aot_eager")


class PyTorchCompile(PyTorchFunctional):
    """``torch.compile`` as it is by default, with the compiler Inductor, which needs a C++ compiler on the CPU."""

    name = "pytorch:compile"
    process = "pytorch:compile"
    suites: ClassVar[tuple[str, ...]] = ("compiled",)
    expensive = True
    smoke = False
    weight = 30
    runtime = _compiled("inductor")

    def start(self) -> dict[str, str]:
        if not any(map(shutil.which, ("g++", "clang++", "c++"))):
            message = "Inductor finds no C++ compiler"
            raise NotInstalledError(message)
        return super().start()
