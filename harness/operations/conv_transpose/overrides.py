"""What a case hands over in place of its parameters: whether that makes sense, and how it reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.core.case import Dialect, Expect, Overrides, Sizes
from harness.core.dtypes import DTYPES
from harness.core.errors import IllegalCaseError, require
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry

_ORDERS = {"pytorch": ("NC{}", "IO{}"), "tensorflow": ("N{}C", "{}OI"), "keras": ("N{}C", "{}OI")}
"""Axes of input and kernel in the dialects that adapters speak, unless a layout is named; ``{}`` are the spatial."""
_COUNTS = {3: "three", 4: "four", 5: "five"}
MOST_ELEMENTS = 1 << 16
ADDRESSABLE = 1 << 47
"""Bytes that a process can address on the processors of today; an array that is larger is no legal output."""


def breaks_otherwise(case: Case, geometry: Geometry) -> bool:
    """Whether a case whose parameters are legal, with ``geometry``, is illegal by what is handed over or its size."""
    if geometry.output_elements * DTYPES[case.dtype].itemsize > ADDRESSABLE:
        return True
    overrides = case.overrides
    if overrides is None:
        return False
    if not _legal_output_shape(case, overrides) or objection_to_lists(case):
        return True
    return bool(overrides.tensors and objection(case, overrides, geometry))


def check_overrides(case: Case, geometry: Geometry | None) -> None:
    """Raise IllegalCaseError unless what is handed over instead fits the case; ``geometry`` is that of a legal one."""
    overrides = case.overrides
    if overrides is None:
        return
    require(overrides != Overrides(), "overrides", "nothing is handed over instead", "for example {kernel: [3, 3]}")
    require(
        overrides.bias is None or bool(case.bias),
        "overrides",
        "there is no bias that could be replaced",
        "add `bias: true`",
    )
    for shape, dtype in overrides.tensors.values():
        require(
            shape is None or (min(shape, default=0) >= 0 and math.prod(shape) <= MOST_ELEMENTS),
            "overrides",
            f"{list(shape or ())} is the shape of no tensor, or of one above {MOST_ELEMENTS} elements",
            "use a few small numbers >= 0",
        )
        require(
            shape is not None or dtype != case.dtype, "overrides", f"{dtype} is the case's dtype", "name another one"
        )
    _check_differs(case, overrides)
    _check_lists(case, overrides)
    if not case.nominal:
        size = None if overrides.output_shape is None else _spatial(case, overrides.output_shape)
        agrees = geometry is not None and (overrides.output_shape is None or size == geometry.output_size)
        require(
            not overrides.tensors or _is_one_image(case, overrides),
            "overrides",
            "no oracle decides about tensors that contradict the parameters",
            "add `expect: {error: true}`, or readings; PyTorch also takes one image (C, H, W) of a batch of 1",
        )
        require(
            _legal_output_shape(case, overrides) and agrees,
            "overrides",
            "this output_shape is not the one that the parameters make",
            "make them agree, or add `expect: {error: true}`",
        )


def _lengths(case: Case) -> dict[str, set[int]]:
    """How long the list of each parameter is that the dialect has; empty where it is no list of numbers.

    Sources: the documentation of ``torch.nn.ConvTranspose2d`` and its ``forward``, ``tf.nn.conv2d_transpose``,
    ``keras.layers.Conv2DTranspose``, ONNX ``ConvTranspose`` and ``jax.lax.conv_transpose``.
    """
    n = len(case.spatial)
    each: dict[str, set[int]] = {"strides": {n}, "dilations": {n}}
    known: dict[Dialect, dict[str, set[int]]] = {
        "pytorch": {**each, "padding": {n}, "output_padding": {n}, "output_size": {n, n + 2}},
        "tensorflow": {"strides": {1, n, n + 2}, "dilations": {1, n, n + 2}, "padding": set()},
        "keras": {**each, "padding": set(), "output_padding": {n}},
        "onnx": {**each, "padding": {2 * n}, "output_padding": {n}, "output_size": {n}},
        "jax": {**each, "padding": set()},
    }
    return known.get(case.dialect, {})


def objection_to_lists(case: Case) -> str:
    """Which list that is handed over has no length that its dialect documents, as a sentence; or nothing."""
    lengths = _lengths(case)
    for name, given in ({} if case.overrides is None else case.overrides.lists).items():
        if known := sorted(lengths[name]):
            if len(given) not in known:
                return f"{name} is a list of {' or '.join(map(str, known))} numbers, not of {len(given)}"
        else:
            return f"{name} is no list of numbers"
    return ""


def _check_lists(case: Case, overrides: Overrides) -> None:
    """Raise IllegalCaseError unless each list is a parameter of the dialect, of a wrong length, and an error is due."""
    known = _lengths(case)
    for name, given in overrides.lists.items():
        has = f"{case.dialect} has {', '.join(sorted(known))}" if known else "use the dialect of a framework"
        require(name in known, "overrides", f"{case.dialect} has no list called {name}", has)
        whole = len(given) == len(case.spatial)
        require(not whole, "overrides", f"{name} has one number for each axis", f"write `{name}: {given}` of the case")
        require(
            case.expect.error, "overrides", f"no oracle decides about {name} {given}", "add `expect: {error: true}`"
        )


def objection(case: Case, overrides: Overrides, geometry: Geometry) -> str:
    """The rule of the dialect that the tensors of ``overrides`` break, as a sentence; nothing where they are legal.

    ``geometry`` is that of the parameters, which are legal. Other sizes make another legal case, unless they contradict
    each other or what the parameters still say.
    """
    return next(_objections(case, overrides, geometry), "") if case.dialect in _ORDERS else ""


def _objections(case: Case, overrides: Overrides, geometry: Geometry) -> Iterator[str]:
    """Each holds where those before it do not."""
    data, kernel, bias = _shapes(case, overrides)
    order, kernel_order = _orders(case)
    count = _COUNTS[len(order)]
    if len(kernel) != len(order):
        yield f"a kernel has {count} axes, not {len(kernel)}"
    if len(data) != len(order) and (case.dialect, len(data)) != ("pytorch", len(order) - 1):
        yield f"an input has {count} axes, not {len(data)}"
    types = {
        overrides.input_dtype or case.dtype,
        overrides.kernel_dtype or case.dtype,
        *([case.dtype] if case.bias else []),
    }
    if case.dialect != "keras" and len(types) > 1:
        yield "input, kernel and bias have one dtype"
    x = {"N": 1} | dict(zip(order[-len(data) :], data, strict=False))
    w = dict(zip(kernel_order, kernel, strict=False))
    outputs = w["O"] * (case.groups if case.dialect == "pytorch" else 1)
    if x["C"] != w["I"]:
        yield f"the input has {x['C']} channels, the kernel takes {w['I']}"
    if case.dialect != "pytorch" and outputs != case.out_channels:
        yield f"the kernel makes {outputs} channels, the call asks for {case.out_channels}"
    if case.bias and bias != (outputs,):
        yield f"a bias has one number for each of {outputs} channels, not the shape {list(bias)}"
    if case.dialect == "keras" and tuple(w[letter] for letter in case.spatial) != case.kernel_size:
        yield "the kernel has the size that the layer was made with"
    if case.dialect == "tensorflow" and x["N"] != case.batch:
        yield f"the input has a batch of {x['N']}, output_shape one of {case.batch}"
    if reason := _broken(case, x, w, geometry):
        yield reason


def _broken(case: Case, x: Mapping[str, int], w: Mapping[str, int], geometry: Geometry) -> str:
    """What keeps the sizes of these tensors from being those of a legal case; TensorFlow's gets that of its output."""
    words = case.words
    if case.dialect == "tensorflow":
        words = replace(words, output_size=geometry.output_size)
    other = replace(
        case,
        batch=x["N"],
        in_channels=x["C"],
        input_size=tuple(x[letter] for letter in case.spatial),
        kernel_size=tuple(w[letter] for letter in case.spatial),
        out_channels=w["O"] * (case.groups if case.dialect == "pytorch" else 1),
        words=words,
        overrides=None,
        expect=Expect(),
    )
    try:
        lower(other)
    except IllegalCaseError as error:
        return str(error)
    return ""


def _orders(case: Case) -> tuple[str, str]:
    """Letters of the axes that the call sees of input and kernel."""
    order, kernel_order = (axes.format(case.spatial) for axes in _ORDERS[case.dialect])
    return (order if case.dialect == "pytorch" else case.layout or order, kernel_order)


def _expected(case: Case) -> dict[str, tuple[int, ...]]:
    """The shapes that the parameters make."""
    order, kernel_order = _orders(case)
    x = dict(zip("NC" + case.spatial, (case.batch, case.in_channels, *case.input_size), strict=True))
    per_group = case.out_channels // max(case.groups, 1) if case.dialect == "pytorch" else case.out_channels
    w = dict(zip("IO" + case.spatial, (case.in_channels, per_group, *case.kernel_size), strict=True))
    return {
        "input": tuple(x[letter] for letter in order),
        "kernel": tuple(w[letter] for letter in kernel_order),
        "bias": (case.out_channels,),
    }


def _shapes(case: Case, overrides: Overrides) -> tuple[tuple[int, ...], ...]:
    """Those that the call gets, of input, kernel and bias."""
    expected = _expected(case)
    handed = {name: shape for name, (shape, _) in overrides.tensors.items() if shape is not None}
    return tuple(handed.get(name, shape) for name, shape in expected.items())


def _check_differs(case: Case, overrides: Overrides) -> None:
    """Raise IllegalCaseError where a tensor that is handed over is the very one that the parameters make."""
    expected = _expected(case) if case.dialect in _ORDERS else {}
    for name, (shape, dtype) in overrides.tensors.items():
        same = shape == expected.get(name) and dtype in (None, case.dtype)
        require(
            not same,
            "overrides",
            f"{list(shape or ())} is what is expected: the {name} that the parameters make",
            "leave it out",
        )


def _is_one_image(case: Case, overrides: Overrides) -> bool:
    """Whether PyTorch gets its batch of one image without the axis of the batch, which its documentation allows."""
    return (
        case.dialect == "pytorch"
        and case.batch == 1
        and overrides == Overrides(input=(case.in_channels, *case.input_size))
    )


def describe_overrides(overrides: Overrides, *, unbatched: bool = False) -> Iterator[str]:
    """For example ``input: ones (2, 3) of float64``, one for each thing that is handed over instead."""
    if unbatched:
        yield f"input: one image {overrides.input}, without a batch"
        return
    for name, (shape, dtype) in overrides.tensors.items():
        kind = "ones" if dtype is None else f"ones of {dtype}"
        yield f"{name}: {kind}" + ("" if shape is None else f" of shape {shape}")
    yield from (f"{name}: {given}" for name, given in overrides.lists.items())
    if overrides.shapes_output:
        shape = overrides.output_shape
        stated = "as the parameters make it" if shape is None else str(list(shape))
        dtype = overrides.output_shape_dtype
        yield f"output_shape: {stated}" + ("" if dtype is None else f", a tensor of {dtype}")


def _spatial(case: Case, shape: tuple[int, ...]) -> Sizes | None:
    """The size that ``shape`` requests; None where batch or channels are not the case's, or axes are missing.

    It is in TensorFlow's layout, who alone has an output_shape; it may name the spatial axes alone.
    """
    if len(shape) == len(case.spatial):
        return shape
    layout, _ = _orders(case)
    if len(shape) != len(layout):
        return None
    size = dict(zip(layout, shape, strict=True))
    fits = (size["N"], size["C"]) == (case.batch, case.out_channels)
    return tuple(size[letter] for letter in case.spatial) if fits else None


def _legal_output_shape(case: Case, overrides: Overrides) -> bool:
    """Whether the output_shape that is handed over is one that TensorFlow's rules allow."""
    if overrides.output_shape_dtype == "float32":
        return False
    size = case.words.output_size if overrides.output_shape is None else _spatial(case, overrides.output_shape)
    if overrides.output_shape is not None and size is None:
        return False
    try:
        lower(replace(case, words=replace(case.words, output_size=size), overrides=None, expect=case.expect.of_legal))
    except IllegalCaseError:
        return False
    return True
