"""What a torch.nn.Module does, step by step; what of it torch.fx does not show is refused by name."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.errors import named
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.pytorch.read_layers import is_composed, is_known
from harness.porting.networks.reader import RaisesError, refuse, unknown

_HOOKS = ("_forward_pre_hooks", "_forward_hooks")
_SIZES = {"size", "dim", "ndimension", "numel"}
"""Methods of tensors that give their sizes alone."""
_VALUES = {"item", "tolist", "numpy"}
"""Methods of tensors that give their elements."""
_COUNTS = {"numel", "index", "count"}
"""Methods of sizes."""
_PLAIN = {"shape", "ndim", "dtype", "device", "is_cuda"}
"""Such attributes."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A tensor of a trace, by its shape."""

    shape: tuple[int, ...]


def require_followed(model: Any) -> None:
    """Raise TranslationError about a layer that computes something besides what its class does."""
    import torch
    from torch.nn.utils import parametrize

    everywhere = torch.nn.modules.module
    if any(getattr(everywhere, f"_global{hooks}", None) for hooks in _HOOKS):
        raise TranslationError(
            "hooks are registered for all modules (register_module_forward_hook); they are not followed"
        )
    for path, layer in model.named_modules():
        name = path or "(the model)"
        hooks = [one for kind in _HOOKS for one in getattr(layer, kind).values()]
        if hooks:
            names = ", ".join(getattr(one, "__name__", type(one).__name__) for one in hooks)
            raise refuse(name, layer, f"has forward hooks ({names}), which are not followed: remove them first")
        if parametrize.is_parametrized(layer):
            names = ", ".join(layer.parametrizations)
            raise refuse(name, layer, f"has parametrizations ({names}), which are not followed: remove them first")
        if {"forward", "__call__", "_call_impl"} & set(vars(layer)):
            raise refuse(name, layer, "has a forward of its own, set on this object, which is not followed")


def trace(model: Any) -> Any:
    """A torch.fx.GraphModule. Raises TranslationError for what cannot be traced, or is another one the second time."""
    import torch

    failed: list[str] = []
    # known before the trace begins: within it no layer can be tried
    composed = {id(layer) for layer in model.modules() if is_composed(layer)}

    class Tracer(torch.fx.Tracer):  # type: ignore[misc]
        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            return id(m) in composed or super().is_leaf_module(m, module_qualified_name)

        def call_module(self, m: Any, forward: Any, args: Any, kwargs: Any) -> Any:
            try:
                return super().call_module(m, forward, args, kwargs)
            except Exception:
                failed.append(self.path_of_module(m))
                raise

    def once() -> Any:
        return Tracer().trace(model)

    if Tracer().is_leaf_module(model, ""):
        model = torch.nn.Sequential(model).train(model.training)
    before = _state(model)
    try:
        graph, again = once(), once()
    except Exception as error:
        within = f" (within {failed[0]})" if failed else ""
        message = (
            f"{type(model).__name__} cannot be traced by torch.fx{within}, so its layers are not known: {named(error)}"
        )
        raise TranslationError(message) from None
    after = _state(model)
    for name, state in before.items():
        if after.get(name) != state:
            raise refuse(name, "tensor", "is changed by forward, which is not followed")
    if str(graph) != str(again):
        raise TranslationError(
            f"{type(model).__name__} computes something else from call to call, which is not followed"
        )
    return torch.fx.GraphModule(model, graph)


def _state(model: Any) -> dict[str, tuple[int, int]]:
    """Which tensors a module has, and how often each was written into."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {name: (id(tensor), tensor._version) for name, tensor in tensors}  # noqa: SLF001 - has no public form


def require_known(traced: Any) -> None:
    """Raise TranslationError about layers of other kinds, before they are run, and about several inputs."""
    steps = list(traced.graph.nodes)
    if sum(step.op == "placeholder" for step in steps) != 1:
        raise TranslationError("the module takes several inputs, or none; networks of one input are ported")
    for step in steps:
        if step.op == "call_module" and not is_known(layer := traced.get_submodule(step.target)):
            raise unknown(step.target, layer)
        if step.op == "call_method" and step.target in _VALUES:
            raise refuse(step.name, step.target, "makes numbers of the data, which is not followed")


def values_of(traced: Any, shape: tuple[int, ...]) -> dict[Any, Any]:
    """What each step of the trace gives for an input of ``shape``: numbers, or a Sized for each tensor.

    Raises RaisesError where the module raises.
    """
    import torch

    found: dict[Any, Any] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            value = super().run_node(n)
            found[n] = Sized(tuple(value.shape)) if isinstance(value, torch.Tensor) else value
            return value

    parameters = [one for one in traced.parameters() if one.is_floating_point()]
    dtype = parameters[0].dtype if parameters else torch.float32
    try:
        with torch.no_grad():
            Recorder(traced).run(torch.zeros(shape, dtype=dtype, device=device_of(traced)))
    except Exception as error:
        raise RaisesError(f"the module raises on an input of shape {list(shape)}: {named(error)}") from None
    return found


def require_number(step: Any, found: Mapping[Any, Any]) -> None:
    """Raise TranslationError about a step that gives no tensor, unless it only reckons with sizes."""
    if any(isinstance(found.get(one), Sized) for one in step.all_input_nodes):
        known = step.op == "call_method" and step.target in _SIZES
        known = known or (step.target is getattr and step.args[1] in _PLAIN) or step.target is len
    elif step.op == "call_function":
        known = _reckons(step.target)
    else:
        known = step.op == "get_attr" or (step.op == "call_method" and step.target in _COUNTS)
    if not known:
        raise refuse(step.name, title_of(step.target), "gives no tensor, and is not followed")


def _reckons(function: Any) -> bool:
    """Whether a function is Python's own, or an assertion."""
    import torch

    if function is torch._assert:  # noqa: SLF001 - what assertions become in a trace
        return True
    home = getattr(function, "__module__", None)
    changes = {operator.setitem, operator.delitem, builtins.setattr, builtins.delattr}
    return home in {builtins.__name__, math.__name__, operator.__name__, "_operator"} and function not in changes


def title_of(target: Any) -> str:
    """The name of a function or method."""
    return target if isinstance(target, str) else str(getattr(target, "__name__", target))


def device_of(model: Any) -> Any:
    """Where the weights are."""
    weight = next(model.parameters(), None)
    return "cpu" if weight is None else weight.device
