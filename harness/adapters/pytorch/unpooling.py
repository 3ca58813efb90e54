"""PyTorch's programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.index_text import CUT, IMAGE, cut
from harness.adapters.program import Program
from harness.adapters.pytorch import as_array, made_of

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.operations.avg_unpool2d.case import AvgUnpoolCase
    from harness.operations.image_case import ImageCase

PERMUTED = "PyTorch reads NCHW: NHWC data are permuted, which leaves a channels_last view"
CHANNELS_LAST = "x.contiguous(memory_format=torch.channels_last)"


def program(
    case: ImageCase,
    adapter: Adapter,
    call: dict[str, Any],
    lines: list[str],
    tensors: Mapping[str, str] = IMAGE,
    *,
    reasons: tuple[str, ...] = (),
) -> Program:
    """``lines`` leave ``y`` from ``tensors``, each the name of an array; the gradients are autograd's."""
    start = [f"{name} = {made_of(source, case.dtype)}" for name, source in tensors.items()]
    last = [f"x = {CHANNELS_LAST}"] if case.layout == "NHWC" else []
    found = [f'"{source}_grad": {array(f"found[{place}]", case)}' for place, source in enumerate(tensors.values())]
    return Program(
        call=call,
        tensors=tuple(tensors.values()),
        outputs=("output",),
        imports=("import torch",),
        forward=(*start, *last, *lines, f'return {{"output": {array("y", case)}}}'),
        gradient=(
            *(f"{line}.requires_grad_()" for line in start),
            f"leaves = [{', '.join(tensors)}]",
            "with torch.enable_grad():",
            *(f"    {line}" for line in last + lines),
            f"found = torch.autograd.grad(y, leaves, {made_of('cotangent', case.dtype)})",
            f"return {{{', '.join(found)}}}",
        ),
        reasons=(PERMUTED, *reasons) if case.layout == "NHWC" else reasons,
        versions=("torch.__version__",),
        environment=adapter.settings,
    )


def array(name: str, case: ImageCase) -> str:
    """The tensor called ``name`` as an array, as Python text."""
    return f"{name}.detach(){as_array(case.dtype)}"


def avg_unpool2d(case: AvgUnpoolCase, adapter: Adapter) -> Program:
    """Nearest upsampling by whole factors; a cut window is sliced."""
    call = {"scale_factor": tuple(float(k) for k in case.pool_size), "mode": "nearest"}
    lines = [f"y = torch.nn.functional.interpolate(x, scale_factor={call['scale_factor']}, mode='nearest')"]
    return program(case, adapter, call, lines + cut(case, "NCHW"), reasons=CUT if case.output_size else ())
