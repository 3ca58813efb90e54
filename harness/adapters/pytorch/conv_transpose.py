"""How PyTorch states transposed convolutions."""

from __future__ import annotations

from typing import Any

from harness.adapters.crops import Expressed, Expression, express, surrounded
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch.text import ONE_PADDING, PERMUTED
from harness.adapters.text import Framework
from harness.core.case import Pads
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import NO_PADS, Geometry

_CALLED = {"strides": "stride", "dilations": "dilation"}


def expressed(case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
    """``ConvTranspose2d`` where the crops are a padding and an output_padding; otherwise padding 0 and a slice."""
    if case.overrides is not None and case.overrides.shapes_output:
        return Inexpressible("ConvTranspose2d has no output_shape")
    if geometry is None or case.dialect == "pytorch":
        stated = Expressed(case.words)
    else:
        stated = express("pytorch", geometry, Words(NO_PADS))
    call = _parameters(case, stated.words)
    if isinstance(call, Inexpressible):
        return call
    held = case.layout or "NCHW"
    reasons = [PERMUTED] if held == "NHWC" else []
    return stated.expression(case, call, given=held, seen="NCHW", kernel_layout="IOHW", reasons=reasons)


def _parameters(case: Case, words: Words) -> dict[str, Any] | Inexpressible:
    padding = NO_PADS if words.padding is None else words.padding
    if not isinstance(padding, str) and any(before != after for before, after in padding):
        return Inexpressible(ONE_PADDING)
    module: dict[str, Any] = {
        "in_channels": case.in_channels,
        "out_channels": case.out_channels,
        "kernel_size": case.kernel_size,
        "stride": case.strides,
        "padding": padding if isinstance(padding, str) else tuple(before for before, _ in padding),
        "output_padding": words.output_padding or (0, 0),
        "dilation": case.dilations,
        "groups": case.groups,
    }
    forward: dict[str, Any] = {} if words.output_size is None else {"output_size": words.output_size}
    for name, given in ({} if case.overrides is None else case.overrides.lists).items():
        (forward if name == "output_size" else module)[_CALLED.get(name, name)] = given
    return {"module": module, "forward": forward}


def layer_program(expression: Expression, case: Case, runtime: Framework) -> Program:
    """``torch.nn.ConvTranspose2d``; its weights are renewed in place, as an optimizer does it."""
    names = {"kernel": "weight", "bias": "bias"} if expression.bias == "native" else {"kernel": "weight"}
    build = [f'layer = torch.nn.ConvTranspose2d(**call["module"], bias={"bias" in names}, device="meta")']
    load = []
    for name, weight in names.items():
        vector = name == "bias" or name in expression.given
        made = runtime.made(f"{name}.copy()", case.dtype, vector=vector)
        build.append(f"layer.{weight} = torch.nn.Parameter({made}, requires_grad=False)")
        load.append(f"layer.{weight}.copy_({runtime.made(name, case.dtype, vector=vector)})")
    sized = ', **call["forward"]' if expression.call["forward"] else ""
    called = f"y = layer({'x[0]' if expression.unbatched else 'x'}{sized})"
    weights = {name: f"layer.{weight}" for name, weight in names.items()}
    return _program(expression, case, called, ("input",), build=tuple(build), load=tuple(load), weights=weights)


def function_program(expression: Expression, case: Case) -> Program:
    """``torch.nn.functional.conv_transpose2d``."""
    tensors = ("input", "kernel", "bias") if expression.bias == "native" else ("input", "kernel")
    named = ", ".join(("x[0]" if expression.unbatched else "x", "w", *(["b"] if expression.bias == "native" else [])))
    return _program(expression, case, f"y = torch.nn.functional.conv_transpose2d({named}, **call)", tensors)


def _program(expression: Expression, case: Case, called: str, tensors: tuple[str, ...], **parts: Any) -> Program:
    lines = [called + "[None]" if expression.unbatched else called]
    return surrounded(expression, case, lines, "torch.nn.functional.pad(y, pads)", _sides, tensors=tensors, **parts)


def _sides(zeros: Pads) -> tuple[int, ...]:
    """The arguments of ``pad``: left, right, top, bottom."""
    return (*zeros[1], *zeros[0])
