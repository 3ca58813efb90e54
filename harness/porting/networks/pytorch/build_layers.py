"""A network as a module of PyTorch's own layers and functions alone."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.conv_transpose import make_transposed
from harness.porting.networks.graph import Conv2d, MaxPool2d, Network, Node, Pad2d, Weights
from harness.porting.networks.reader import given, refuse


def write(network: Network, weights: Weights) -> Any:
    """A torch.fx.GraphModule, in evaluation mode, that computes ``network``; its submodules have the layers' names.

    Where the network holds for inputs of one size alone, it raises AssertionError at another one. Raises
    TranslationError where PyTorch cannot state a layer.
    """
    import torch

    graph = torch.fx.Graph()
    values = {network.input: graph.placeholder("x")}
    for axis, size, message in network.fixed("NCHW"):
        have = graph.call_method("size", (values[network.input], axis))
        graph.call_function(torch._assert, (graph.call_function(operator.eq, (have, size)), message))  # noqa: SLF001
    modules: dict[str, Any] = {}
    for node in network.nodes:
        arguments = [values[name] for name in node.inputs]
        try:
            module = make_module(node, node.own(weights), network.dtype)
        except TranslationError as error:
            raise refuse(node.name, node.kind, str(error)) from None
        if node.kind == "concat":
            name = node.name.replace(".", "_")
            values[node.name] = graph.create_node("call_function", torch.cat, (arguments, 1), {}, name)
            continue
        padded = _padded(graph, arguments[0], node.operation)
        if module is not None:
            target = _free(node.name, modules)
            modules[target] = module
            padded = graph.call_module(target, (padded,))
        values[node.name] = padded
    graph.output(values[network.nodes[-1].name])
    return torch.fx.GraphModule(modules, graph, "Network").eval()


def make_module(node: Node, own: Mapping[str, Array], dtype: DTypeName) -> Any:
    """The module of a layer, which pads only where ``pads_itself``; None for what is a function alone.

    ``own`` are the weights of the layer by role. Raises TranslationError where PyTorch cannot state it.
    """
    from torch import nn

    operation: Any = node.operation
    makers: dict[str, Callable[[], Any]] = {
        "conv2d": lambda: _convolution(operation, own, dtype),
        "conv_transpose2d": lambda: make_transposed(operation, given(own, "kernel"), own.get("bias"), "pytorch", dtype),
        "batch_norm": lambda: _batch_norm(operation, own, dtype),
        "relu": nn.ReLU,
        "sigmoid": nn.Sigmoid,
        "max_pool2d": lambda: nn.MaxPool2d(operation.kernel_size, operation.strides, _own_padding(operation)),
        "average_pool2d": lambda: nn.AvgPool2d(operation.kernel_size, operation.strides),
        "upsample2d": lambda: nn.Upsample(
            scale_factor=tuple(map(float, operation.factors)), mode=operation.interpolation
        ),
    }
    return makers[node.kind]() if node.kind in makers else None


def _convolution(operation: Conv2d, own: Mapping[str, Array], dtype: DTypeName) -> Any:
    import torch

    module = torch.nn.utils.skip_init(
        torch.nn.Conv2d,
        operation.in_channels,
        operation.out_channels,
        operation.kernel_size,
        operation.strides,
        _own_padding(operation),
        operation.dilations,
        operation.groups,
        "bias" in own,
        dtype=getattr(torch, dtype),
    )
    _fill({module.weight: given(own, "kernel")} | ({module.bias: own["bias"]} if "bias" in own else {}))
    return module


def _batch_norm(operation: Any, own: Mapping[str, Array], dtype: DTypeName) -> Any:
    import torch

    module = torch.nn.BatchNorm2d(len(given(own, "mean")), operation.epsilon, dtype=getattr(torch, dtype))
    targets = (module.weight, module.bias, module.running_mean, module.running_var)
    _fill(dict(zip(targets, (given(own, role) for role in operation.roles), strict=True)))
    return module


def _fill(arrays: Mapping[Any, Array]) -> None:
    import torch

    with torch.no_grad():
        for tensor, array in arrays.items():
            tensor.copy_(torch.from_numpy(np.array(array)))


def _own_padding(operation: Conv2d | MaxPool2d) -> Any:
    return tuple(begin for begin, _ in operation.pads) if pads_itself(operation) else 0


def pads_itself(operation: Conv2d | MaxPool2d | Pad2d) -> bool:
    """Whether PyTorch's own layer pads so: both sides alike, in max pooling by at most half a window."""
    if isinstance(operation, Pad2d) or operation.same:
        return False
    alike = all(begin == end for begin, end in operation.pads)
    pairs = zip(operation.pads, operation.kernel_size, strict=True)
    return alike and (isinstance(operation, Conv2d) or all(2 * begin <= size for (begin, _), size in pairs))


def _padded(graph: Any, x: Any, operation: Any) -> Any:
    """What is padded before the module of a layer, which may pad itself."""
    import torch

    if not isinstance(operation, Conv2d | MaxPool2d | Pad2d) or pads_itself(operation):
        return x
    fill = getattr(operation, "fill", -float("inf") if isinstance(operation, MaxPool2d) else 0.0)
    values = (fill,) if fill else ()
    if any(map(any, operation.pads)):
        rows, columns = operation.pads
        x = graph.call_function(torch.nn.functional.pad, (x, (*columns, *rows), "constant", *values))
    if isinstance(operation, Pad2d) or not operation.same:
        return x
    sides = [_same(graph, x, axis, operation) for axis in (1, 0)]
    return graph.call_function(torch.nn.functional.pad, (x, (*sides[0], *sides[1]), "constant", *values))


def _same(graph: Any, x: Any, axis: int, operation: Conv2d | MaxPool2d) -> tuple[Any, Any]:
    """What TensorFlow's SAME pads an axis with, as steps that compute it from the size of ``x``.

    Of n elements, a kernel of extent e and a stride s, it is max(e - 1 - (n - 1) mod s, 0) in all; see same_pads.
    """
    extent, stride = operation.extents[axis], operation.strides[axis]
    if stride == 1 or extent == 1:
        return (extent - 1) // 2, extent - 1 - (extent - 1) // 2
    size = graph.call_method("size", (x, 2 + axis))
    left = graph.call_function(operator.mod, (graph.call_function(operator.sub, (size, 1)), stride))
    total = graph.call_function(operator.sub, (extent - 1, left))
    if extent < stride:  # max could not be traced again
        total = graph.call_function(operator.mul, (total, graph.call_function(operator.gt, (total, 0))))
    begin = graph.call_function(operator.floordiv, (total, 2))
    return begin, graph.call_function(operator.sub, (total, begin))


def _free(name: str, modules: Mapping[str, Any]) -> str:
    """A path for a submodule: no attribute of every module, not in use, and neither within nor around another layer."""
    import torch

    path = ".".join(part or "layer" for part in name.split("."))
    if any(path.startswith(f"{other}.") for other in modules):
        path = path.replace(".", "_")
    first = path.partition(".")[0]
    if hasattr(torch.fx.GraphModule, first) or hasattr(torch.nn.Module(), first):
        path = f"layer_{path}"
    while path in modules or any(other.startswith(f"{path}.") for other in modules):
        path += "_"
    return path
