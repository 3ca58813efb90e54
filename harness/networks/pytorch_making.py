"""PyTorch's layers, one by one: from an operation to a live module with its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.adapters.plan import Array
from harness.case import DTypeName
from harness.networks.network import Node
from harness.networks.reading import given
from harness.networks.transposed import make_transposed
from harness.translate.layer import TranslationError

Padded = tuple[tuple[int, int, int, int] | None, Any]


def make_module(node: Node, own: Mapping[str, Array | None], dtype: DTypeName) -> Padded:
    """What to pad with before (left, right, top, bottom; None: nothing), and the module; None for a concatenation.

    ``own`` are the weights of the layer by role. Raises TranslationError where PyTorch cannot say it.
    """
    made: Padded = getattr(_Maker(node.operation, own, dtype), node.kind)()
    return made


@dataclass(frozen=True, slots=True)
class _Maker:
    """A method for each kind of layer."""

    operation: Any
    own: Mapping[str, Array | None]
    dtype: DTypeName

    def conv2d(self) -> Padded:
        import torch

        operation = self.operation
        rows, columns = operation.pads
        alike = rows[0] == rows[1] and columns[0] == columns[1]
        module = torch.nn.utils.skip_init(
            torch.nn.Conv2d,
            operation.in_channels,
            operation.out_channels,
            operation.kernel_size,
            operation.strides,
            (rows[0], columns[0]) if alike else 0,
            operation.dilations,
            operation.groups,
            self.own["bias"] is not None,
            dtype=getattr(torch, self.dtype),
        )
        _fill([(module.weight, self.own["kernel"]), (module.bias, self.own["bias"])])
        return (None if alike else (*columns, *rows)), module

    def conv_transpose2d(self) -> Padded:
        kernel, bias = given(self.own, "kernel"), self.own["bias"]
        return None, make_transposed(self.operation, kernel, bias, "pytorch", self.dtype)

    def batch_norm(self) -> Padded:
        import torch

        channels = len(given(self.own, "mean"))
        module = torch.nn.BatchNorm2d(channels, self.operation.epsilon, dtype=getattr(torch, self.dtype))
        targets = (module.weight, module.bias, module.running_mean, module.running_var)
        _fill(zip(targets, (self.own[role] for role in self.operation.roles), strict=True))
        return None, module

    def relu(self) -> Padded:
        import torch

        return None, torch.nn.ReLU()

    def sigmoid(self) -> Padded:
        import torch

        return None, torch.nn.Sigmoid()

    def max_pool2d(self) -> Padded:
        import torch

        operation = self.operation
        sides = list(zip(operation.pads, operation.kernel_size, strict=True))
        if any(begin != end or 2 * begin > size for (begin, end), size in sides):
            raise TranslationError("PyTorch pads the two sides of max pooling alike, by at most half a window")
        pads = tuple(begin for (begin, _), _ in sides)
        return None, torch.nn.MaxPool2d(operation.kernel_size, operation.strides, pads)

    def upsample2d(self) -> Padded:
        import torch

        factors = tuple(float(factor) for factor in self.operation.factors)
        return None, torch.nn.Upsample(scale_factor=factors, mode=self.operation.interpolation)

    def average_pool2d(self) -> Padded:
        import torch

        return None, torch.nn.AvgPool2d(self.operation.kernel_size, self.operation.strides)

    def concat(self) -> Padded:
        return None, None


def _fill(pairs: Iterable[tuple[Any, Array | None]]) -> None:
    import torch

    with torch.no_grad():
        for tensor, array in pairs:
            if array is not None:
                tensor.copy_(torch.from_numpy(np.array(array)))
