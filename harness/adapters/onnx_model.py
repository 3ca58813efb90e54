"""Cases as models in ONNX: a graph of its operators that computes what a case requests, from arrays in NCHW.

The input and the indices are inputs of the graph, the kernel and the bias are constants in it, as in models that were
trained; the results are called ``output`` and ``indices``. Gradients are no part of a model. Source: the descriptions
of the operators ConvTranspose, MaxPool, MaxUnpool, Resize and Conv in the ONNX specification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, Pads
from harness.core.dtypes import DTYPES
from harness.operations.avg_unpool2d.case import AvgUnpoolCase
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.index_spaces import LETTERS, Space
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_unpool2d.case import MaxUnpoolCase
from harness.operations.resize2d.case import ResizeCase, default_rounding
from harness.operations.resize_conv2d.case import ResizeConvCase

Array = npt.NDArray[Any]
Words = dict[str, Any]
Results = Mapping[str, str]
"""The name that each output has in a graph that is not finished."""
OPSET = 13
"""Of models: old, so that many runtimes read it."""
LATER_OPSET = 22
"""The first in which all operators take bfloat16; it states where a pooling that rounds up ends, and pads around."""
CONSTANT = ("kernel", "bias")
_NAMES = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}


class UnstatedError(Exception):
    """ONNX has no words for a case; the message says why."""


def model_of(case: AnyCase, tensors: Mapping[str, Array]) -> bytes | str:
    """The model of ``case`` on ``tensors``, as a file has it, or why ONNX has no words for it."""
    if case.nominal and case.dialect != "onnx":
        return f"{'an error' if case.expect.error else 'an ambiguity'} of the dialect {case.dialect}"
    if DTYPES[case.dtype].kind != "float":
        return f"ONNX computes no {case.op} in {case.dtype}"
    try:
        return _checked(case, tensors)
    except UnstatedError as error:
        return str(error)


def _checked(case: AnyCase, tensors: Mapping[str, Array]) -> bytes:
    """The model; the checker of ONNX has read it where no error is expected."""
    import onnx

    graph = Graph({name: array for name, array in tensors.items() if name != "cotangent"})
    made = _BUILDERS[case.op](graph, case)
    results: Results = {name: made[name] for name in case.outputs if name in made}
    model = graph.finished(case, results)
    if not case.expect.error:
        onnx.checker.check_model(model)
    serialized: bytes = model.SerializeToString(deterministic=True)
    return serialized


class Graph:
    """A graph that is being made on ``tensors``; names of values that no one sees are numbers."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.constants = {name: array for name, array in tensors.items() if name in CONSTANT}

    def constant(self, values: npt.ArrayLike, dtype: str = "int64") -> str:
        """The name of a constant that holds ``values``."""
        name = f"constant{len(self.constants)}"
        self.constants[name] = np.array(values, dtype)
        return name

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node, of which attributes that are None are left out; the name of its first result.

        That of a second one has an underscore after it.
        """
        from onnx.helper import make_node

        name = f"value{len(self.nodes)}"
        stated = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(make_node(operator, inputs, [name, f"{name}_"][:outputs], **stated))
        return name

    def finished(self, case: AnyCase, results: Results) -> Any:
        """The model whose outputs are ``results``, by the names that they have outside."""
        from onnx import helper, numpy_helper

        outside = {inside: name for name, inside in results.items()}
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [outside.get(name, name) for name in names]
        given = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in self.tensors.items()
            if name not in self.constants
        ]
        dtype = helper.np_dtype_to_tensor_dtype(DTYPES[case.dtype].numpy)
        integer = helper.np_dtype_to_tensor_dtype(np.dtype(np.int64))
        shape = _output_shape(case)
        made = [helper.make_tensor_value_info(name, integer if name == "indices" else dtype, shape) for name in results]
        constants = [numpy_helper.from_array(array, name) for name, array in self.constants.items()]
        graph = helper.make_graph(self.nodes, "case", given, made, constants, doc_string=case.name)
        wraps = isinstance(case, ResizeConvCase) and case.padding_mode == "circular"
        late = case.dtype == "bfloat16" or getattr(case, "ceil_mode", False) or wraps
        opset = helper.make_opsetid("", LATER_OPSET if late else OPSET)
        return helper.make_model(
            graph, producer_name="harness", opset_imports=[opset], ir_version=helper.find_min_ir_version_for([opset])
        )


def _output_shape(case: Any) -> Sequence[int | None]:
    """That of a legal case; of another one four sizes that are left open."""
    if case.nominal:
        return (None,) * 4
    made: tuple[int, ...] = lower(case).output_shape if isinstance(case, Case) else case.output_shape
    return made


def _pads(pads: Pads) -> list[int]:
    """``pads`` as ONNX has them: what is before each axis, then what is after each."""
    return [side for sides in zip(*pads, strict=True) for side in sides]


def _lists(case: Case) -> Words:
    """The lists of a wrong length that are handed over, as ONNX calls them."""
    lists = {} if case.overrides is None else case.overrides.lists
    if not all(lists.values()):
        raise UnstatedError("a list of no numbers has no type in ONNX")
    return {{"padding": "pads", "output_size": "output_shape"}.get(name, name): given for name, given in lists.items()}


def _conv_transpose(graph: Graph, case: Case) -> Results:
    """The case's own words where ONNX has them; otherwise its crops, and zeros that are appended afterwards."""
    words = case.words
    common: Words = {"strides": case.strides, "dilations": case.dilations, "group": case.groups}
    named = [name for name in ("input", "kernel", "bias") if name in graph.tensors]
    if case.dialect == "onnx" or (case.dialect == "pytorch" and words.output_size is None):
        numbers = None if words.padding is None or isinstance(words.padding, str) else _pads(words.padding)
        names = _NAMES[words.padding] if isinstance(words.padding, str) else None
        common |= {"pads": numbers, "auto_pad": names}
        common |= {"output_padding": words.output_padding, "output_shape": words.output_size}
        return {"output": graph.node("ConvTranspose", *named, **common | _lists(case))}
    axes = lower(case).axes
    # no more than every runtime takes: beyond it, zeros are appended
    extra = [min(max(-axis.end, 0), axis.s - 1) for axis in axes]
    zeros: Pads = tuple((max(-one.begin, 0), max(-one.end - q, 0)) for one, q in zip(axes, extra, strict=True))
    pads = _pads(tuple((max(one.begin, 0), max(one.end, 0)) for one in axes))
    if not any(map(any, zeros)):
        return {"output": graph.node("ConvTranspose", *named, pads=pads, output_padding=extra, **common)}
    if min(one.out - sum(appended) for one, appended in zip(axes, zeros, strict=True)) < 1:
        raise UnstatedError("nothing of the products is left before zeros are appended")
    made = graph.node("ConvTranspose", *named[:2], pads=pads, output_padding=extra, **common)
    made = graph.node("Pad", made, graph.constant(_pads(((0, 0), (0, 0), *zeros))))
    if "bias" in graph.constants:  # it reaches those zeros too
        graph.constants["bias"] = graph.constants["bias"].reshape(-1, *(1 for _ in axes))
        made = graph.node("Add", made, "bias")
    return {"output": made}


def _max_pool(graph: Graph, case: MaxPoolCase) -> Results:
    pads: Any = None if case.padding is None else _pads(case.pads)
    words: Words = {"pads": pads, "ceil_mode": int(case.ceil_mode)}
    if case.dialect != "onnx":
        words = {"pads": _pads(tuple((axis.before, axis.after) for axis in case.axes))}
    elif isinstance(case.padding, str):
        words |= {"pads": None, "auto_pad": _NAMES[case.padding]}
    words |= {"strides": case.step, "dilations": case.dilations, "storage_order": int(case.space.name == "ncwh")}
    with_indices = "indices" in case.outputs
    made = graph.node("MaxPool", "input", outputs=1 + with_indices, kernel_shape=case.pool_size, **words)
    if not with_indices:
        return {"output": made}
    native = Space("ncwh" if case.space.name == "ncwh" else "nchw", case.space.shape)
    return {"output": made, "indices": _translated(graph, f"{made}_", native, case.space, case.output_shape[:2])}


def _max_unpool(graph: Graph, case: MaxUnpoolCase) -> Results:
    native = Space("nchw", case.space.shape)
    indices = _translated(graph, "indices", case.space, native, case.input_shape[:2])
    sizes = zip(case.input_size, case.pool_size, case.step, case.pads, strict=True)
    usual = tuple((n - 1) * s + k - sum(pads) for n, k, s, pads in sizes)
    shape = () if usual == case.size else (graph.constant(case.output_shape),)
    words: Words = {"kernel_shape": case.pool_size, "strides": case.step, "pads": _pads(case.pads)}
    return {"output": graph.node("MaxUnpool", "input", indices, *shape, **words)}


def _translated(graph: Graph, indices: str, source: Space, target: Space, held: Sequence[int]) -> str:
    """Nodes that turn ``indices`` of ``source`` into those of ``target``; ``held`` are their images and channels."""
    if source == target:
        return indices
    found = ""
    for letter, stride in target.strides.items():
        one = indices
        if letter not in source.strides:
            axis = LETTERS.index(letter)
            one = graph.constant(np.arange(held[axis]).reshape(-1, *(1,) * (3 - axis)))
        elif source.strides[letter] > 1:
            one = graph.node("Div", one, graph.constant(source.strides[letter]))
        if letter in source.strides and letter != source.order[0]:
            one = graph.node("Mod", one, graph.constant(source.sizes[letter]))
        one = graph.node("Mul", one, graph.constant(stride))
        found = graph.node("Add", found, one) if found else one
    return found


def _avg_unpool(graph: Graph, case: AvgUnpoolCase) -> Results:
    scales = graph.constant((1, 1, *case.pool_size), "float32")
    words: Words = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    made = graph.node("Resize", "input", "", scales, **words)
    if case.size == tuple(n * k for n, k in zip(case.input_size, case.pool_size, strict=True)):
        return {"output": made}
    first, last, axes = (graph.constant(values) for values in ((0, 0), case.size, (2, 3)))
    return {"output": graph.node("Slice", made, first, last, axes)}


def _resize(graph: Graph, case: ResizeCase) -> Results:
    scaled = (graph.constant((1, 1, *case.scale), "float32"),) if case.scale else ("", graph.constant(_size(case)))
    words: Words = {"mode": "nearest" if case.method == "nearest" else "linear"}
    if case.method == "nearest":
        words["nearest_mode"] = case.rounding or default_rounding(case.coordinates)
    words["coordinate_transformation_mode"] = case.coordinates
    return {"output": graph.node("Resize", "input", "", *scaled, **words)}


def _size(case: ResizeCase) -> tuple[int, ...]:
    """That of the image, with its channels."""
    return (*case.input_shape[:2], *case.size)


def _resize_conv(graph: Graph, case: ResizeConvCase) -> Results:
    named = [name for name in CONSTANT if name in graph.tensors]
    resized, sides = _resize(graph, case)["output"], tuple(((k - 1) // 2, k // 2) for k in case.kernel_size)
    if case.padding_mode == "circular":
        resized = graph.node("Pad", resized, graph.constant(_pads(((0, 0), (0, 0), *sides))), mode="wrap")
        return {"output": graph.node("Conv", resized, *named)}
    return {"output": graph.node("Conv", resized, *named, pads=_pads(sides))}


_BUILDERS: Mapping[str, Callable[[Graph, Any], Results]] = {
    Case.op: _conv_transpose,
    MaxPoolCase.op: _max_pool,
    MaxUnpoolCase.op: _max_unpool,
    AvgUnpoolCase.op: _avg_unpool,
    ResizeCase.op: _resize,
    ResizeConvCase.op: _resize_conv,
}
