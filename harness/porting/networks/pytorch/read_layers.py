"""PyTorch's layers, one by one: from a live module to an operation.

A reader gives the operation and its weights by role, or None for what does nothing in inference. It raises
TranslationError for settings that are not ported. Those of pooling and upsampling read calls of functions as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.conv_transpose import is_one_layer, read_transposed
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    Operation,
    Pad2d,
    Relu,
    Sigmoid,
    Upsample2d,
    same_pads,
)
from harness.porting.networks.reader import refuse

Done = tuple[Operation, Mapping[str, Array]] | None


def is_composed(module: Any) -> bool:
    """Whether ``module`` is a Sequential as translations compose one: a ConvTranspose2d, then crops or a bias."""
    import torch

    parts = list(module) if type(module) is torch.nn.Sequential else []
    if len(parts) < 2 or type(parts[0]) is not torch.nn.ConvTranspose2d:
        return False
    others = [one for one in parts if type(one) not in {torch.nn.ConvTranspose2d, torch.nn.ZeroPad2d}]
    return all(map(_adds_bias, others)) and (bool(others) or is_one_layer(module))


def _adds_bias(part: Any) -> bool:
    """Whether ``part`` is what translations add a bias with, by what it does to a few numbers."""
    import torch

    bias = getattr(part, "bias", None)
    if type(part).__name__ != "AddBias" or not isinstance(bias, torch.Tensor) or bias.ndim != 1:
        return False
    try:
        with torch.no_grad():
            x = torch.arange(float(len(bias) * 4), dtype=bias.dtype, device=bias.device).reshape(1, -1, 2, 2)
            return bool(torch.equal(part(x), x + bias[:, None, None]))
    except Exception:
        return False


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


def _conv(layer: Any, name: str, kind: str) -> Done:
    if layer.padding_mode != "zeros":
        raise refuse(name, kind, f"padding_mode={layer.padding_mode!r} is not ported, only 'zeros'")
    operation = Conv2d(
        layer.in_channels,
        layer.out_channels,
        tuple(layer.kernel_size),
        tuple(layer.stride),
        tuple(layer.dilation),
        layer.groups,
        NO_PADS,
    )
    if layer.padding == "same":
        operation = replace(operation, pads=same_pads((1, 1), operation.extents, (1, 1)))
    elif layer.padding != "valid":
        operation = replace(operation, pads=tuple((each, each) for each in layer.padding))
    bias = {} if layer.bias is None else {"bias": array_of(layer.bias)}
    return operation, {"kernel": array_of(layer.weight), **bias}


def _transposed(layer: Any, name: str, kind: str) -> Done:
    try:
        return read_transposed(layer)
    except (TranslationError, IllegalCaseError) as error:
        raise refuse(name, kind, str(error)) from None


def _batch_norm(layer: Any, name: str, kind: str) -> Done:
    if layer.running_mean is None:
        raise refuse(name, kind, "track_running_stats=False takes the statistics of each batch, which is not ported")
    mean = array_of(layer.running_mean)
    affine = layer.weight is not None
    return BatchNorm(layer.eps), {
        "gamma": array_of(layer.weight) if affine else np.ones_like(mean),
        "beta": array_of(layer.bias) if affine else np.zeros_like(mean),
        "mean": mean,
        "variance": array_of(layer.running_var),
    }


def pooled(layer: Any, name: str, kind: str) -> Done:
    """Max pooling. Raises TranslationError for settings that are not ported."""
    if layer.return_indices:
        raise refuse(name, kind, "return_indices=True is not ported")
    if _pair(layer.dilation) != (1, 1) or layer.ceil_mode:
        raise refuse(name, kind, "neither dilation nor ceil_mode are ported")
    rows, columns = _pair(layer.padding)
    size = _pair(layer.kernel_size)
    strides = size if layer.stride is None or layer.stride == [] else _pair(layer.stride)
    return MaxPool2d(size, strides, ((rows, rows), (columns, columns))), {}


def upsampled(layer: Any, name: str, kind: str) -> Done:
    """Upsampling by factors. Raises TranslationError for settings that are not ported."""
    factors = (0, 0) if layer.scale_factor is None else _pair(layer.scale_factor)
    whole = min(factors) >= 1 and all(factor == int(factor) for factor in factors)
    if layer.mode not in {"nearest", "bilinear"} or not whole or layer.align_corners:
        known = "only whole scale factors are ported, with mode='nearest', or 'bilinear' and align_corners=False"
        raise refuse(name, kind, known)
    return Upsample2d((int(factors[0]), int(factors[1])), "nearest" if layer.mode == "nearest" else "bilinear"), {}


def _average(layer: Any, name: str, kind: str) -> Done:
    if _pair(layer.padding) != (0, 0) or layer.ceil_mode or layer.divisor_override is not None:
        raise refuse(name, kind, "neither padding nor ceil_mode nor divisor_override are ported")
    return AveragePool2d(_pair(layer.kernel_size), _pair(layer.stride)), {}


def padded(sides: Sequence[int], fill: float = 0.0) -> Done:
    """What puts (left, right) or (left, right, top, bottom) around its input."""
    left, right, top, bottom = sides if len(sides) == 4 else (*sides, 0, 0)
    return (Pad2d(((top, bottom), (left, right)), fill), {}) if any(sides) else None


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


_PLAIN: dict[str, Done] = {
    "ReLU": (Relu(), {}),
    "Sigmoid": (Sigmoid(), {}),
    "Identity": None,
    "Dropout": None,
    "Dropout2d": None,
}
"""Modules without settings."""
_MODULES: dict[str, Callable[[Any, str, str], Done]] = {
    "Conv2d": _conv,
    "ConvTranspose2d": _transposed,
    "BatchNorm2d": _batch_norm,
    "MaxPool2d": pooled,
    "AvgPool2d": _average,
    "Upsample": upsampled,
    "UpsamplingNearest2d": upsampled,
    "ZeroPad2d": lambda layer, *_: padded(layer.padding),
}


def is_known(layer: Any) -> bool:
    """Whether a live module is of a kind that is ported, and of no class derived from it."""
    import torch

    kind = type(layer).__name__
    known = kind in {*_PLAIN, *_MODULES} and type(layer) is getattr(torch.nn, kind, None)
    return known or is_composed(layer)


def read_module(layer: Any, name: str) -> Done:
    """A live module of a known kind that is no container, or one that a translation composed."""
    kind = type(layer).__name__
    if kind in _PLAIN:
        return _PLAIN[kind]
    return (_transposed if is_composed(layer) else _MODULES[kind])(layer, name, kind)


def read_sized(layer: Any, name: str, size: Sequence[int], output_size: Any) -> Done:
    """A ConvTranspose2d called with an ``output_size`` for an input of (height, width) ``size``."""
    done = _transposed(layer, name, type(layer).__name__)
    if done is None or not isinstance(done[0], ConvTranspose2d) or type(layer).__name__ == "Sequential":
        raise refuse(name, layer, "is called with output_size, which is not followed")
    operation = done[0]
    wanted = list(output_size)[-2:]
    axes = zip(size, operation.strides, operation.extents, operation.crops, wanted, strict=True)
    crops = tuple((begin, (n - 1) * s + extent - begin - o) for n, s, extent, (begin, _), o in axes)
    return replace(operation, crops=crops), done[1]
