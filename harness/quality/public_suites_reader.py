"""Reads the test data of other projects from their installed packages, for a process of its own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

RANK = 4
"""Axes of the data of a two-dimensional convolution."""


def read_onnx() -> dict[str, Any]:
    """The node tests of ConvTranspose that onnx ships, with their expected outputs."""
    import onnx
    from onnx.backend.test.case.node import collect_testcases

    samples = []
    for test in collect_testcases("ConvTranspose"):
        node = test.model.graph.node[0]
        inputs, outputs = test.data_sets[0]
        if node.op_type != "ConvTranspose" or inputs[0].ndim != RANK:
            continue
        given = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        samples.append(
            {
                "id": test.name,
                "dialect": "onnx",
                "input": inputs[0].tolist(),
                "kernel": inputs[1].tolist(),
                "bias": inputs[2].tolist() if len(inputs) > 2 else None,
                "expected": outputs[0].tolist(),
                "strides": given.get("strides", [1, 1]),
                "dilations": given.get("dilations", [1, 1]),
                "groups": given.get("group", 1),
                "output_padding": given.get("output_padding"),
                "output_size": given.get("output_shape"),
                "padding": _onnx_padding(given),
            }
        )
    return {"version": f"onnx {onnx.__version__}", "samples": samples}


def _onnx_padding(given: Mapping[str, Any]) -> Any:
    names = {b"SAME_UPPER": "same", b"SAME_LOWER": "same_lower", b"VALID": "valid"}
    if (name := names.get(given.get("auto_pad", b"NOTSET"))) is not None:
        return name
    if "pads" not in given:
        return None
    top, left, bottom, right = given["pads"]
    return [[top, bottom], [left, right]]


def read_torch() -> dict[str, Any]:
    """The sample inputs of ``nn.functional.conv_transpose2d`` in PyTorch's OpInfo, in float32; OpInfo seeds them."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    info = next(one for one in op_db if one.name == "nn.functional.conv_transpose2d")
    samples = [_torch_sample(number, one) for number, one in enumerate(info.sample_inputs("cpu", torch.float32), 1)]
    return {"version": f"torch {torch.__version__}", "samples": samples}


def _torch_sample(number: int, sample: Any) -> dict[str, Any]:
    """One sample; an input without a batch becomes a batch of one."""
    names = ("weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
    given = dict(zip(names, sample.args, strict=False)) | dict(sample.kwargs)
    x = sample.input if sample.input.ndim == RANK else sample.input[None]
    padding = _pair(given.get("padding", 0))
    bias = given.get("bias")
    return {
        "id": f"sample-{number:02}",
        "dialect": "pytorch",
        "input": x.tolist(),
        "kernel": given["weight"].tolist(),
        "bias": None if bias is None else bias.tolist(),
        "expected": None,
        "strides": _pair(given.get("stride", 1)),
        "dilations": _pair(given.get("dilation", 1)),
        "groups": given.get("groups", 1),
        "output_padding": _pair(given.get("output_padding", 0)),
        "output_size": None,
        "padding": [[one, one] for one in padding],
    }


def _pair(value: Any) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


READERS = {"onnx": read_onnx, "torch": read_torch}


def read(name: str) -> dict[str, Any]:
    """What the suite called ``name`` requests of a two-dimensional transposed convolution, as plain data.

    It holds ``version``, and ``samples`` of numbers and nested lists.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data made for other operators, and of other packages
        return READERS[name]()
