"""PyTorch's side of a port: a network made into a module of PyTorch's own layers and functions alone."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from harness.porting.layers.layer import TranslationError
from harness.porting.networks.graph import Conv2d, MaxPool2d, Network, Pad2d, Weights
from harness.porting.networks.pytorch.build_layers import fill_of, make_module, pads_itself
from harness.porting.networks.reader import refuse


def write(network: Network, weights: Weights) -> Any:
    """A torch.fx.GraphModule, in evaluation mode, that computes ``network``; its submodules have the layers' names.

    Where the network holds for inputs of one size alone, it raises AssertionError at another one. Raises
    TranslationError where PyTorch cannot say a layer.
    """
    import torch

    graph = torch.fx.Graph()
    values = {network.input: graph.placeholder("x")}
    _assert_only(graph, values[network.input], network)
    modules: dict[str, Any] = {}
    for node in network.nodes:
        arguments = [values[name] for name in node.inputs]
        own = {role: weights.get(f"{node.name}.{role}") for role in node.operation.roles}
        try:
            module = make_module(node, own, network.dtype)
        except TranslationError as error:
            raise refuse(node.name, node.kind, str(error)) from None
        if node.kind == "concat":
            name = _identifier(node.name)
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


def _padded(graph: Any, x: Any, operation: Any) -> Any:
    """What is padded before the module of a layer, which may pad itself."""
    import torch

    if not isinstance(operation, Conv2d | MaxPool2d | Pad2d) or pads_itself(operation):
        return x
    fill = fill_of(operation)
    said = (fill,) if fill else ()
    if any(map(any, operation.pads)):
        rows, columns = operation.pads
        x = graph.call_function(torch.nn.functional.pad, (x, (*columns, *rows), "constant", *said))
    if isinstance(operation, Pad2d) or not operation.same:
        return x
    sides = [_same(graph, x, axis, operation) for axis in (1, 0)]
    return graph.call_function(torch.nn.functional.pad, (x, (*sides[0], *sides[1]), "constant", *said))


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


def _assert_only(graph: Any, x: Any, network: Network) -> None:
    import torch

    if network.only is None:
        return
    for axis, (what, size) in enumerate(zip(("batches", "heights", "widths"), network.only, strict=True)):
        if size is not None:
            said = f"this network was ported for {what} of {size} alone: what it computes depends on the input's size"
            have = graph.call_method("size", (x, axis + (axis > 0)))
            graph.call_function(torch._assert, (graph.call_function(operator.eq, (have, size)), said))  # noqa: SLF001


def _identifier(name: str) -> str:
    return name.replace(".", "_")


def _free(name: str, modules: Mapping[str, Any]) -> str:
    """A path for a submodule: no attribute of every module, not taken, and neither within nor around another layer."""
    import torch

    path = ".".join(part or "layer" for part in name.split("."))
    if any(path.startswith(f"{taken}.") for taken in modules):
        path = path.replace(".", "_")
    first = path.partition(".")[0]
    if hasattr(torch.fx.GraphModule, first) or hasattr(torch.nn.Module(), first):
        path = f"layer_{path}"
    while path in modules or any(taken.startswith(f"{path}.") for taken in modules):
        path += "_"
    return path
