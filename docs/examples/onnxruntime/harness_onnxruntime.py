"""ONNX Runtime as an adapter of the conformance harness: every case is a model of one node, or of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness import Adapter, Inexpressible, Program, crops_of

NAMES = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}


class OnnxRuntime(Adapter):
    """The CPU provider, which computes these operators in float32."""

    name = "ort"
    dialect = "onnx"
    dtypes = ("float32",)
    packages: Mapping[str, str] = {"onnx": "onnx", "onnxruntime": "onnxruntime"}
    programs: Mapping[str, str] = {
        "conv_transpose2d": f"{__name__}:conv_transpose",
        "max_pool2d_with_indices": f"{__name__}:max_pool",
        "max_unpool2d": f"{__name__}:max_unpool",
        "avg_unpool2d": f"{__name__}:avg_unpool",
        "resize2d": f"{__name__}:resize",
        "resize_conv2d": f"{__name__}:resize_conv",
    }

    def start(self) -> dict[str, str]:
        """Import what computes; the versions stand in the report."""
        import onnx
        import onnxruntime

        return {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}


def node(*arrays: Any, operator: str, results: int = 1, **attributes: Any) -> Any:
    """One node of ``operator`` on ``arrays``, None for an input that is left out: what ONNX Runtime returns."""
    import onnxruntime
    from onnx import helper

    given = {f"input{index}": array for index, array in enumerate(arrays) if array is not None}
    names = [f"input{index}" if array is not None else "" for index, array in enumerate(arrays)]
    made = ["output", "indices"][:results]
    stated = {name: value for name, value in attributes.items() if value is not None}
    types = {name: helper.np_dtype_to_tensor_dtype(array.dtype) for name, array in given.items()}
    kinds = {"output": types["input0"], "indices": helper.np_dtype_to_tensor_dtype(np.dtype(np.int64))}
    graph = helper.make_graph(
        [helper.make_node(operator, names, made, **stated)],
        "case",
        [helper.make_tensor_value_info(name, types[name], array.shape) for name, array in given.items()],
        [helper.make_tensor_value_info(name, kinds[name], None) for name in made],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    found = session.run(None, given)
    return found[0] if results == 1 else tuple(found)


def program(function: str, call: Mapping[str, Any], *tensors: str, **more: Any) -> Program:
    """The call of a function of this module."""
    return Program.of_function(f"{__name__}:{function}", call, tensors, **more)


def sides(pads: Any) -> list[int]:
    """``((top, bottom), (left, right))`` as ONNX has it: what is before each axis, then what is after each."""
    return [side for pair in zip(*pads, strict=True) for side in pair]


def conv_transpose(case: Any) -> Program | Inexpressible:
    """ConvTranspose; zeros are put around what it returns where a dialect has more of them than products."""
    if case.layout == "NHWC":
        return Inexpressible("ONNX has images in NCHW only")
    if case.overrides:
        return Inexpressible("arrays that contradict the parameters are left out here")
    call: dict[str, Any] = {"strides": case.strides, "dilations": case.dilations, "group": case.groups}
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    crops = crops_of(case)
    if case.dialect == "onnx":
        named = isinstance(case.words.padding, str)
        call["operator"] = "ConvTranspose"
        call["auto_pad"] = NAMES[case.words.padding] if named else None
        call["pads"] = None if named or case.words.padding is None else sides(case.words.padding)
        call |= {"output_padding": case.words.output_padding, "output_shape": case.words.output_size}
        return program("node", call, *tensors)
    call["pads"] = sides([[max(side, 0) for side in pair] for pair in crops])
    zeros = [[max(-side, 0) for side in pair] for pair in crops]
    if not any(map(any, zeros)):
        return program("node", {"operator": "ConvTranspose", **call}, *tensors)
    why = ("no parameter of ConvTranspose appends zeros: they are put around its output",)
    return program("with_zeros", {"zeros": [[0, 0], [0, 0], *zeros], **call}, *tensors, reasons=why)


def with_zeros(x: Any, w: Any, b: Any = None, *, zeros: Any, **call: Any) -> Any:
    """A ConvTranspose with zeros around it, which the bias reaches too."""
    y = np.pad(node(x, w, operator="ConvTranspose", **call), zeros)
    return y if b is None else y + b[:, None, None]


def max_pool(case: Any) -> Program:
    """MaxPool, whose indices count images, channels, rows and columns."""
    call: dict[str, Any] = {"kernel_shape": case.pool_size, "strides": case.step, "dilations": case.dilations}
    if case.dialect == "onnx":
        named = isinstance(case.padding, str)
        call["auto_pad"] = NAMES[case.padding] if named else None
        call["pads"] = None if named or case.padding is None else sides(case.padding)
        call["ceil_mode"] = int(case.ceil_mode)
    else:
        call["pads"] = sides([(axis.before, axis.after) for axis in case.axes])
    call["target"] = dict(case.space.strides)
    why = () if case.space.name == "nchw" else ("the indices are counted anew",)
    return program("pooled", call, "input", outputs=("output", "indices"), reasons=why)


def pooled(x: Any, *, target: Any, **call: Any) -> Any:
    """A MaxPool whose indices grow along each axis by what ``target`` has for it."""
    y, indices = node(x, operator="MaxPool", results=2, **call)
    places = dict(zip("NCHW", np.unravel_index(indices, x.shape), strict=True))
    return y, sum(places[letter] * stride for letter, stride in target.items())


def max_unpool(case: Any) -> Program | Inexpressible:
    """MaxUnpool, which takes indices that count images, channels, rows and columns."""
    sizes = zip(case.input_size, case.step, case.pool_size, case.pads, strict=True)
    usual = tuple((n - 1) * s + k - sum(pads) for n, s, k, pads in sizes)
    if any(size < least for size, least in zip(case.size, usual, strict=True)):
        return Inexpressible("ONNX Runtime unpools to no size below (n - 1) * stride + kernel - pads")
    call = {"kernel_shape": case.pool_size, "strides": case.step, "pads": sides(case.pads)}
    call |= {"source": dict(case.space.strides), "shape": case.output_shape}
    call["larger"] = case.size != usual
    why = () if case.space.name == "nchw" else ("the indices are counted anew",)
    return program("unpooled", call, "input", "indices", reasons=why)


def unpooled(x: Any, indices: Any, *, source: Any, shape: Any, larger: bool, **call: Any) -> Any:
    """A MaxUnpool to ``shape``, of indices that grow along each axis by what ``source`` has for it."""
    places = dict(zip("NCHW", np.ogrid[tuple(slice(size) for size in x.shape)], strict=True))
    for letter, stride in source.items():
        first = letter == next(iter(source))
        places[letter] = indices // stride if first else indices // stride % shape["NCHW".index(letter)]
    counted = np.ravel_multi_index([places[letter] for letter in "NCHW"], shape, mode="wrap")
    stated = [np.array(shape)] if larger else []
    return node(x, counted.astype(np.int64), *stated, operator="MaxUnpool", **call)


def avg_unpool(case: Any) -> Program:
    """Resize by whole factors; a window that is cut is sliced."""
    call = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    why = ("the last window is cut",) if case.output_size else ()
    return program("resized", {"scales": case.pool_size, "size": case.size, **call}, "input", reasons=why)


def resize(case: Any) -> Program:
    """Resize by a scale or to a size."""
    return program("resized", resizing(case), "input")


def resizing(case: Any) -> dict[str, Any]:
    """The words of a Resize."""
    call = {"scales": case.scale, "size": case.size, "coordinate_transformation_mode": case.coordinates}
    if case.method == "nearest":
        default = "floor" if case.coordinates == "asymmetric" else "round_prefer_ceil"
        return {**call, "mode": "nearest", "nearest_mode": case.rounding or default}
    return {**call, "mode": "linear"}


def resized(x: Any, *, scales: Any, size: Any, **call: Any) -> Any:
    """A Resize to ``size``, by ``scales`` where there are some."""
    by_scale = scales is not None
    words = [np.array((1, 1, *scales), np.float32)] if by_scale else [None, np.array((*x.shape[:2], *size))]
    return node(x, None, *words, operator="Resize", **call)[:, :, : size[0], : size[1]]


def resize_conv(case: Any) -> Program:
    """A Resize, then a Conv whose output is as large."""
    tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
    pads = [((k - 1) // 2, k // 2) for k in case.kernel_size]
    why = ("two nodes: a Resize and a Conv, between which the image is padded",)
    return program("resized_conv", {"pads": pads, "border": case.border, **resizing(case)}, *tensors, reasons=why)


def resized_conv(x: Any, w: Any, b: Any = None, *, pads: Any, border: Any, **call: Any) -> Any:
    """Two nodes; ``border`` is what ``np.pad`` calls that which is beyond the image."""
    given = (w,) if b is None else (w, b)
    image = np.pad(resized(x, **call), [(0, 0), (0, 0), *pads], mode=border)
    return node(image, *given, operator="Conv")
