"""PyTorch in other ways than calling the module: the function, other memory, other kernels, compilers, meta tensors."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from harness.adapters.base import LEGALITY, NotInstalledError
from harness.adapters.plan import Form, Gradients, Inexpressible, Plan
from harness.adapters.python_text import Source, write_call
from harness.adapters.pytorch import PyTorch, by_autograd, made_of
from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry

DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
THREADS = 4


class _Mode(PyTorch):
    variant = True
    suites: ClassVar[tuple[str, ...]] = ("modes",)
    process = "pytorch"
    weight = 1


class PyTorchOutputSize(_Mode):
    """The layer, told the size of its output instead of an output_padding."""

    name = "pytorch:output-size"

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if isinstance(plan, Inexpressible) or geometry is None or plan.call["forward"]:
            return plan
        module = plan.call["module"]
        if any(q >= s for q, s in zip(module["output_padding"], case.strides, strict=True)):
            return Inexpressible("output_size reaches no further than strides - 1 beyond the smallest output")
        p, q = module["padding"], module["output_padding"]
        size = lower_words("pytorch", geometry, Words(((p[0], p[0]), (p[1], p[1])), q)).output_size
        call = {"module": {**module, "output_padding": (0, 0)}, "forward": {"output_size": size}}
        return replace(plan, call=call)


class PyTorchChannelsLast(_Mode):
    """Input and kernel in the memory format ``channels_last``."""

    name = "pytorch:channels-last"

    def tensor(self, array: Array) -> Any:
        """``array`` in that format, where it has four axes."""
        tensor = super().tensor(array)
        return tensor.contiguous(memory_format=self.torch.channels_last) if tensor.dim() == 4 else tensor

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        return _with_tensors(
            super().source(call, dtype, bias=bias), dtype, ".contiguous(memory_format=torch.channels_last)"
        )


class PyTorchNonContiguous(_Mode):
    """Input, kernel and bias as every second element of a larger tensor."""

    name = "pytorch:non-contiguous"

    def tensor(self, array: Array) -> Any:
        """A view of ``array``'s numbers with gaps between them."""
        tensor = super().tensor(array)
        return self.torch.stack([tensor, tensor + 1], -1)[..., 0]

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        return _with_tensors(
            super().source(call, dtype, bias=bias), dtype, "[..., None].repeat_interleave(2, -1)[..., 0]", 3
        )


class PyTorchPlain(_Mode):
    """Without oneDNN."""

    name = "pytorch:no-onednn"

    def build(self, call: Mapping[str, Any], weight: Any, bias: Any) -> Callable[[Any], Any]:
        """See PyTorch.build."""
        flags, forward = self.torch.backends.mkldnn.flags, super().build(call, weight, bias)

        def run(data: Any) -> Any:
            with flags(enabled=False):
                return forward(data)

        return run

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """See Adapter.differentiate; the way back is without oneDNN too."""
        flags, run = self.torch.backends.mkldnn.flags, super().differentiate(call, x, w, b, g)

        def plain() -> Gradients:
            with flags(enabled=False):
                return run()

        return plain

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = super().source(call, dtype, bias=bias)
        return written.changed(lambda lines: ("torch.backends.mkldnn.set_flags(False)", *lines))


class PyTorchThreads(_Mode):
    """Several threads, among which the sums are shared out otherwise."""

    name = f"pytorch:{THREADS}-threads"

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        return partial(self._threaded, super().prepare(call, x, w, b))

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """See Adapter.differentiate."""
        return partial(self._threaded, super().differentiate(call, x, w, b, g))

    def _threaded(self, run: Callable[[], Any]) -> Any:
        before = self.torch.get_num_threads()
        self.torch.set_num_threads(THREADS)
        try:
            return run()
        finally:
            self.torch.set_num_threads(before)

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = super().source(call, dtype, bias=bias)
        return written.changed(lambda lines: (f"torch.set_num_threads({THREADS})", *lines))


class PyTorchMeta(_Mode):
    """The layer on the device ``meta``, which says a shape and computes nothing."""

    name = "pytorch:meta"
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    shape_only = True
    outputs = ("output",)

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Form]:
        """See Adapter.prepare."""
        data, weight, bias = (None if array is None else self.tensor(array).to("meta") for array in (x, w, b))
        forward = self.build(call, weight, bias)

        def run() -> Form:
            y = forward(data)
            return Form(tuple(y.shape), str(y.dtype).removeprefix("torch."))

        return run

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = _with_tensors(super().source(call, dtype, bias=bias), dtype, '.to("meta")', 3)
        said = f"return np.broadcast_to(np.zeros((), {DTYPES[dtype].text}), tuple(y.shape))"
        return replace(written, call=(*written.call[:-1], said))


class PyTorchFunctional(_Mode):
    """``torch.nn.functional.conv_transpose2d``, which has no ``output_size``."""

    name = "pytorch:functional"
    suites: ClassVar[tuple[str, ...]] = LEGALITY

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if isinstance(plan, Plan) and plan.call["forward"]:
            return Inexpressible("conv_transpose2d has no output_size")
        return plan

    def build(self, call: Mapping[str, Any], weight: Any, bias: Any) -> Callable[[Any], Any]:
        """See PyTorch.build."""
        function = self.transform(partial(self.torch.nn.functional.conv_transpose2d, **_arguments(call)))
        return lambda data: function(data, weight, bias)

    def transform(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What is done to the function of data, weight and bias before it is called."""
        return function

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """See Adapter.source."""
        written = super().source(call, dtype, bias=bias)
        tensors = ["data", "kernel", "bias" if bias else "None"]
        lines = write_call("y = torch.nn.functional.conv_transpose2d", tensors, _arguments(call), DEFAULTS)
        names = ["data", "kernel", *(["bias"] if bias else [])]
        made, body = [f"{name} = {made_of(name, dtype)}" for name in names], self.written(lines, tensors)
        leaves = [f"{line}.requires_grad_()" for line in made]
        gradient = (*leaves, *body, *by_autograd(names, dtype))
        return replace(written, call=(*made, *body, *written.call[-1:]), gradient=gradient)

    def written(self, lines: list[str], tensors: list[str]) -> tuple[str, ...]:
        """``transform`` as Python text around the lines that make ``y``."""
        return tuple(lines)


class PyTorchExport(PyTorchFunctional):
    """``torch.export`` of the function, then the exported program."""

    name = "pytorch:export"
    weight = 10

    def build(self, call: Mapping[str, Any], weight: Any, bias: Any) -> Callable[[Any], Any]:
        """See PyTorch.build."""
        torch, arguments = self.torch, _arguments(call)

        class Call(torch.nn.Module):  # type: ignore[misc,name-defined]
            def forward(self, data: Any, weight: Any, bias: Any) -> Any:
                return torch.nn.functional.conv_transpose2d(data, weight, bias, **arguments)

        exported: list[Any] = []

        def run(data: Any) -> Any:
            given = (data, weight, bias)
            if not exported:
                plain = tuple(None if one is None else one.detach() for one in given)
                exported.append(torch.export.export(Call(), plain).module())
            return exported[0](*given)

        return run

    def written(self, lines: list[str], tensors: list[str]) -> tuple[str, ...]:
        """See PyTorchFunctional.written."""
        return (
            "class Call(torch.nn.Module):",
            "    def forward(self, data, kernel, bias):",
            *(f"        {line}" for line in lines),
            "        return y",
            "",
            f"given = ({', '.join(tensors)})",
            "y = torch.export.export(Call(), given).module()(*given)",
        )


class PyTorchAot(PyTorchFunctional):
    """``torch.compile`` with the backend ``aot_eager``: its tracing and its derivatives, the usual kernels."""

    name = "pytorch:aot"
    compiler = "aot_eager"
    weight = 20

    def transform(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """See PyTorchFunctional.transform; compiled anew, lest a limit on recompilations be met."""
        self.torch.compiler.reset()

        def call(data: Any, weight: Any, bias: Any) -> Any:
            return function(data, weight, bias)

        compiled: Callable[..., Any] = self.torch.compile(call, backend=self.compiler, dynamic=False)
        return compiled

    def written(self, lines: list[str], tensors: list[str]) -> tuple[str, ...]:
        """See PyTorchFunctional.written."""
        return (
            f"@torch.compile(backend={self.compiler!r}, dynamic=False)",
            "def compute(data, kernel, bias):",
            *(f"    {line}" for line in lines),
            "    return y",
            "",
            f"y = compute({', '.join(tensors)})",
        )


class PyTorchCompile(PyTorchAot):
    """``torch.compile`` as it is by default, with the compiler Inductor, which needs a C++ compiler on the CPU."""

    name = "pytorch:compile"
    compiler = "inductor"
    process = "pytorch:compile"
    suites: ClassVar[tuple[str, ...]] = ("compiled",)
    expensive = True
    smoke = False
    weight = 30

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        if not any(map(shutil.which, ("g++", "clang++", "c++"))):
            message = "Inductor finds no C++ compiler"
            raise NotInstalledError(message)
        return super().start()


def _arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """The module's parameters that the function has too."""
    return {name: call["module"][name] for name in ("stride", "padding", "output_padding", "groups", "dilation")}


def _with_tensors(written: Source, dtype: DTypeName, suffix: str, count: int = 2) -> Source:
    """``written`` with ``suffix`` after the first ``count`` tensors that it makes of arrays, and the cotangent."""
    made = [made_of(name, dtype) for name in (*("data", "kernel", "bias")[:count], "cotangent")]

    def change(lines: tuple[str, ...]) -> tuple[str, ...]:
        for one in made:
            lines = tuple(line.replace(one, one + suffix) for line in lines)
        return lines

    return written.changed(change)
