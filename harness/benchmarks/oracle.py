"""The oracle against PyTorch in float64 and against onnx's ReferenceEvaluator, in turn in one process."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.adapters.plan import Plan
from harness.adapters.pytorch import PyTorch
from harness.case import Case, Words
from harness.data import Tensors, make_tensors
from harness.dialects import lower
from harness.geometry import Geometry
from harness.oracle import conv_transpose


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

    def case(self) -> Case:
        """The layer as a float64 case with real-valued data."""
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
            words=Words(((self.padding, self.padding), (self.padding, self.padding))),
            dtype="float64",
            data="real",
        )


LAYERS = (
    Layer("unet-64-32-k2s2", 64, 32, 2, 2, 0, 32),
    Layer("unet-1024-512-k2s2", 1024, 512, 2, 2, 0, 16),
    Layer("dcgan-512-256-k4s2p1", 512, 256, 4, 2, 1, 8),
    Layer("fcn8s-21-21-k16s8p4", 21, 21, 16, 8, 4, 64),
    Layer("pix2pix-128-64-k4s2p1", 128, 64, 4, 2, 1, 64),
)


def medians(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each call; the calls take turns, so that a slow moment of the machine meets all."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def _calls(adapter: PyTorch, case: Case) -> dict[str, Callable[[], object]]:
    geometry = lower(case)
    tensors = make_tensors(case, geometry)
    plan = adapter.plan(case, geometry)
    assert isinstance(plan, Plan)
    reference = tensors.reference(geometry)
    return {
        "oracle": lambda: conv_transpose(geometry, reference.x, reference.w, None),
        "pytorch float64": adapter.prepare(plan.call, tensors.x, tensors.w, None),
    }


def _onnx_call(geometry: Geometry, tensors: Tensors) -> Callable[[], object] | None:
    """Onnx's ReferenceEvaluator on the same operation; None where onnx is not installed."""
    try:
        from onnx import TensorProto, helper
        from onnx.reference import ReferenceEvaluator
    except ImportError:
        return None
    axis = geometry.height
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[axis.s, axis.s], pads=[axis.begin] * 4)
    kind = TensorProto.DOUBLE
    graph = helper.make_graph(
        [node],
        "layer",
        [helper.make_tensor_value_info(name, kind, None) for name in "xw"],
        [helper.make_tensor_value_info("y", kind, None)],
    )
    evaluator = ReferenceEvaluator(helper.make_model(graph))
    return lambda: evaluator.run(None, {"x": tensors.x, "w": tensors.w})


def _against_onnx(case: Case, rounds: int) -> dict[str, float] | None:
    """Median seconds of the oracle and of onnx; None where onnx is not installed."""
    geometry = lower(case)
    tensors = make_tensors(case, geometry)
    onnx = _onnx_call(geometry, tensors)
    reference = tensors.reference(geometry)
    if onnx is None:
        return None
    oracle = {"oracle": lambda: conv_transpose(geometry, reference.x, reference.w, None)}
    return medians({"onnx": onnx}, max(rounds // 3, 1)) | medians(oracle, 5 * rounds)


def main(rounds: int) -> dict[str, object]:
    """Seconds per layer, the geometric mean of oracle / PyTorch, and the speed-up over onnx on the first layer."""
    adapter = PyTorch()
    adapter.start()
    adapter.torch.set_num_threads(os.cpu_count() or 1)
    layers = {layer.name: medians(_calls(adapter, layer.case()), rounds) for layer in LAYERS}
    ratios = [times["oracle"] / times["pytorch float64"] for times in layers.values()]
    onnx = _against_onnx(LAYERS[0].case(), rounds)
    return {
        "layers": layers,
        "oracle_over_pytorch": statistics.geometric_mean(ratios),
        "onnx": onnx,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
