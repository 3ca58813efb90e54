"""A drawn network as one writes it in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.porting.networks.drawn.steps import Drawing, Step


def write(drawing: Drawing) -> Any:
    """A torch.nn.Module in evaluation mode, on (N, C, H, W)."""
    import torch

    class Drawn(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for step in drawing.steps:
                module = _module(step, drawing)
                if module is not None:
                    self.add_module(step.name, module)

        def forward(self, x: Any) -> Any:
            values = {"x": x}
            for step in drawing.steps:
                read = [values[name] for name in step.inputs]
                values[step.name] = _call(self, step, read)
            return values[drawing.steps[-1].name]

    return Drawn().eval()


def _call(model: Any, step: Step, read: list[Any]) -> Any:
    import torch

    x = read[0]
    if step.kind == "concat":
        return torch.cat(read, 1) if step.style % 2 else torch.cat(tuple(read), dim=-3)
    if step.kind in {"relu", "sigmoid"} and not hasattr(model, step.name):
        function = getattr(torch, step.kind)
        return function(x) if step.style % 2 else getattr(x, step.kind)()
    if step.kind in {"conv2d", "max_pool2d"}:
        x = _padded(step, x)
    y = getattr(model, step.name)(x)
    return _cut(step, y) if step.kind == "conv_transpose2d" and not _native(step) else y


def _padded(step: Step, x: Any) -> Any:
    """What the module does not pad itself."""
    from torch.nn import functional

    fill: dict[str, Any] = {"value": -float("inf")} if step.kind == "max_pool2d" else {}
    if step.same:
        sides: list[Any] = []
        for axis in (1, 0):
            n, stride = x.shape[2 + axis], step.strides[axis]
            # the documentation's total, which is not negative for windows that are at least as large as the stride
            total = (-(-n // stride) - 1) * stride + step.extents[axis] - n
            sides += [total // 2, total - total // 2]
        return functional.pad(x, sides, **fill)
    return x if _alike(step) else functional.pad(x, [*step.pads[1], *step.pads[0]], **fill)


def _alike(step: Step) -> bool:
    return not step.same and all(begin == end for begin, end in step.pads)


def _native(step: Step) -> bool:
    """Whether padding and output_padding state the crops."""
    spans = zip(step.pads, step.strides, step.dilations, strict=True)
    return step.style % 2 == 0 and all(0 <= begin - end < max(s, d) for (begin, end), s, d in spans)


def _cut(step: Step, y: Any) -> Any:
    from torch.nn import functional

    (top, bottom), (left, right) = step.pads
    if step.style % 4 > 1:
        return functional.pad(y, (-left, -right, -top, -bottom))
    return y[:, :, top : -bottom or None, left : -right or None]


def is_function(step: Step) -> bool:
    """Whether a layer is written as a function, and has no module."""
    return step.kind == "concat" or (step.kind in {"relu", "sigmoid"} and step.style <= 3)


def _module(step: Step, drawing: Drawing) -> Any:
    """The module of a layer; None for what is written as a function."""
    from torch import nn

    if is_function(step):
        return None
    readers = [one for one in drawing.steps if step.inputs[0] in one.inputs]
    alone = len(readers) == 1 and step.inputs[0] not in {"x", drawing.steps[-1].name}
    makers: dict[str, Callable[[], Any]] = {
        "conv2d": lambda: _convolution(step),
        "conv_transpose2d": lambda: _convolution(step),
        "batch_norm": lambda: _batch_norm(step),
        "relu": lambda: nn.ReLU(inplace=alone),
        "sigmoid": nn.Sigmoid,
        "max_pool2d": lambda: nn.MaxPool2d(step.kernel_size, step.strides, _own_padding(step)),
        "average_pool2d": lambda: nn.AvgPool2d(step.kernel_size, step.strides),
        "upsample2d": lambda: nn.Upsample(
            scale_factor=tuple(map(float, step.strides)),
            mode=step.way.removesuffix("-corners"),
            align_corners=True if step.way.endswith("-corners") else None,
        ),
    }
    return makers[step.kind]()


def _batch_norm(step: Step) -> Any:
    import torch

    names = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}
    module = torch.nn.BatchNorm2d(len(step.weights["mean"]), step.epsilon)
    return _filled(module, {name: step.weights[role] for name, role in names.items()})


def _own_padding(step: Step) -> Any:
    return tuple(begin for begin, _ in step.pads) if _alike(step) else 0


def _convolution(step: Step) -> Any:
    from torch import nn

    arrays = {{"kernel": "weight"}.get(role, role): array for role, array in step.weights.items()}
    common: dict[str, Any] = {"stride": step.strides, "dilation": step.dilations, "groups": step.groups}
    common["bias"] = "bias" in step.weights
    one, other = arrays["weight"].shape[:2]
    if step.kind == "conv2d":
        made = nn.Conv2d(other * step.groups, one, step.kernel_size, padding=_own_padding(step), **common)
        return _filled(made, arrays)
    if _native(step):
        common["padding"] = tuple(begin for begin, _ in step.pads)
        common["output_padding"] = tuple(begin - end for begin, end in step.pads)
    return _filled(nn.ConvTranspose2d(one, other * step.groups, step.kernel_size, **common), arrays)


def _filled(module: Any, arrays: dict[str, Any]) -> Any:
    import torch

    with torch.no_grad():
        for name, array in arrays.items():
            getattr(module, name).copy_(torch.from_numpy(np.array(array)))
    return module
