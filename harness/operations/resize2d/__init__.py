"""Resizing an image: nearest or bilinear, in the conventions in which frameworks disagree; see ``axis``.

Per axis it is a linear map, so ``y = R_h x R_w^T`` and the gradient is ``R_h^T g R_w``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.core.case import Nested
from harness.core.dtypes import DTYPES
from harness.core.errors import require
from harness.core.fields import Form, PairField
from harness.operations.base import MOST_ELEMENTS, Operation
from harness.operations.image_forms import ImageParameters
from harness.operations.resize2d.axis import Coordinates, Method, Rounding, is_power_of_two
from harness.operations.resize2d.case import ResizeCase, Scale

FINEST = 64
LONGEST = 4096
"""Elements of an axis, each of which has fractions of its own."""


def _to_scale(value: object) -> object:
    parts: list[Any] = value if isinstance(value, list) and len(value) == 2 else [value, value]
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)
    if numbers and all(abs(part) <= MOST_ELEMENTS for part in parts):
        return tuple(float(part) for part in parts)
    hint = {"hint": "for example 2, or [1.5, 0.75]"}
    raise PydanticCustomError("scale", "expected a number, not too large, or a pair [height, width]", hint)


_NUMBER = {"type": "number"}
_NUMBERS: dict[str, Any] = {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}]}
ScaleField = Annotated[Scale, BeforeValidator(_to_scale), WithJsonSchema(_NUMBERS)]


class Parameters(ImageParameters):
    """The words of a case."""

    output_size: PairField | None = None
    scale: ScaleField | None = None
    method: Method | None = None
    coordinates: Coordinates | None = None
    rounding: Rounding | None = None


class Resize2d(Operation):
    parameters: ClassVar[type[Form]] = Parameters
    case_type = ResizeCase

    def check(self, case: ResizeCase) -> None:
        require(
            (case.output_size is None) != (case.scale is None),
            "output_size",
            "expected output_size or scale, and not both",
            "add `output_size: [6, 8]`",
        )
        for s in case.scales:
            require(s > 0, "scale", f"{s:g} is no scale", "use a number above 0")
        smallest = min(case.size)
        require(smallest >= 1, "output_size", f"the result would have {smallest} rows or columns", "use >= 1")
        cornered = case.dialect == "pytorch" and case.method == "nearest" and case.coordinates == "align_corners"
        require(not cornered, "coordinates", "nearest takes no align_corners", "use half_pixel or asymmetric")

    def check_known(self, case: Any) -> None:
        for s in case.scales:
            denominator = Fraction(s).denominator
            fine = is_power_of_two(denominator) and denominator <= FINEST
            require(fine, "scale", f"{s:g} is no multiple of 1/{FINEST}", "use such a number, or an output_size")
        longest = max(*case.input_size, *case.size)
        require(longest <= LONGEST, "input_size", f"an axis of {longest} elements", f"use at most {LONGEST}")
        nearest = case.method == "nearest"
        require(nearest or case.rounding is None, "rounding", "bilinear picks no element", "remove it, or use nearest")
        written = dict(case.literals).get("input")
        smallest = min(case.input_size)
        require(
            smallest >= 1, "input_size", "an image without rows or columns has nothing to resize", "use numbers >= 1"
        )
        finite = written is None or all_finite(written.values)
        require(finite, "input", "a value is not finite", "use numbers: what 0 times infinity adds is not defined here")
        require(DTYPES[case.dtype].kind == "float", "dtype", "resizing is run in floating point", "use float32")

    def size(self, case: Any) -> int:
        """Elements of the largest of the images and of the matrices of both axes."""
        images = case.batch * case.channels * max(math.prod(case.input_size), math.prod(case.size))
        return int(max(images, *(n * o for n, o in zip(case.input_size, case.size, strict=True))))


def all_finite(values: Nested) -> bool:
    """Whether every number of nested lists is."""
    return all(map(all_finite, values)) if isinstance(values, list) else math.isfinite(values)
