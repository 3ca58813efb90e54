"""How PyTorch runs a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.program import Program
from harness.adapters.text import Framework
from harness.operations.image_case import ImageCase

AUTOGRAD = (
    "for leaf in leaves:",
    "    leaf.requires_grad_()",
    "with torch.enable_grad():",
    "    {compute}",
    "found = torch.autograd.grad(y, leaves, {cotangent})",
)
TORCH = Framework(
    imports=("import torch",),
    versions=("torch.__version__",),
    setup=("torch.set_num_threads(1)", "torch.set_grad_enabled(False)"),
    tensor="torch.from_numpy({})",
    array="{}.numpy()",
    # PyTorch reads no bfloat16 from NumPy, but its bits
    bfloat16=(
        "torch.from_numpy({}.view(np.int16)).view(torch.bfloat16)",
        "{}.view(torch.int16).numpy().view(ml_dtypes.bfloat16)",
    ),
    gradient=AUTOGRAD,
)
PERMUTED = "PyTorch reads NCHW: NHWC data are permuted, which leaves a channels_last view"
ONE_PADDING = "PyTorch has one padding for both sides of an axis"


def start_torch(versions: dict[str, str]) -> dict[str, str]:
    """Make the ``setup`` of ``TORCH`` in this process; ``versions`` as they are."""
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    return versions


def program(
    case: ImageCase,
    call: Mapping[str, Any],
    compute: list[str],
    tensors: tuple[str, ...] = ("input",),
    *,
    reasons: tuple[str, ...] = (),
    **parts: Any,
) -> Program:
    """``compute`` on images that are seen in NCHW, with ``parts`` of a Program."""
    turned = case.layout == "NHWC"
    return Program(
        call,
        tensors,
        tuple(compute),
        layouts={"input": ("NCHW", "NHWC", "NCHW")} if turned else {},
        dtype=case.dtype,
        reasons=(PERMUTED, *reasons) if turned else reasons,
        **parts,
    )
