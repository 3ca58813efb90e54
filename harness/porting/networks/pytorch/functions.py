"""PyTorch's functions and methods, one by one, as steps of a trace: each with all of its arguments, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from harness.porting.networks.graph import Concat, Pad2d, Relu, Sigmoid
from harness.porting.networks.pytorch.read_layers import Done, padded, pooled, upsampled
from harness.porting.networks.reader import cut_out, refuse


def _cat(call: Any, name: str, kind: str) -> Done:
    axis = call.dim if call.axis is None else call.axis
    if axis not in {1, -3}:
        raise refuse(name, kind, f"dim={axis} is not ported, only the channels (dim=1)")
    return Concat(), {}


def _interpolate(call: Any, name: str, kind: str) -> Done:
    if call.antialias:
        raise refuse(name, kind, "antialias=True is not ported")
    return upsampled(call, name, kind)


def _pad(call: Any, name: str, kind: str) -> Done:
    if call.mode != "constant" or len(call.pad) not in {2, 4}:
        raise refuse(name, kind, "only zeros on height and width are ported")
    if call.value not in {None, 0, -float("inf")}:
        raise refuse(name, kind, f"value={call.value} is not ported, only zeros on height and width")
    return padded(call.pad, float(call.value or 0))


def _dropout(call: Any, name: str, kind: str) -> Done:
    if call.training:
        raise refuse(name, kind, "training=True draws at random")
    return None


_INTERPOLATED = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
_POOLED = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_FUNCTIONS: dict[str, tuple[Callable[[Any, str, str], Done], Mapping[str, Any]]] = {
    "relu": (lambda *_: (Relu(), {}), {"inplace": False}),
    "relu_": (lambda *_: (Relu(), {}), {}),
    "sigmoid": (lambda *_: (Sigmoid(), {}), {}),
    "sigmoid_": (lambda *_: (Sigmoid(), {}), {}),
    "contiguous": (lambda *_: None, {"memory_format": None}),
    "cat": (_cat, {"dim": 0, "axis": None}),
    "max_pool2d": (pooled, dict(zip(_POOLED, (None, None, 0, 1, False, False), strict=True))),
    "interpolate": (_interpolate, dict(zip(_INTERPOLATED, (None, None, "nearest", None, None, False), strict=True))),
    "pad": (_pad, {"pad": None, "mode": "constant", "value": None}),
    "dropout": (_dropout, {"p": 0.5, "training": True, "inplace": False}),
}
"""The reader of each function, and its arguments after the data with their defaults, in order."""
_METHODS = {"relu", "relu_", "sigmoid", "sigmoid_", "contiguous"}
_HOMES = {
    "torch": ("relu", "relu_", "sigmoid", "sigmoid_", "cat", "concat", "concatenate", "max_pool2d"),
    "torch.nn.functional": ("relu", "relu_", "sigmoid", "max_pool2d", "interpolate", "pad", "dropout", "dropout2d"),
}
_SAME = {"concat": "cat", "concatenate": "cat", "dropout2d": "dropout"}


@cache
def _kinds() -> dict[Any, str]:
    """Which of these a function is; others may have the same name."""
    return {
        getattr(import_module(home), name): _SAME.get(name, name) for home, names in _HOMES.items() for name in names
    }


def kind_of(step: Any) -> str | None:
    """Which of the functions that are read a step calls."""
    if step.op == "call_method":
        return step.target if step.target in _METHODS else None
    return _kinds().get(step.target)


def writes(step: Any) -> bool:
    """Whether a function that is read writes into its input."""
    kind = kind_of(step)
    return kind in {"relu_", "sigmoid_"} or (
        kind == "relu" and bool(step.kwargs.get("inplace", step.args[1:] == (True,)))
    )


def read_function(kind: str, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    """A function with its arguments. Raises TranslationError for settings that are not ported."""
    reader, defaults = _FUNCTIONS[kind]
    data = "tensors" if kind == "cat" else "input"
    strange = sorted(set(keywords) - {data, *defaults}) or [str(one) for one in arguments[1 + len(defaults) :]]
    if strange:
        raise refuse(name, kind, f"is called with {', '.join(strange)}, which is not followed")
    named = dict(zip(defaults, arguments[1:], strict=False))
    return reader(SimpleNamespace(**{**defaults, **named, **keywords}), name, kind)


def read_slice(name: str, shape: Sequence[int], index: Any) -> Done:
    """Rows and columns that are cut out of data of ``shape``."""
    pads = cut_out(name, shape, index, "NCHW")
    return (Pad2d(pads), {}) if any(map(any, pads)) else None
