"""The sample inputs of PyTorch's OpInfo, in float32, with what PyTorch computes from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from harness.quality.peers.row import Laid, Row, UnstatedError, two_axes

MODES = {"nearest": "asymmetric", "nearest-exact": "half_pixel", "bilinear": ""}
Named = Mapping[str, Any]


def rows(match: Callable[[str], bool]) -> Iterator[Row]:
    """Those of transposed convolution, max pooling, max unpooling, and resizing by whatever name."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    for info in op_db:
        short = info.name.removeprefix("nn.functional.")
        stated = next((one for start, one in STATED.items() if short.startswith(start)), None)
        if stated is None or short.endswith("_backward") or not match(f"{short} {info.variant_test_name}"):
            continue
        for number, sample in enumerate(info.sample_inputs("cpu", torch.float32), 1):
            name = f"{short} {info.variant_test_name} {number}"
            try:
                yield stated(name, short, sample, partial(_computed, info, sample))
            except UnstatedError as error:
                yield Row(name, absent=str(error))


def versions() -> dict[str, str]:
    """What is read, and computes."""
    import torch

    return {"torch": torch.__version__}


def _computed(info: Any, sample: Any) -> Any:
    return info.op(sample.input, *sample.args, **sample.kwargs)


def _named(sample: Any, *names: str) -> dict[str, Any]:
    return dict(zip(names, sample.args, strict=False)) | dict(sample.kwargs)


def _laid(tensor: Any) -> Laid:
    array = np.array(tensor.detach())
    return "NCHW"[4 - array.ndim :], array


def _pair(value: Any) -> list[int]:
    pair = [value, value] if isinstance(value, int) else list(value)
    return pair * 2 if len(pair) == 1 else pair


def _results(made: Any, *names: str) -> dict[str, Laid]:
    return {name: _laid(one) for name, one in zip(names, made if isinstance(made, tuple) else (made,), strict=True)}


def _rank(short: str) -> None:
    """Raise UnstatedError where the operator's name ends in another number of axes than two."""
    two_axes(int(short[-2]))


def _conv_transpose(name: str, short: str, sample: Any, compute: Callable[[], Any]) -> Row:
    _rank(short)
    given = _named(sample, "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
    words: dict[str, Any] = {
        "dialect": "pytorch",
        "strides": _pair(given.get("stride", 1)),
        "padding": _pair(given.get("padding", 0)),
        "output_padding": _pair(given.get("output_padding", 0)),
        "dilations": _pair(given.get("dilation", 1)),
        "groups": given.get("groups", 1),
    }
    if given.get("bias") is not None:
        words["bias"] = given["bias"].tolist()
    x = _laid(sample.input)
    if x[0] == "CHW":
        words["overrides"] = {"input": list(x[1].shape)}
    inputs = {"input": x, "kernel": ("IOHW", np.array(given["weight"].detach()))}
    return Row(name, "conv_transpose2d", words, inputs, _results(compute(), "output"))


def _max_pool(name: str, short: str, sample: Any, compute: Callable[[], Any]) -> Row:
    _rank(short)
    given = _named(sample, "kernel_size", "stride", "padding", "dilation")
    words: dict[str, Any] = {
        "dialect": "pytorch",
        "pool_size": _pair(given["kernel_size"]),
        "padding": _pair(given.get("padding", 0)),
        "dilations": _pair(given.get("dilation", 1)),
        "ceil_mode": bool(given.get("ceil_mode", False)),
    }
    if given.get("stride") is not None:
        words["strides"] = _pair(given["stride"])
    made = compute()
    names = ("output", "indices")[: 2 if isinstance(made, tuple) else 1]
    return Row(name, "max_pool2d_with_indices", words, {"input": _laid(sample.input)}, _results(made, *names))


def _max_unpool(name: str, short: str, sample: Any, compute: Callable[[], Any]) -> Row:
    _rank(short)
    given = _named(sample, "indices", "kernel_size", "stride", "padding", "output_size")
    indices = _laid(given["indices"])
    words: dict[str, Any] = {
        "dialect": "pytorch",
        "pool_size": _pair(given["kernel_size"]),
        "padding": _pair(given.get("padding", 0)),
        "strides": _pair(given["kernel_size"] if given.get("stride") is None else given["stride"]),
    }
    if given.get("output_size") is not None:
        words["output_size"] = list(given["output_size"])[-2:]
    planes = indices[1].reshape(-1, indices[1].shape[-2] * indices[1].shape[-1])
    if any(len(set(plane)) < len(plane) for plane in planes.tolist()):
        text = "nothing says which of several values goes to one index"
        words["expect"] = {"readings": [{"name": one, "because": text} for one in ("first", "last")]}
    inputs = {"input": _laid(sample.input), "indices": indices}
    return Row(name, "max_unpool2d", words, inputs, _results(compute(), "output"))


def _resize(name: str, short: str, sample: Any, compute: Callable[[], Any]) -> Row:
    two_axes(sample.input.ndim - 2)
    if short == "_upsample_bilinear2d_aa":
        raise UnstatedError("antialiased resizing")
    given = _named(sample, "size", "scale_factor", "mode", "align_corners")
    usual = {"upsample_bilinear": "bilinear", "upsample_nearest": "nearest"}.get(short, "nearest")
    mode = given.get("mode", usual)
    if mode not in MODES:
        raise UnstatedError(f"{mode} resizing")
    if given.get("antialias"):
        raise UnstatedError("antialiased resizing")
    aligned = bool(given.get("align_corners", short == "upsample_bilinear"))
    words: dict[str, Any] = {
        "dialect": "pytorch",
        "method": "bilinear" if mode == "bilinear" else "nearest",
        "coordinates": MODES[mode] or ("align_corners" if aligned else "half_pixel"),
    }
    if given.get("size") is not None:
        words["output_size"] = _pair(given["size"])
    else:
        scale = given["scale_factor"]
        words["scale"] = list(scale) if isinstance(scale, tuple | list) else [scale, scale]
    return Row(name, "resize2d", words, {"input": _laid(sample.input)}, _results(compute(), "output"))


STATED = {
    "conv_transpose": _conv_transpose,
    "max_pool1d": _max_pool,
    "max_pool2d": _max_pool,
    "max_pool3d": _max_pool,
    "max_unpool": _max_unpool,
    "interpolate": _resize,
    "upsample_": _resize,
    "_upsample_bilinear2d_aa": _resize,
}
