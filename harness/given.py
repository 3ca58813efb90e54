"""What a case hands over in place of its parameters: whether that makes sense, and how it reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from harness.case import Case, Expect, Given, Pair
from harness.dialects import lower
from harness.dtypes import DTYPES
from harness.geometry import Geometry, IllegalCaseError, require

MOST_ELEMENTS = 1 << 16
ADDRESSABLE = 1 << 47
"""Bytes that a process can address on the processors of today; an array that is larger is no legal output."""


def breaks_otherwise(case: Case, geometry: Geometry) -> bool:
    """Whether a case whose parameters are legal, with ``geometry``, is illegal by what is handed over or its size."""
    if geometry.output_elements * DTYPES[case.dtype].numpy.itemsize > ADDRESSABLE:
        return True
    given = case.given
    return given is not None and (bool(given.tensors) or not _legal_output_shape(case, given))


def check_given(case: Case, geometry: Geometry | None) -> None:
    """Raise IllegalCaseError unless what is handed over instead fits the case; ``geometry`` is that of a legal one."""
    given = case.given
    if given is None:
        return
    require(given != Given(), "given", "nothing is handed over instead", "for example {kernel: [3, 3]}")
    require(
        given.bias is None or bool(case.bias), "given", "there is no bias that could be replaced", "add `bias: true`"
    )
    for shape, dtype in given.tensors.values():
        require(
            shape is None or (min(shape, default=0) >= 0 and math.prod(shape) <= MOST_ELEMENTS),
            "given",
            f"{list(shape or ())} is the shape of no tensor, or of one above {MOST_ELEMENTS} elements",
            "use a few small numbers >= 0",
        )
        require(shape is not None or dtype != case.dtype, "given", f"{dtype} is the case's dtype", "name another one")
    if not case.nominal:
        require(
            not given.tensors,
            "given",
            "no oracle decides about tensors that contradict the parameters",
            "add `expect: {error: true}`, or readings",
        )
        require(
            _legal_output_shape(case, given) and geometry is not None and _says(case, given, geometry),
            "given",
            "this output_shape is not the one that the parameters make",
            "make them agree, or add `expect: {error: true}`",
        )


def describe_given(given: Given) -> list[str]:
    """For example ``input: ones (2, 3) of float64``, one for each thing that is handed over instead."""
    return list(_described(given))


def _described(given: Given) -> Iterator[str]:
    for name, (shape, dtype) in given.tensors.items():
        kind = "ones" if dtype is None else f"ones of {dtype}"
        yield f"{name}: {kind}" + ("" if shape is None else f" of shape {shape}")
    if given.shapes_output:
        shape = given.output_shape
        said = "as the parameters make it" if shape is None else str(list(shape))
        dtype = given.output_shape_dtype
        yield f"output_shape: {said}" + ("" if dtype is None else f", a tensor of {dtype}")


def _spatial(case: Case, shape: tuple[int, ...]) -> Pair | None:
    """Height and width that ``shape`` asks for; None where batch or channels are not the case's, or axes are missing.

    It is in TensorFlow's layout, who alone has an output_shape; two numbers are height and width.
    """
    if len(shape) == 2:
        return (shape[0], shape[1])
    layout = case.layout or "NHWC"
    if len(shape) != len(layout):
        return None
    size = dict(zip(layout, shape, strict=True))
    return (size["H"], size["W"]) if (size["N"], size["C"]) == (case.batch, case.out_channels) else None


def _says(case: Case, given: Given, geometry: Geometry) -> bool:
    return given.output_shape is None or _spatial(case, given.output_shape) == geometry.output_size


def _legal_output_shape(case: Case, given: Given) -> bool:
    """Whether the output_shape that is handed over is one that TensorFlow's rules allow."""
    if given.output_shape_dtype == "float32":
        return False
    size = case.words.output_size if given.output_shape is None else _spatial(case, given.output_shape)
    if given.output_shape is not None and size is None:
        return False
    try:
        lower(replace(case, words=replace(case.words, output_size=size), given=None, expect=Expect()))
    except IllegalCaseError:
        return False
    return True
