"""PyTorch's functions and methods, one by one, as steps of a trace: each with all of its arguments, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from harness.porting.networks.graph import Concat, Operation, Pad2d, Relu, Sigmoid
from harness.porting.networks.pytorch.read_layers import Done, Skip, padded, pooled, upsampled
from harness.porting.networks.reader import cut_out, refuse

Arguments = Mapping[str, Any]


def _plain(operation: Operation) -> Callable[[str, Arguments], Done]:
    return lambda name, said: (operation, {})  # noqa: ARG005


def _skip(name: str, said: Arguments) -> Done:  # noqa: ARG001
    return Skip()


def _cat(name: str, said: Arguments) -> Done:
    axis = said.get("axis", said.get("dim", 0))
    if axis not in {1, -3}:
        raise refuse(name, "cat", f"dim={axis} is not ported, only the channels (dim=1)")
    return Concat(), {}


def _max_pool(name: str, said: Arguments) -> Done:
    if said.get("return_indices"):
        raise refuse(name, "max_pool2d", "return_indices=True is not ported")
    return pooled(
        name,
        "max_pool2d",
        said["kernel_size"],
        said.get("stride"),
        said.get("padding", 0),
        said.get("dilation", 1),
        said.get("ceil_mode", False),
    )


def _interpolate(name: str, said: Arguments) -> Done:
    if said.get("antialias"):
        raise refuse(name, "interpolate", "antialias=True is not ported")
    mode = said.get("mode", "nearest")
    return upsampled(name, "interpolate", said.get("scale_factor"), mode, said.get("align_corners"))


def _pad(name: str, said: Arguments) -> Done:
    if said.get("mode", "constant") != "constant" or len(said["pad"]) not in {2, 4}:
        raise refuse(name, "pad", "only zeros on height and width are ported")
    value = said.get("value")
    if value not in {None, 0, -float("inf")}:
        raise refuse(name, "pad", f"value={value} is not ported, only zeros on height and width")
    return padded(said["pad"], float(value or 0))


def _dropout(name: str, said: Arguments) -> Done:
    if said.get("training", True):
        raise refuse(name, "dropout", "training=True draws at random")
    return Skip()


WORDS: dict[str, tuple[str, Callable[[str, Arguments], Done]]] = {
    "relu": ("input inplace", _plain(Relu())),
    "relu_": ("input", _plain(Relu())),
    "sigmoid": ("input", _plain(Sigmoid())),
    "sigmoid_": ("input", _plain(Sigmoid())),
    "contiguous": ("input memory_format", _skip),
    "cat": ("tensors dim", _cat),
    "max_pool2d": ("input kernel_size stride padding dilation ceil_mode return_indices", _max_pool),
    "interpolate": (
        "input size scale_factor mode align_corners recompute_scale_factor antialias",
        _interpolate,
    ),
    "pad": ("input pad mode value", _pad),
    "dropout": ("input p training inplace", _dropout),
}
"""The arguments of each function, in order, and its reader."""
METHODS = {"relu", "relu_", "sigmoid", "sigmoid_", "contiguous"}
WRITING = {"relu_", "sigmoid_"}
SAME_WORD = {"axis": "dim"}


@cache
def _functions() -> dict[Any, str]:
    """Which of these a function is; others may have the same name."""
    import torch

    functional = torch.nn.functional
    return {
        torch.relu: "relu",
        torch.relu_: "relu_",
        functional.relu: "relu",
        functional.relu_: "relu_",
        torch.sigmoid: "sigmoid",
        torch.sigmoid_: "sigmoid_",
        functional.sigmoid: "sigmoid",
        torch.cat: "cat",
        torch.concat: "cat",
        torch.concatenate: "cat",
        torch.max_pool2d: "max_pool2d",
        functional.max_pool2d: "max_pool2d",
        functional.interpolate: "interpolate",
        functional.pad: "pad",
        functional.dropout: "dropout",
        functional.dropout2d: "dropout",
    }


def kind_of(step: Any) -> str | None:
    """Which of the functions that are read a step calls."""
    if step.op == "call_method":
        return step.target if step.target in METHODS else None
    return _functions().get(step.target)


def writes(step: Any) -> bool:
    """Whether a function that is read writes into its input."""
    kind = kind_of(step)
    return kind in WRITING or (kind == "relu" and bool(step.kwargs.get("inplace", step.args[1:] == (True,))))


def read_function(kind: str, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    """A function with its arguments. Raises TranslationError for settings that are not ported."""
    words, reader = WORDS[kind]
    known = words.split()
    said = {SAME_WORD.get(word, word): value for word, value in keywords.items()}
    strange = sorted(set(said) - set(known)) or [str(one) for one in arguments[len(known) :]]
    if strange:
        raise refuse(name, kind, f"is called with {', '.join(strange)}, which is not followed")
    return reader(name, {**dict(zip(known, arguments, strict=False)), **said})


def read_slice(name: str, shape: Sequence[int], index: Any) -> Done:
    """Rows and columns that are cut out of data of ``shape``."""
    pads = cut_out(name, shape, index, "NCHW")
    return (Pad2d(pads), {}) if any(map(any, pads)) else Skip()
