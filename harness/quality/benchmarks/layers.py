"""The oracle against PyTorch in float64 over tables of layers, in time and memory, and against NumPy references.

Each measurement is made in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

from harness.adapters.base import ONE_THREAD
from harness.adapters.pytorch import PyTorch
from harness.core.case import GRADIENTS, OutputName
from harness.core.counting import counted
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array, conv_transpose
from harness.quality.benchmarks.runner import Options, apart, medians

Call = Callable[[], object]
Timed = Mapping[str, Mapping[str, float]]
"""Seconds of the oracle and of PyTorch for each output."""
OUTPUTS: tuple[OutputName, ...] = ("output", *GRADIENTS)
SIZES = (4, 8, 16, 32, 64, 128, 256)
KIB, MIB = 1 << 10, 1 << 20
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer people use, in PyTorch's words; square, batch 1."""

    name: str
    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    padding: int
    size: int
    groups: int = 1

    def case(self) -> Case:
        """The layer as a float64 case with a bias and real-valued data."""
        return Case(
            suite="bench",
            id=self.name,
            about="",
            dialect="pytorch",
            batch=1,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            input_size=(self.size, self.size),
            kernel_size=(self.kernel, self.kernel),
            strides=(self.stride, self.stride),
            groups=self.groups,
            words=Words(((self.padding, self.padding), (self.padding, self.padding))),
            bias=True,
            dtype="float64",
            data="real",
            outputs=OUTPUTS,
        )


FCN8S = Layer("fcn8s-21-21-k16s8p4", 21, 21, 16, 8, 4, 64)
LAYERS = (
    Layer("unet-64-32-k2s2", 64, 32, 2, 2, 0, 32),
    Layer("unet-1024-512-k2s2", 1024, 512, 2, 2, 0, 16),
    Layer("dcgan-512-256-k4s2p1", 512, 256, 4, 2, 1, 8),
    FCN8S,
    Layer("pix2pix-128-64-k4s2p1", 128, 64, 4, 2, 1, 64),
    Layer("depthwise-256-k4s2p1", 256, 256, 4, 2, 1, 32, groups=256),
)


@dataclass(frozen=True)
class Subject:
    """The tensors of one layer, as the oracle and the others are given them."""

    reference: ConvTransposeReference
    g: Float64Array

    @classmethod
    def of(cls, case: Case) -> Subject:
        """The tensors of ``case``, which must request gradients."""
        geometry = lower(case)
        tensors = make_tensors(case, geometry)
        assert tensors.g is not None
        return cls(tensors.reference(geometry), tensors.g.astype(np.float64))

    def oracle(self, output: OutputName) -> Call:
        """Makes ``output`` anew each time."""
        r = self.reference
        if output == "output":
            return lambda: conv_transpose(r.geometry, r.x, r.w, r.b)
        return lambda: Gradient(output, r, self.g).output

    def pytorch(self, output: OutputName, torch: Any) -> Call:
        """The same through PyTorch's public functions; the forward pass of a gradient is made beforehand."""
        r = self.reference
        height, width = r.geometry.axes
        words = {
            "stride": (height.s, width.s),
            "padding": (height.begin, width.begin),
            "dilation": (height.d, width.d),
            "groups": r.geometry.groups,
        }
        x, w, b, g = (torch.from_numpy(t) for t in (r.x, r.w, r.b, self.g))
        if output == "output":
            return lambda: torch.nn.functional.conv_transpose2d(x, w, b, **words)
        leaf = {"input_grad": x, "kernel_grad": w, "bias_grad": b}[output].requires_grad_()
        with torch.enable_grad():
            y = torch.nn.functional.conv_transpose2d(x, w, b, **words)
        return lambda: torch.autograd.grad(y, leaf, g, retain_graph=True)[0]

    def onnx(self) -> Call | None:
        """Onnx's ReferenceEvaluator on the forward pass; None where onnx is not installed."""
        try:
            from onnx import TensorProto, helper
            from onnx.reference import ReferenceEvaluator
        except ImportError:
            return None
        r = self.reference
        axis = r.geometry.height
        words = {"strides": [axis.s, axis.s], "pads": [axis.begin] * 4, "group": r.geometry.groups}
        node = helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], **words)
        inputs, (y,) = (
            [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in names] for names in ("xwb", "y")
        )
        evaluator = ReferenceEvaluator(helper.make_model(helper.make_graph([node], "layer", inputs, [y])))
        return lambda: evaluator.run(None, {"x": r.x, "w": r.w, "b": r.b})[0]

    def keras(self) -> Call | None:
        """The NumPy reference that Keras holds its own layer against, for a layer without padding; None without it."""
        try:
            from keras.src.layers.convolutional.conv_transpose_test import np_conv2d_transpose
        except ImportError:
            return None
        r = self.reference
        x, w = np.ascontiguousarray(r.x.transpose(0, 2, 3, 1)), np.ascontiguousarray(r.w.transpose(2, 3, 1, 0))
        words = (r.geometry.height.s, "valid", None, "channels_last", 1)
        return lambda: np_conv2d_transpose(x, w, r.b, *words).transpose(0, 3, 1, 2)


def start_pytorch(threads: int) -> Any:
    """The torch module, on ``threads`` threads."""
    import torch

    PyTorch().start()
    torch.set_num_threads(threads)
    return torch


def against_pytorch(layers: Iterable[Layer], rounds: int, threads: int) -> dict[str, Timed]:
    """Median seconds of the oracle and of PyTorch for each layer and output, by the layer's name."""
    torch = start_pytorch(threads)
    found: dict[str, Timed] = {}
    for layer in layers:
        subject = Subject.of(layer.case())
        found[layer.name] = {
            output: medians(
                {"oracle": subject.oracle(output), "pytorch float64": subject.pytorch(output, torch)}, rounds
            )
            for output in OUTPUTS
        }
    return found


def by_layer(rounds: int, threads: int) -> dict[str, Timed]:
    """The layers that people use."""
    return against_pytorch(LAYERS, rounds, threads)


def by_size(rounds: int) -> dict[str, Timed]:
    """One layer with growing inputs, on one thread."""
    layers = (Layer(f"1x16x{size}x{size}", 16, 16, 4, 2, 1, size) for size in SIZES)
    return against_pytorch(layers, rounds, 1)


def references(rounds: int, layer: Layer = LAYERS[0]) -> dict[str, dict[str, float]]:
    """Median seconds of the oracle and of each NumPy reference that is installed, on one layer without padding."""
    subject = Subject.of(layer.case())
    oracle = subject.oracle("output")
    found = {"onnx ReferenceEvaluator": subject.onnx(), "Keras' NumPy reference": subject.keras()}
    return {
        name: medians({"reference": call}, max(rounds // 3, 1)) | medians({"oracle": oracle}, 5 * rounds)
        for name, call in found.items()
        if call is not None
    }


def grown(who: str, output: OutputName) -> int:
    """Bytes by which the process grows while one output of the FCN-8s layer is made, the result included. Linux.

    ``who`` is ``oracle`` or ``pytorch``. What was held before is not counted: framework, tensors and forward pass.
    """
    subject = Subject.of(FCN8S.case())
    torch = start_pytorch(1)
    call = subject.oracle(output) if who == "oracle" else subject.pytorch(output, torch)
    # "5" sets the recorded peak back to the present size
    _RESET.write_text("5", encoding="ascii")
    before = resident("VmRSS")
    made = call()
    peak = resident("VmHWM")
    del made
    return peak - before


def resident(field: str) -> int:
    """A size from the kernel's account of this process, in bytes. Linux."""
    (line,) = (line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * KIB


def oracle_part(options: Options) -> Iterator[str]:
    """The oracle against PyTorch on as many threads as there are and on one, then against other references."""
    turns = 3 * options.rounds
    for threads in dict.fromkeys((os.cpu_count() or 1, 1)):
        layers = apart(by_layer, turns, threads, environment=dict.fromkeys(ONE_THREAD, str(threads)))
        yield f"oracle / PyTorch float64 in ms, {counted(threads, 'thread')} each, median of {turns}"
        yield from _table(layers)
        means = (f"{geometric_mean(ratios):24.2f} x" for ratios in zip(*map(_ratios, layers.values()), strict=True))
        yield f"  {'geometric mean':24} {'   '.join(means)}"
        yield f"  of all outputs {geometric_mean(ratio for timed in layers.values() for ratio in _ratios(timed)):.2f} x"
    for name, times in apart(references, turns, environment=ONE_THREAD).items():
        reference, oracle = times["reference"], times["oracle"]
        yield (
            f"  {name} on the first layer, float64: {reference * 1e3:.0f} ms against {oracle * 1e3:.2f} ms, "
            f"the oracle is {reference / oracle:.0f} times as fast"
        )


def size_part(options: Options) -> Iterator[str]:
    """What one case costs by the size of its input."""
    turns = 3 * options.rounds
    yield f"cost by size of the input, oracle / PyTorch float64 in ms, one thread each, median of {turns}"
    yield from _table(apart(by_size, turns, environment=ONE_THREAD))


def memory_part(_: Options) -> Iterator[str]:
    """How much memory the oracle and PyTorch take."""
    yield "growth of the process while the FCN-8s layer is computed, one thread, oracle / PyTorch float64 in MiB"
    shares = []
    for output in OUTPUTS:
        oracle, torch = (apart(grown, who, output, environment=ONE_THREAD) / MIB for who in ("oracle", "pytorch"))
        shares.append(f"{output} {oracle:.0f} / {torch:.0f}")
    yield f"  {'   '.join(shares)}"


def _table(rows: Mapping[str, Timed]) -> Iterator[str]:
    """For each row and output both times and their ratio."""
    yield f"  {'':24} {'   '.join(f'{output:^26}' for output in OUTPUTS)}".rstrip()
    for name, timed in rows.items():
        cells = (
            f"{timed[output]['oracle'] * 1e3:8.2f} /{timed[output]['pytorch float64'] * 1e3:8.2f} {ratio:5.2f} x"
            for output, ratio in zip(OUTPUTS, _ratios(timed), strict=True)
        )
        yield f"  {name:24} {'   '.join(cells)}"


def _ratios(timed: Timed) -> list[float]:
    return [timed[output]["oracle"] / timed[output]["pytorch float64"] for output in OUTPUTS]
