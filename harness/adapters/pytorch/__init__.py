"""PyTorch: ``torch.nn.ConvTranspose2d`` on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from harness.adapters.base import ALL_OUTPUTS, Adapter, Expressed, express
from harness.adapters.plan import Gradients, Inexpressible, Plan
from harness.adapters.python_text import Source, write_call
from harness.core.case import GRADIENTS, DTypeName
from harness.core.dtypes import DTYPES
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import NO_PADS, Geometry

if TYPE_CHECKING:
    from types import ModuleType

REFUSED = "\"slow_conv_transpose2d_out_cpu\" not implemented for '{}'"
DEFAULTS = {"bias": True, "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a layer, each of which is renewed in place, as an optimizer does it, if its array has changed."""

    tensor: Callable[[Array], Any]
    arrays: Sequence[Array]
    tensors: Sequence[Any]

    def renew(self) -> None:
        """Make the weights what their arrays hold now."""
        for tensor, array in zip(self.tensors, self.arrays, strict=True):
            tensor.detach().copy_(self.tensor(array))


class PyTorch(Adapter):
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
    programs: ClassVar[Mapping[str, str]] = {
        "avg_unpool2d": "harness.adapters.pytorch.unpooling:avg_unpool2d",
        "max_pool2d_with_indices": "harness.adapters.pytorch.pooling:max_pool2d_with_indices",
        "max_unpool2d": "harness.adapters.pytorch.pooling:max_unpool2d",
        "resize2d": "harness.adapters.pytorch.resizing:resize2d",
        "resize_conv2d": "harness.adapters.pytorch.resizing:resize_conv2d",
    }
    outputs = ALL_OUTPUTS
    reusable = True
    layouts = ("NCHW",)
    process = "pytorch"
    packages: ClassVar[Mapping[str, str]] = {"torch": "torch"}
    weight = 3

    torch: ModuleType

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        if case.overrides is not None and case.overrides.shapes_output:
            return Inexpressible("ConvTranspose2d has no output_shape")
        if geometry is None or case.dialect == self.dialect:
            said = Expressed(case.words)
        else:
            said = express(self.dialect, geometry, Words(NO_PADS))
        call = _parameters(case, said.words)
        if isinstance(call, Inexpressible):
            return call
        given = case.layout or "NCHW"
        permuted = "PyTorch reads NCHW: NHWC data are permuted, which leaves a channels_last view"
        reasons = [permuted] if given == "NHWC" else []
        return said.plan(case, call, given=given, seen="NCHW", kernel_layout="IOHW", reasons=reasons)

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        self.torch = torch
        return {"torch": str(torch.__version__)}

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Any]:
        """A layer with the given weights; ``x`` (N, C, H, W), ``w`` (C_in, C_out/G, kH, kW), ``b`` (C_out)."""
        weights = self.weights([w] if b is None else [w, b])
        forward = self.build(call, weights.tensors[0], None if b is None else weights.tensors[1])

        def run() -> Any:
            weights.renew()
            return self.array(forward(self.tensor(x)))

        return run

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """By autograd, through the same call."""
        torch = self.torch
        weights = self.weights([w] if b is None else [w, b])
        weight, *bias = (tensor.requires_grad_() for tensor in weights.tensors)
        with torch.enable_grad():
            forward = self.build(call, weight, bias[0] if bias else None)

        def run() -> Gradients:
            weights.renew()
            data = self.tensor(x).requires_grad_()
            with torch.enable_grad():
                y = forward(data)
                found = torch.autograd.grad(y, [data, weight, *bias], self.tensor(g))
            return {name: self.array(one) for name, one in zip(GRADIENTS, found, strict=False)}

        return run

    def weights(self, arrays: Sequence[Array]) -> Weights:
        """Tensors of ``arrays`` in memory of their own."""
        return Weights(self.tensor, arrays, [self.tensor(array.copy()) for array in arrays])

    def build(self, call: Mapping[str, Any], weight: Any, bias: Any) -> Callable[[Any], Any]:
        """The call as a function of its input tensor."""
        torch = self.torch
        layer = torch.nn.ConvTranspose2d(**call["module"], bias=bias is not None, device="meta")
        # as plain tensors, lest a Parameter hide who is asked for a gradient
        del layer.weight
        layer.weight = weight
        if bias is not None:
            del layer.bias
            layer.bias = bias
        return partial(layer, **call["forward"])

    def tensor(self, array: Array) -> Any:
        """``array`` as a tensor on the same memory."""
        return tensor_of(self.torch, array)

    def array(self, tensor: Any) -> Array:
        """``tensor`` as an array."""
        return array_of(self.torch, tensor)

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        lines = write_call("layer = torch.nn.ConvTranspose2d", [], {**call["module"], "bias": bias}, DEFAULTS)
        fixed = "" if DTYPES[dtype].differentiable else ", requires_grad=False"
        weights = (("weight", "kernel"), ("bias", "bias"))[: 2 if bias else 1]
        for weight, name in weights:
            lines.append(f"layer.{weight} = torch.nn.Parameter({made_of(name, dtype)}{fixed})")
        forward = [f"{name}={value!r}" for name, value in call["forward"].items()]  # a pair stays one
        called = write_call("y = layer", [made_of("data", dtype), *forward], {})
        leaf = [f"data = {made_of('data', dtype)}.requires_grad_()", *write_call("y = layer", ["data", *forward], {})]
        back = by_autograd(["data", *(f"layer.{weight}" for weight, _ in weights)], dtype)
        return Source(
            ("import torch",),
            (*lines, *called, f"return y.detach(){as_array(dtype)}"),
            {},
            ("torch.__version__",),
            gradient=(*lines, *leaf, *back),
        )


def made_of(name: str, dtype: DTypeName) -> str:
    """``tensor_of`` the array called ``name``, as Python text."""
    if dtype == "bfloat16":
        return f"torch.from_numpy({name}.view(np.int16)).view(torch.bfloat16)"
    return f"torch.from_numpy({name})"


def by_autograd(tensors: Sequence[str], dtype: DTypeName) -> list[str]:
    """The gradients of ``y`` by ``tensors``, as Python text."""
    return [
        *write_call("found = torch.autograd.grad", ["y", f"[{', '.join(tensors)}]", made_of("cotangent", dtype)], {}),
        f"return [one{as_array(dtype)} for one in found]",
    ]


def as_array(dtype: DTypeName) -> str:
    """What follows a tensor to make it an array, as Python text."""
    return ".view(torch.int16).numpy().view(ml_dtypes.bfloat16)" if dtype == "bfloat16" else ".numpy()"


def tensor_of(torch: Any, array: Array) -> Any:
    """``array`` as a tensor on the same memory; PyTorch reads no bfloat16 from NumPy, but its bits."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def array_of(torch: Any, tensor: Any) -> Array:
    """``tensor`` as an array on the same memory."""
    plain = tensor.detach()
    if plain.dtype == torch.bfloat16:
        import ml_dtypes

        bits: Array = plain.view(torch.int16).numpy()
        return bits.view(ml_dtypes.bfloat16)
    result: Array = plain.numpy()
    return result


def _parameters(case: Case, words: Words) -> dict[str, Any] | Inexpressible:
    padding = NO_PADS if words.padding is None else words.padding
    if not isinstance(padding, str) and any(before != after for before, after in padding):
        return Inexpressible("PyTorch has one padding for both sides of an axis")
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
    forward = {} if words.output_size is None else {"output_size": words.output_size}
    return {"module": module, "forward": forward}
