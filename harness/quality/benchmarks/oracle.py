"""The oracle against PyTorch in float64 over a table of layers, and against two NumPy references, in one process.

``python -m harness.quality.benchmarks.oracle ROUNDS THREADS`` prints seconds per layer and output as JSON. The calls of
an output take turns.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.adapters.pytorch import PyTorch
from harness.core.case import GRADIENTS, OutputName
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array, conv_transpose

Call = Callable[[], object]


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
            outputs=("output", *GRADIENTS),
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


def medians(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Median seconds of each call; the calls take turns, so that a slow moment of the machine meets all."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


@dataclass(frozen=True)
class Subject:
    """The tensors of one layer, as the oracle and the others are given them."""

    reference: ConvTransposeReference
    g: Float64Array

    @classmethod
    def of(cls, case: Case) -> Subject:
        """The tensors of ``case``, which must ask for gradients."""
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


def references(subject: Subject, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds of the oracle and of each NumPy reference that is installed, on one layer without padding."""
    oracle = subject.oracle("output")
    found = {"onnx ReferenceEvaluator": subject.onnx(), "Keras' NumPy reference": subject.keras()}
    return {
        name: medians({"reference": call}, max(rounds // 3, 1)) | medians({"oracle": oracle}, 5 * rounds)
        for name, call in found.items()
        if call is not None
    }


def start_pytorch(threads: int) -> Any:
    """The torch module, on ``threads`` threads."""
    adapter = PyTorch()
    adapter.start()
    adapter.torch.set_num_threads(threads)
    return adapter.torch


def main(rounds: int, threads: int) -> dict[str, object]:
    """Seconds per layer and output, and those of the NumPy references on the first layer."""
    torch = start_pytorch(threads)
    layers: dict[str, dict[str, dict[str, float]]] = {}
    outputs: tuple[OutputName, ...] = ("output", *GRADIENTS)
    for layer in LAYERS:
        subject = Subject.of(layer.case())
        layers[layer.name] = {
            output: medians(
                {"oracle": subject.oracle(output), "pytorch float64": subject.pytorch(output, torch)}, rounds
            )
            for output in outputs
        }
    return {"layers": layers, "references": references(Subject.of(LAYERS[0].case()), rounds)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
