"""PyTorch: ``torch.nn.ConvTranspose2d`` on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, Expressed, express
from harness.adapters.plan import Array, Inexpressible, Plan
from harness.adapters.source import Source, write_call
from harness.case import Case, DTypeName, Words
from harness.geometry import NO_PADS, Geometry

if TYPE_CHECKING:
    from types import ModuleType

DEFAULTS = {"bias": True, "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}


class PyTorch(Adapter):
    """Native where the crops are a padding and an output_padding; otherwise padding 0, then a slice or zeros."""

    name = "pytorch"
    dialect = "pytorch"
    dtypes = ("float64", "float32", "float16")
    layouts = ("NCHW",)
    weight = 3

    torch: ModuleType

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
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

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """A layer with the given weights; ``x`` (N, C, H, W), ``w`` (C_in, C_out/G, kH, kW), ``b`` (C_out)."""
        torch = self.torch
        data, weight = torch.from_numpy(x), torch.from_numpy(w)
        layer = torch.nn.ConvTranspose2d(**call["module"], bias=b is not None, dtype=weight.dtype, device="meta")
        layer.weight = torch.nn.Parameter(weight, requires_grad=False)
        if b is not None:
            layer.bias = torch.nn.Parameter(torch.from_numpy(b), requires_grad=False)
        return lambda: layer(data, **call["forward"]).numpy()

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        lines = write_call("layer = torch.nn.ConvTranspose2d", [], {**call["module"], "bias": bias}, DEFAULTS)
        lines.append("layer.weight = torch.nn.Parameter(torch.from_numpy(kernel))")
        if bias:
            lines.append("layer.bias = torch.nn.Parameter(torch.from_numpy(bias))")
        forward = [f"{name}={value!r}" for name, value in call["forward"].items()]  # a pair stays one
        lines += write_call("y = layer", ["torch.from_numpy(data)", *forward], {})
        return Source(("import torch",), (*lines, "return y.detach().numpy()"), {}, ("torch.__version__",))


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
