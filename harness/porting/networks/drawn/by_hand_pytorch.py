"""A drawn network as one writes it in PyTorch."""

from __future__ import annotations

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
    """Whether padding and output_padding say the crops."""
    spans = zip(step.pads, step.strides, step.dilations, strict=True)
    return step.style % 2 == 0 and all(0 <= begin - end < max(s, d) for (begin, end), s, d in spans)


def _cut(step: Step, y: Any) -> Any:
    from torch.nn import functional

    (top, bottom), (left, right) = step.pads
    if step.style % 4 > 1:
        return functional.pad(y, (-left, -right, -top, -bottom))
    return y[:, :, top : -bottom or None, left : -right or None]


def _module(step: Step, drawing: Drawing) -> Any:
    import torch

    nn = torch.nn
    made: Any = None
    if step.kind in {"conv2d", "conv_transpose2d"}:
        made = _convolution(step)
    elif step.kind == "batch_norm":
        made = nn.BatchNorm2d(len(step.weights["mean"]), step.epsilon)
        names = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}
        _fill(made, {name: step.weights[role] for name, role in names.items()})
    elif step.kind == "relu" and step.style > 3:
        readers = [one for one in drawing.steps if step.inputs[0] in one.inputs]
        made = nn.ReLU(inplace=len(readers) == 1 and step.inputs[0] not in {"x", drawing.steps[-1].name})
    elif step.kind == "sigmoid" and step.style > 3:
        made = nn.Sigmoid()
    elif step.kind == "max_pool2d":
        made = nn.MaxPool2d(
            step.kernel_size, step.strides, tuple(begin for begin, _ in step.pads) if _alike(step) else 0
        )
    elif step.kind == "average_pool2d":
        made = nn.AvgPool2d(step.kernel_size, step.strides)
    elif step.kind == "upsample2d":
        made = nn.Upsample(
            scale_factor=tuple(map(float, step.strides)),
            mode=step.way.removesuffix("-corners"),
            align_corners=True if step.way.endswith("-corners") else None,
        )
    return made


def _convolution(step: Step) -> Any:
    import torch

    kernel, bias = step.weights["kernel"], step.weights.get("bias")
    said: dict[str, Any] = {
        "stride": step.strides,
        "dilation": step.dilations,
        "groups": step.groups,
        "bias": bias is not None,
    }
    if step.kind == "conv2d":
        said["padding"] = tuple(begin for begin, _ in step.pads) if _alike(step) else 0
        made = torch.nn.Conv2d(kernel.shape[1] * step.groups, kernel.shape[0], step.kernel_size, **said)
    else:
        if _native(step):
            said["padding"] = tuple(begin for begin, _ in step.pads)
            said["output_padding"] = tuple(begin - end for begin, end in step.pads)
        made = torch.nn.ConvTranspose2d(kernel.shape[0], kernel.shape[1] * step.groups, step.kernel_size, **said)
    _fill(made, {"weight": kernel} | ({} if bias is None else {"bias": bias}))
    return made


def _fill(module: Any, arrays: dict[str, Any]) -> None:
    import torch

    with torch.no_grad():
        for name, array in arrays.items():
            getattr(module, name).copy_(torch.from_numpy(np.array(array)))
