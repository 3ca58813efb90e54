"""PyTorch's layers, one by one: from an operation to a live module with its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.porting.networks.conv_transpose import make_transposed
from harness.porting.networks.graph import Conv2d, MaxPool2d, Node, Pad2d
from harness.porting.networks.reader import given


def make_module(node: Node, own: Mapping[str, Array | None], dtype: DTypeName) -> Any:
    """The module of a layer, which pads only where ``pads_itself``; None for what is a function alone.

    ``own`` are the weights of the layer by role. Raises TranslationError where PyTorch cannot say it.
    """
    return getattr(_Maker(node.operation, own, dtype), node.kind)()


def pads_itself(operation: Conv2d | MaxPool2d | Pad2d) -> bool:
    """Whether PyTorch's own layer pads so: both sides alike, in max pooling by at most half a window."""
    if isinstance(operation, Pad2d) or operation.same:
        return False
    alike = all(begin == end for begin, end in operation.pads)
    pairs = zip(operation.pads, operation.kernel_size, strict=True)
    return alike and (isinstance(operation, Conv2d) or all(2 * begin <= size for (begin, _), size in pairs))


def fill_of(operation: Conv2d | MaxPool2d | Pad2d) -> float:
    """What it pads with."""
    if isinstance(operation, Pad2d):
        return operation.fill
    return -float("inf") if isinstance(operation, MaxPool2d) else 0.0


@dataclass(frozen=True, slots=True)
class _Maker:
    """A method for each kind of layer."""

    operation: Any
    own: Mapping[str, Array | None]
    dtype: DTypeName

    def conv2d(self) -> Any:
        import torch

        operation = self.operation
        module = torch.nn.utils.skip_init(
            torch.nn.Conv2d,
            operation.in_channels,
            operation.out_channels,
            operation.kernel_size,
            operation.strides,
            tuple(begin for begin, _ in operation.pads) if pads_itself(operation) else 0,
            operation.dilations,
            operation.groups,
            self.own["bias"] is not None,
            dtype=getattr(torch, self.dtype),
        )
        _fill([(module.weight, self.own["kernel"]), (module.bias, self.own["bias"])])
        return module

    def conv_transpose2d(self) -> Any:
        kernel, bias = given(self.own, "kernel"), self.own["bias"]
        return make_transposed(self.operation, kernel, bias, "pytorch", self.dtype)

    def batch_norm(self) -> Any:
        import torch

        channels = len(given(self.own, "mean"))
        module = torch.nn.BatchNorm2d(channels, self.operation.epsilon, dtype=getattr(torch, self.dtype))
        targets = (module.weight, module.bias, module.running_mean, module.running_var)
        _fill(zip(targets, (self.own[role] for role in self.operation.roles), strict=True))
        return module

    def relu(self) -> Any:
        import torch

        return torch.nn.ReLU()

    def sigmoid(self) -> Any:
        import torch

        return torch.nn.Sigmoid()

    def max_pool2d(self) -> Any:
        import torch

        operation = self.operation
        pads = tuple(begin for begin, _ in operation.pads) if pads_itself(operation) else 0
        return torch.nn.MaxPool2d(operation.kernel_size, operation.strides, pads)

    def upsample2d(self) -> Any:
        import torch

        factors = tuple(float(factor) for factor in self.operation.factors)
        return torch.nn.Upsample(scale_factor=factors, mode=self.operation.interpolation)

    def average_pool2d(self) -> Any:
        import torch

        return torch.nn.AvgPool2d(self.operation.kernel_size, self.operation.strides)

    def concat(self) -> Any:
        return None

    def pad2d(self) -> Any:
        return None


def _fill(pairs: Iterable[tuple[Any, Array | None]]) -> None:
    import torch

    with torch.no_grad():
        for tensor, array in pairs:
            if array is not None:
                tensor.copy_(torch.from_numpy(np.array(array)))
