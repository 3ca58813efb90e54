"""PyTorch's side of a port: a module traced into a network, and running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.core.errors import named
from harness.core.tensors import Array
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.graph import Shape
from harness.porting.networks.pytorch.build_layers import write
from harness.porting.networks.pytorch.functions import kind_of, read_function, read_slice, writes
from harness.porting.networks.pytorch.read_layers import Done, read_module, read_sized, require_inference
from harness.porting.networks.pytorch.tracing import (
    Sized,
    device_of,
    require_followed,
    require_known,
    require_number,
    title_of,
    trace,
    values_of,
)
from harness.porting.networks.reader import Answer, Reading, Walk, refuse, unknown

__all__ = ["read", "write"]


def read(model: Any, shape: Shape) -> Reading:
    """What a torch.nn.Module in evaluation mode computes on inputs of ``shape``, traced by torch.fx.

    Raises TranslationError for what cannot be traced or is not followed, and for layers of other kinds or in other
    settings; RaisesError where the module raises on such an input.
    """
    require_followed(model)
    require_inference(model)
    traced = trace(model)
    require_known(traced)
    walk = _Walk(shape, traced=traced, found=values_of(traced, shape), memory=_Memory())
    for step in traced.graph.nodes:
        walk.visit(step)
    network, joined = walk.network(walk.output, "module")
    kept = {f"{node.name}.{role}" for node in network.nodes for role in node.operation.roles}
    weights = {name: array for name, array in walk.weights.items() if name in kept}
    last = {joined.parts[node.name][-1]: node.name for node in network.nodes}
    names = {step: last[name] for step, name in walk.made.items() if name in last}
    return Reading(network, weights, lambda x: _run(model, traced, names, x), walk.sized)


@dataclass(kw_only=True)
class _Walk(Walk):
    """The steps of a trace, in order, each with what it gives in ``found``."""

    traced: Any
    found: Mapping[Any, Any]
    memory: _Memory
    output: str = ""
    sized: bool = False
    made: dict[Any, str] = field(default_factory=dict)
    _steps: dict[Any, str] = field(default_factory=dict)

    def visit(self, step: Any) -> None:
        """Take one step of the trace."""
        import torch

        self.memory.check(step)
        if step.op == "placeholder":
            self.input = self._steps[step] = self.fresh(step.name)
        elif step.op == "output":
            if not isinstance(step.args[0], torch.fx.Node):
                raise TranslationError("the module returns several values; networks of one output are ported")
            self.output = self._steps[step.args[0]]
        elif not isinstance(self.found.get(step), Sized):
            if step.op == "call_module":
                self._module(step)
            require_number(step, self.found)
        elif step.op == "get_attr":
            raise refuse(step.target, "tensor", "is used outside a layer, which is not ported")
        else:
            self._layer(step)

    def _layer(self, step: Any) -> None:
        """A step that gives a tensor."""
        if any(not isinstance(self.found.get(one), Sized) for one in step.all_input_nodes):
            self.sized = True
        if step.op == "call_module":
            target, done, writing = step.target, *self._module(step)
        else:
            target, done, writing = step.name, *self._function(step)
        inputs = _tensors(step)
        view = done is None or done[0].kind == "pad2d"
        self.memory.keep(step, inputs[0] if view or writing else None, target if writing else "")
        if done is None:
            self._steps[step] = self._steps[inputs[0]]
            return
        operation, arrays = done
        if arrays:
            self.require_once(target, target, operation.kind)
        read = tuple(self._steps[one] for one in inputs)
        self._steps[step] = self.made[step] = self.add(target, read, operation, arrays)

    def _module(self, step: Any) -> tuple[Done, bool]:
        layer = self.traced.get_submodule(step.target)
        arguments, keywords = self._constants(step.args[1:]), self._constants(step.kwargs)
        if set(keywords) == {"output_size"} and not arguments:
            keywords, arguments = {}, (keywords["output_size"],)
        if len(step.args) == 1 and not step.kwargs:
            done = read_module(layer, step.target)
        elif type(layer).__name__ == "ConvTranspose2d" and len(arguments) == 1 and not keywords:
            size = self.found[step.args[0]].shape[2:]
            sized = arguments[0] is not None
            done = read_sized(layer, step.target, size, arguments[0]) if sized else read_module(layer, step.target)
        else:
            shown = ", ".join([*map(str, arguments), *keywords]) or "no input"
            raise refuse(step.target, layer, f"is called with {shown}, which is not followed")
        return done, bool(getattr(layer, "inplace", False)) and done is not None

    def _function(self, step: Any) -> tuple[Done, bool]:
        title = title_of(step.target)
        if title == "getitem" and step.op == "call_function" and step.args[0] in self._steps:
            return read_slice(step.name, self.found[step.args[0]].shape, self._constants(step.args[1])), False
        kind = kind_of(step)
        if kind is None:
            raise unknown(step.name, title)
        return read_function(kind, step.name, self._constants(step.args), self._constants(step.kwargs)), writes(step)

    def _constants(self, arguments: Any) -> Any:
        """The arguments of a step, sizes and what was computed of them as numbers."""
        import torch

        def constant(one: Any) -> Any:
            return one if one in self._steps else self.found[one]

        return torch.fx.node.map_arg(arguments, constant)


class _Memory:
    """Which steps give the same memory, and what was written into it since.

    What may be a view of its input, and what does nothing, counts as the same memory.
    """

    def __init__(self) -> None:
        self._roots: dict[Any, tuple[Any, int]] = {}
        self._writers: dict[Any, list[str]] = {}

    def keep(self, step: Any, view: Any | None, writer: str) -> None:
        """A step that gives the memory of ``view``, if it does, after ``writer``, if there is one, wrote into it."""
        root = step if view is None else self._roots.get(view, (view, 0))[0]
        writers = self._writers.setdefault(root, [])
        writers += [writer] if writer else []
        self._roots[step] = (root, len(writers))

    def check(self, step: Any) -> None:
        """Raise TranslationError where a step reads what was changed since it was computed."""
        for one in step.all_input_nodes:
            root, known = self._roots.get(one, (one, 0))
            later = self._writers.get(root, [])[known:]
            if later:
                reason = (
                    f"writes in place into what {step.target if step.op == 'call_module' else step.name} reads again"
                )
                raise refuse(later[0], "in place", f"{reason}, which is not followed")


def _tensors(step: Any) -> list[Any]:
    """The steps whose tensors a step reads, in order."""
    import torch

    first = step.args[0] if step.args else next(iter(step.kwargs.values()), None)
    if isinstance(first, list | tuple):
        return [one for one in first if isinstance(one, torch.fx.Node)]
    return [first]


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
            Recorder(traced).run(torch.from_numpy(np.array(x)).to(device_of(model)))
            called = model(torch.from_numpy(np.array(x)).to(device_of(model))).cpu().numpy()
    except Exception as error:
        return Answer(outputs, error=named(error))
    return Answer(outputs, np.array(called))
