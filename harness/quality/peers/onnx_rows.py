"""The tests of ONNX: nodes with their expected outputs, and models that PyTorch was converted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.quality.peers.row import Array, Row, UnstatedError, two_axes

PADDINGS = {b"SAME_UPPER": "same", b"SAME_LOWER": "same_lower", b"VALID": "valid"}
CONVERTED = ("pytorch-converted", "pytorch-operator")


def rows(match: Callable[[str], bool]) -> Iterator[Row]:
    """Those of ConvTranspose, MaxPool, MaxUnpool, Resize and Upsample, each with the output that is expected."""
    from onnx.backend.test.case.node import collect_testcases

    for test in collect_testcases(None):
        nodes = test.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in STATED and match(test.name):
            yield _row(test.name, test.model.graph, *test.data_sets[0])
    for kind in CONVERTED:
        yield from (row for row in _converted(kind) if match(row.name))


def versions() -> dict[str, str]:
    """What is read."""
    import onnx

    return {"onnx": onnx.__version__}


def _converted(kind: str) -> Iterator[Row]:
    import onnx
    from onnx.backend.test.loader import load_model_tests

    def read(path: Path) -> Array:
        array: Array = onnx.numpy_helper.to_array(onnx.load_tensor(str(path)))
        return array

    for test in load_model_tests(kind=kind):
        folder = Path(test.model_dir)
        graph = onnx.load(str(folder / "model.onnx")).graph
        if [node.op_type in STATED for node in graph.node] != [True]:
            continue
        data = folder / "test_data_set_0"
        given, expected = ([read(one) for one in sorted(data.glob(f"{side}_*.pb"))] for side in ("input", "output"))
        yield _row(f"{kind}-{test.name}", graph, given, expected)


def _row(name: str, graph: Any, given: Sequence[Array], expected: Sequence[Array]) -> Row:
    from onnx import helper, numpy_helper

    (node,) = graph.node
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    free = [one.name for one in graph.input if one.name not in held]
    held |= dict(zip(free, given, strict=False))
    tensors = [held.get(one) for one in node.input]
    words = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    try:
        two_axes(tensors[0].ndim - 2 if tensors[0] is not None else 0)
        return STATED[node.op_type](name, words, tensors, expected)
    except UnstatedError as error:
        return Row(name, absent=str(error))


def _padding(words: Mapping[str, Any]) -> dict[str, Any]:
    if (name := PADDINGS.get(words.get("auto_pad", b"NOTSET"))) is not None:
        return {"padding": name}
    if "pads" not in words:
        return {}
    top, left, bottom, right = words["pads"]
    return {"padding": [[top, bottom], [left, right]]}


def _renamed(words: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {name: words[key] for key, name in names.items() if key in words}


def _conv_transpose(name: str, given: Mapping[str, Any], tensors: Sequence[Any], expected: Sequence[Array]) -> Row:
    x, w, *bias = tensors
    words = {"dialect": "onnx", **_padding(given)}
    words |= _renamed(
        given,
        strides="strides",
        dilations="dilations",
        group="groups",
        output_padding="output_padding",
        output_shape="output_size",
    )
    if bias:
        words["bias"] = bias[0].tolist()
    sizes = zip(x.shape[2:], w.shape[2:], given.get("strides", (1, 1)), given.get("dilations", (1, 1)), strict=True)
    full = [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in sizes]
    added = given.get("output_padding", (0, 0))
    totals = [f + q - o for f, q, o in zip(full, added, given.get("output_shape", full), strict=True)]
    if min(totals) < 0:
        words["expect"] = {"readings": _readings(totals)}
    inputs = {"input": ("NCHW", x), "kernel": ("IOHW", w)}
    return Row(name, "conv_transpose2d", words, inputs, {"output": ("NCHW", expected[0])}, expected=True)


def _readings(totals: Sequence[int]) -> list[dict[str, Any]]:
    """Both of half a negative total: rounded down, and toward zero."""
    text = "pads[start_i] = total_padding[i] - (total_padding[i]/2)"
    halves = {"rounded-down": [t // 2 for t in totals], "toward-zero": [int(t / 2) for t in totals]}
    return [
        {"name": name, "because": text, "crops": [[t - h, h] for t, h in zip(totals, half, strict=True)]}
        for name, half in halves.items()
    ]


def _max_pool(name: str, given: Mapping[str, Any], tensors: Sequence[Any], expected: Sequence[Array]) -> Row:
    words = {"dialect": "onnx", "dtype": str(tensors[0].dtype), **_padding(given)}
    words |= {"strides": [1, 1]} | _renamed(given, kernel_shape="pool_size", strides="strides", dilations="dilations")
    if given.get("ceil_mode"):
        words["ceil_mode"] = True
    if given.get("storage_order"):
        words["index_space"] = "ncwh"
    results = {key: ("NCHW", one) for key, one in zip(("output", "indices"), expected, strict=False)}
    return Row(name, "max_pool2d_with_indices", words, {"input": ("NCHW", tensors[0])}, results, expected=True)


def _max_unpool(name: str, given: Mapping[str, Any], tensors: Sequence[Any], expected: Sequence[Array]) -> Row:
    x, indices, *shape = tensors
    words = {"dialect": "onnx", **_padding(given)}
    words |= {"strides": [1, 1]} | _renamed(given, kernel_shape="pool_size", strides="strides")
    if shape:
        words["output_size"] = shape[0][2:].tolist()
    inputs = {"input": ("NCHW", x), "indices": ("NCHW", indices)}
    return Row(name, "max_unpool2d", words, inputs, {"output": ("NCHW", expected[0])}, expected=True)


def _resize(name: str, given: Mapping[str, Any], tensors: Sequence[Any], expected: Sequence[Array]) -> Row:
    x, _, scales, sizes = [*tensors, None, None][:4]
    methods = {b"nearest": "nearest", b"linear": "bilinear"}
    mode, coordinates = given.get("mode", b"nearest"), given.get("coordinate_transformation_mode", b"half_pixel")
    if mode not in methods:
        raise UnstatedError(f"{mode.decode()} resizing")
    if coordinates not in {b"half_pixel", b"align_corners", b"asymmetric"}:
        raise UnstatedError(f"coordinates {coordinates.decode()}")
    if given.get("antialias"):
        raise UnstatedError("antialiased resizing")
    if given.get("keep_aspect_ratio_policy", b"stretch") != b"stretch":
        raise UnstatedError("sizes that keep the aspect ratio")
    words = {"dialect": "onnx", "method": methods[mode], "coordinates": coordinates.decode()}
    if mode == b"nearest":
        words["rounding"] = given.get("nearest_mode", b"round_prefer_floor").decode()
    axes = list(given.get("axes", range(4)))
    stated = sizes if sizes is not None else scales
    both = [stated[axes.index(axis)].item() for axis in (2, 3)]
    words |= {"output_size": both} if sizes is not None else {"scale": both}
    return Row(name, "resize2d", words, {"input": ("NCHW", x)}, {"output": ("NCHW", expected[0])}, expected=True)


def _upsample(name: str, given: Mapping[str, Any], tensors: Sequence[Any], expected: Sequence[Array]) -> Row:
    """The operator before Resize: coordinates are asymmetric, and rounded down."""
    legacy = {"coordinate_transformation_mode": b"asymmetric", "nearest_mode": b"floor"}
    return _resize(name, {**given, **legacy}, [tensors[0], None, tensors[1]], expected)


STATED = {
    "ConvTranspose": _conv_transpose,
    "MaxPool": _max_pool,
    "MaxUnpool": _max_unpool,
    "Resize": _resize,
    "Upsample": _upsample,
}
