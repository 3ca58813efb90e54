"""PyTorch's side of a port: a module traced into a network, a network made into a module, and running either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.adapters.plan import Array
from harness.networks.network import Network, Node, Operation, Shape, Weights, ordered
from harness.networks.pytorch_layers import (
    Pad,
    Skip,
    is_composed,
    is_known,
    read_function,
    read_module,
    require_inference,
)
from harness.networks.pytorch_making import make_module
from harness.networks.reading import Answer, Names, Reading, dtype_of, refuse, unknown, unpadded
from harness.readiness import named
from harness.translate.layer import TranslationError

_TENSOR = object()


def read(model: Any, shape: Shape) -> Reading:
    """What a torch.nn.Module in evaluation mode computes on inputs of ``shape``, traced by torch.fx.

    Raises TranslationError for what cannot be traced and for layers of other kinds or in other settings.
    """
    require_inference(model)
    traced = _traced(model)
    walk = _Walk(traced, shape)
    for node in traced.graph.nodes:
        walk.visit(node)
    output = walk.output
    network = Network(walk.input, shape, dtype_of(walk.weights), ordered(walk.nodes, output))
    kept = {f"{node.name}.{role}" for node in network.nodes for role in node.operation.roles}
    weights = {name: array for name, array in walk.weights.items() if name in kept}
    names = {fx: name for fx, name in walk.made.items() if any(node.name == name for node in network.nodes)}
    return Reading(network, weights, lambda x: _run(model, traced, names, x))


def write(network: Network, weights: Weights) -> Any:
    """A torch.fx.GraphModule, in evaluation mode, that computes ``network``; its submodules have the layers' names.

    Raises TranslationError where PyTorch cannot say a layer.
    """
    import torch

    graph = torch.fx.Graph()
    values = {network.input: graph.placeholder("x")}
    modules: dict[str, Any] = {}
    for node in network.nodes:
        arguments = [values[name] for name in node.inputs]
        own = {role: weights.get(f"{node.name}.{role}") for role in node.operation.roles}
        try:
            pads, module = make_module(node, own, network.dtype)
        except TranslationError as error:
            raise refuse(node.name, node.kind, str(error)) from None
        if module is None:
            values[node.name] = graph.create_node(
                "call_function", torch.cat, (arguments, 1), {}, _identifier(node.name)
            )
            continue
        if pads is not None:
            arguments = [graph.call_function(torch.nn.functional.pad, (arguments[0], pads))]
        target = _free(node.name, modules)
        modules[target] = module
        values[node.name] = graph.call_module(target, tuple(arguments))
    graph.output(values[network.nodes[-1].name])
    return torch.fx.GraphModule(modules, graph, "Network").eval()


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


def _traced(model: Any) -> Any:
    import torch

    class Tracer(torch.fx.Tracer):  # type: ignore[misc]
        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            return is_composed(m) or super().is_leaf_module(m, module_qualified_name)

    tracer = Tracer()
    if tracer.is_leaf_module(model, ""):
        model = torch.nn.Sequential(model).train(model.training)
    try:
        return torch.fx.GraphModule(model, tracer.trace(model))
    except Exception as error:
        message = f"{type(model).__name__} cannot be traced by torch.fx, so its layers are not known: {named(error)}"
        raise TranslationError(message) from None


def _values(traced: Any, shape: Shape) -> dict[Any, Any]:
    """What each step of the trace gives for an input of ``shape``; ``_TENSOR`` stands for every tensor."""
    import torch

    found: dict[Any, Any] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            value = super().run_node(n)
            found[n] = _TENSOR if isinstance(value, torch.Tensor) else value
            return value

    parameters = [one for one in traced.parameters() if one.is_floating_point()]
    dtype = parameters[0].dtype if parameters else torch.float32
    try:
        with torch.no_grad():
            Recorder(traced).run(torch.zeros(shape, dtype=dtype, device=_device(traced)))
    except TranslationError:
        raise
    except Exception as error:
        raise TranslationError(f"the module raises on an input of shape {list(shape)}: {named(error)}") from None
    return found


@dataclass
class _Walk:
    """The steps of a trace, in order, turned into layers."""

    traced: Any
    shape: Shape
    input: str = ""
    output: str = ""
    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    made: dict[Any, str] = field(default_factory=dict)
    _names: dict[Any, str | tuple[str, Pad]] = field(default_factory=dict)
    _given: Names = field(default_factory=Names)
    _shared: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        steps = list(self.traced.graph.nodes)
        if sum(step.op == "placeholder" for step in steps) != 1:
            raise TranslationError("the module takes several inputs, or none; networks of one input are ported")
        for step in steps:
            # said before the module is run, which may raise for that very reason
            if step.op == "call_module" and not is_known(layer := self.traced.get_submodule(step.target)):
                raise unknown(step.target, layer)
        self._found = _values(self.traced, self.shape)

    def visit(self, step: Any) -> None:
        """Take one step of the trace."""
        import torch

        if step.op == "placeholder":
            self.input = self._given.fresh(step.name)
            self._names[step] = self.input
        elif step.op == "output":
            if not isinstance(step.args[0], torch.fx.Node):
                raise TranslationError("the module returns several values; networks of one output are ported")
            self.output = self._read(step.args[0], "output")
            if not self.nodes:
                raise TranslationError("the module has no layer that could be ported")
        elif self._found.get(step) is _TENSOR:
            self._layer(step)

    def _layer(self, step: Any) -> None:
        """A step that gives a tensor."""
        if step.op == "get_attr":
            raise refuse(step.target, "tensor", "is used outside a layer, which is not ported")
        if step.op == "call_module":
            layer = self.traced.get_submodule(step.target)
            said, arguments = step.target, step.args
            done = read_module(layer, said)
        else:
            said, layer = step.name, _title(step.target)
            arguments = self._constants(step.args)
            done = read_function(layer, said, arguments, self._constants(step.kwargs))
        if done is None:
            raise unknown(said, layer)
        self._keep(step, said, done, _tensors(step, arguments))

    def _keep(self, step: Any, said: str, done: Any, inputs: Sequence[Any]) -> None:
        if isinstance(done, Skip):
            self._names[step] = self._names[inputs[0]]
            return
        if isinstance(done, Pad):
            self._names[step] = (self._read(inputs[0], said), done)
            return
        operation, arrays = done
        if arrays and said in self._shared:
            raise refuse(said, operation.kind, "is called twice; layers that share weights are not ported")
        self._shared.add(said)
        name = self._given.fresh(said)
        before = self._names[inputs[0]]
        if isinstance(before, tuple) and operation.kind == "conv2d":
            operation = before[1].joined(operation)
            names: tuple[str, ...] = (before[0],)
        else:
            names = tuple(self._read(one, said) for one in inputs)
        self._finish(step, name, names, operation, arrays)

    def _finish(
        self, step: Any, name: str, inputs: tuple[str, ...], operation: Operation, arrays: Mapping[str, Array]
    ) -> None:
        self.nodes.append(Node(name, inputs, operation))
        self.weights |= {f"{name}.{role}": array for role, array in arrays.items()}
        self._names[step] = self.made[step] = name

    def _read(self, step: Any, reader: str) -> str:
        return unpadded(self._names[step], reader)

    def _constants(self, arguments: Any) -> Any:
        """The arguments of a step, sizes and what was computed of them as numbers."""
        import torch

        def constant(one: Any) -> Any:
            return one if one in self._names else self._found[one]

        return torch.fx.node.map_arg(arguments, constant)


def _title(target: Any) -> str:
    return target if isinstance(target, str) else str(getattr(target, "__name__", target))


def _tensors(step: Any, arguments: Any) -> list[Any]:
    """The steps whose tensors a step reads, in order."""
    import torch

    first = arguments[0] if arguments else next(iter(step.kwargs.values()), None)
    if isinstance(first, list | tuple):
        return [one for one in first if isinstance(one, torch.fx.Node)]
    return [first]


def _device(model: Any) -> Any:
    """Where the weights are."""
    weight = next(model.parameters(), None)
    return "cpu" if weight is None else weight.device


def _run(model: Any, traced: Any, names: Mapping[Any, str], x: Array) -> Answer:
    """Every layer's output, copied before a later layer could change it in place."""
    import torch

    outputs: dict[str, Array] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            value = super().run_node(n)
            if n in names:
                outputs[names[n]] = np.array(value.detach().cpu().numpy())
            return value

    try:
        with torch.no_grad():
            Recorder(traced).run(torch.from_numpy(np.array(x)).to(_device(model)))
            called = model(torch.from_numpy(np.array(x)).to(_device(model))).cpu().numpy()
    except Exception as error:
        return Answer(outputs, error=named(error))
    return Answer(outputs, np.array(called))
