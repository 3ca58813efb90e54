"""PyTorch's layers, one by one: from a live module or a function of a trace to an operation, and back.

A reader gives the operation and its weights by role, ``Skip`` for what does nothing in inference, a ``Pad``, or None
for what is not known. It raises TranslationError for settings that are not ported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.live import UnreadableError
from harness.adapters.plan import Array
from harness.case import Pads, Pair
from harness.geometry import IllegalCaseError
from harness.networks.network import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    MaxPool2d,
    Operation,
    Relu,
    Sigmoid,
    Upsample2d,
)
from harness.networks.reading import refuse
from harness.networks.transposed import read_transposed


class Skip:
    """What does nothing in inference."""


@dataclass(frozen=True, slots=True)
class Pad:
    """Zeros around the data, to be joined with the convolution that follows."""

    pads: Pads

    def joined(self, operation: Conv2d) -> Conv2d:
        """The convolution with these zeros too."""
        pairs = [(a + c, b + d) for (a, b), (c, d) in zip(self.pads, operation.pads, strict=True)]
        return replace(operation, pads=(pairs[0], pairs[1]))


Done = tuple[Operation, Mapping[str, Array]] | Skip | Pad | None


def is_composed(module: Any) -> bool:
    """Whether ``module`` is a Sequential as translations compose one: a ConvTranspose2d, then crops or a bias."""
    import torch

    parts = list(module) if type(module) is torch.nn.Sequential else []
    names = [type(part).__name__ for part in parts]
    return len(parts) > 1 and names[0] == "ConvTranspose2d" and set(names[1:]) <= {"ZeroPad2d", "AddBias"}


def require_inference(model: Any) -> None:
    """Raise TranslationError about a layer that would be in training mode, before it could change its statistics."""
    import torch

    for name, layer in model.named_modules():
        known = isinstance(layer, torch.nn.modules.batchnorm._NormBase | torch.nn.modules.dropout._DropoutNd)  # noqa: SLF001
        if known and layer.training:
            raise refuse(
                name, layer, "is in training mode, where it depends on the batch or on chance: call eval() first"
            )


def array_of(tensor: Any) -> Array:
    """A copy."""
    array: Array = np.array(tensor.detach().cpu().numpy())
    return array


def _conv(layer: Any, name: str) -> Done:
    if layer.padding_mode != "zeros":
        raise refuse(name, layer, f"padding_mode={layer.padding_mode!r} is not ported, only 'zeros'")
    pads: list[Pair] = []
    for axis in range(2):
        extent = (layer.kernel_size[axis] - 1) * layer.dilation[axis] + 1
        if layer.padding == "same":
            pads.append(((extent - 1) // 2, extent - 1 - (extent - 1) // 2))
        else:
            each = 0 if layer.padding == "valid" else layer.padding[axis]
            pads.append((each, each))
    operation = Conv2d(
        layer.in_channels,
        layer.out_channels,
        tuple(layer.kernel_size),
        tuple(layer.stride),
        tuple(layer.dilation),
        layer.groups,
        (pads[0], pads[1]),
    )
    bias = {} if layer.bias is None else {"bias": array_of(layer.bias)}
    return operation, {"kernel": array_of(layer.weight), **bias}


def _transposed(layer: Any, name: str) -> Done:
    try:
        return read_transposed(layer)
    except (UnreadableError, IllegalCaseError) as error:
        raise refuse(name, layer, str(error)) from None


def _batch_norm(layer: Any, name: str) -> Done:
    if layer.running_mean is None:
        raise refuse(name, layer, "track_running_stats=False takes the statistics of each batch, which is not ported")
    mean = array_of(layer.running_mean)
    affine = layer.weight is not None
    return BatchNorm(layer.eps), {
        "gamma": array_of(layer.weight) if affine else np.ones_like(mean),
        "beta": array_of(layer.bias) if affine else np.zeros_like(mean),
        "mean": mean,
        "variance": array_of(layer.running_var),
    }


def _pool(layer: Any, name: str) -> Done:
    return _pooled(name, layer, layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode)


def _pooled(name: str, layer: object, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: Any) -> Done:
    if _pair(dilation) != (1, 1) or ceil:
        raise refuse(name, layer, "neither dilation nor ceil_mode are ported")
    pads = _pair(padding)
    size = _pair(kernel)
    return MaxPool2d(
        size, size if stride is None or stride == [] else _pair(stride), ((pads[0],) * 2, (pads[1],) * 2)
    ), {}


def _upsample(layer: Any, name: str) -> Done:
    return _upsampled(name, layer, layer.scale_factor, layer.mode, layer.align_corners)


def _upsampled(name: str, layer: object, scale: Any, mode: str, align_corners: Any) -> Done:
    factors = (0, 0) if scale is None else _pair(scale)
    whole = min(factors) >= 1 and all(factor == int(factor) for factor in factors)
    if mode not in {"nearest", "bilinear"} or not whole or align_corners:
        said = "only whole scale factors are ported, with mode='nearest', or 'bilinear' and align_corners=False"
        raise refuse(name, layer, said)
    return Upsample2d((int(factors[0]), int(factors[1])), "nearest" if mode == "nearest" else "bilinear"), {}


def _average(layer: Any, name: str) -> Done:
    if _pair(layer.padding) != (0, 0) or layer.ceil_mode or layer.divisor_override is not None:
        raise refuse(name, layer, "neither padding nor ceil_mode nor divisor_override are ported")
    return AveragePool2d(_pair(layer.kernel_size), _pair(layer.stride)), {}


def _zero_pad(layer: Any, name: str) -> Done:
    return _padded(name, layer, layer.padding)


def _padded(name: str, layer: object, sides: Sequence[int]) -> Done:
    left, right, top, bottom = sides if len(sides) == 4 else (*sides, 0, 0)
    if min(sides) < 0:
        raise refuse(name, layer, "negative padding is not ported")
    return Pad(((top, bottom), (left, right))) if any(sides) else Skip()


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


PLAIN: dict[str, Operation | None] = {
    "ReLU": Relu(),
    "Sigmoid": Sigmoid(),
    "relu": Relu(),
    "relu_": Relu(),
    "sigmoid": Sigmoid(),
    "Identity": None,
    "Dropout": None,
    "Dropout2d": None,
    "contiguous": None,
}
"""Modules, functions and methods without settings; None does nothing."""
_MODULES: dict[str, Callable[[Any, str], Done]] = {
    "Conv2d": _conv,
    "ConvTranspose2d": _transposed,
    "BatchNorm2d": _batch_norm,
    "MaxPool2d": _pool,
    "AvgPool2d": _average,
    "Upsample": _upsample,
    "UpsamplingNearest2d": _upsample,
    "ZeroPad2d": _zero_pad,
}


def _cat(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    axis = keywords.get("dim", keywords.get("axis", arguments[1] if len(arguments) > 1 else 0))
    if axis not in {1, -3}:
        raise refuse(name, "cat", f"dim={axis} is not ported, only the channels (dim=1)")
    return Concat(), {}


def _max_pool(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    words = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
    said = {
        "stride": None,
        "padding": 0,
        "dilation": 1,
        "ceil_mode": False,
        **dict(zip(words, arguments, strict=False)),
    }
    said |= keywords
    return _pooled(
        name, "max_pool2d", said["kernel_size"], said["stride"], said["padding"], said["dilation"], said["ceil_mode"]
    )


def _interpolate(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    words = ("input", "size", "scale_factor", "mode", "align_corners")
    said = {"scale_factor": None, "mode": "nearest", "align_corners": None, **dict(zip(words, arguments, strict=False))}
    said |= keywords
    return _upsampled(name, "interpolate", said["scale_factor"], said["mode"], said["align_corners"])


def _pad(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    said = {"mode": "constant", "value": None, **dict(zip(("input", "pad", "mode", "value"), arguments, strict=False))}
    said |= keywords
    if said["mode"] != "constant" or said["value"] not in {None, 0} or len(said["pad"]) not in {2, 4}:
        raise refuse(name, "pad", "only zeros on height and width are ported")
    return _padded(name, "pad", said["pad"])


def _dropout(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    if keywords.get("training", arguments[2] if len(arguments) > 2 else True):
        raise refuse(name, "dropout", "training=True draws at random")
    return Skip()


Function = Callable[[str, Sequence[Any], Mapping[str, Any]], Done]
_FUNCTIONS: dict[str, Function] = {
    "cat": _cat,
    "concat": _cat,
    "concatenate": _cat,
    "max_pool2d": _max_pool,
    "boolean_dispatch": _max_pool,
    "pad": _pad,
    "interpolate": _interpolate,
    "dropout": _dropout,
}


def is_known(layer: Any) -> bool:
    """Whether a live module is of a kind that is ported."""
    known = type(layer).__name__ in {*PLAIN, *_MODULES} and type(layer).__module__.startswith("torch.nn.")
    return known or is_composed(layer)


def read_module(layer: Any, name: str) -> Done:
    """A live module that is no container, or one that a translation composed."""
    if not is_known(layer):
        return None
    kind = type(layer).__name__
    return (
        _plain(kind)
        if kind in PLAIN
        else _transposed(layer, name)
        if is_composed(layer)
        else _MODULES[kind](layer, name)
    )


def read_function(title: str, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Done:
    """A function or method of a trace, by its ``title``."""
    if title in PLAIN:
        return _plain(title)
    return _FUNCTIONS[title](name, arguments, keywords) if title in _FUNCTIONS else None


def _plain(kind: str) -> Done:
    operation = PLAIN[kind]
    return Skip() if operation is None else (operation, {})
