"""Resizing an image: nearest or bilinear, in the conventions in which frameworks disagree; see ``axis``.

Per axis it is a linear map, so ``y = R_h x R_w^T`` and the gradient is ``R_h^T g R_w``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.core.case import Nested, OutputName, Pair
from harness.core.dtypes import DTYPES
from harness.core.errors import IllegalCaseError, require
from harness.core.fields import PairField
from harness.operations.base import MOST_ELEMENTS, ImageCase, ImageOperation
from harness.operations.image_forms import ImageParameters
from harness.operations.resize2d.axis import Axis, Coordinates, Method, Rounding, axis_of, is_power_of_two

if TYPE_CHECKING:
    from harness.core.entry import Entry

Scale = tuple[float, float]
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


@dataclass(frozen=True, slots=True)
class ResizeCase(ImageCase):
    """Either ``output_size`` or ``scale`` says how large the result is.

    With a ``scale`` the size is ``floor(n * scale)``, and the ratio of coordinates is that of the scale. ``rounding``
    is of nearest alone: left out, it is ``floor`` where the coordinates are asymmetric and ``round_prefer_ceil``
    where they are not.
    """

    op: ClassVar[str] = "resize2d"

    output_size: Pair | None = None
    scale: Scale | None = None
    method: Method = "bilinear"
    coordinates: Coordinates = "half_pixel"
    rounding: Rounding | None = None

    @property
    def size(self) -> Pair:
        """Height and width of the resized image."""
        if self.output_size is not None:
            return self.output_size
        height, width = (math.floor(n * Fraction(s)) for n, s in zip(self.input_size, self.scales, strict=True))
        return height, width

    @property
    def scales(self) -> Scale:
        """The scale, 1 where there is none."""
        return self.scale or (1.0, 1.0)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Height and width."""
        rounding = self.rounding or default_rounding(self.coordinates)
        height, width = (
            axis_of(n, o, self.method, self.coordinates, rounding, Fraction(s) if self.scale else None)
            for n, o, s in zip(self.input_size, self.size, self.scales, strict=True)
        )
        return height, width

    def is_said_as(self, coordinates: Coordinates, rounding: Rounding | None = None, *, by_size: bool = False) -> bool:
        """Whether these words give the same; ``by_size`` leaves the scale out."""
        words = replace(self, coordinates=coordinates, rounding=rounding)
        if by_size:
            words = replace(words, output_size=self.size, scale=None)
        return all(one.rows == other.rows for one, other in zip(self.axes, words.axes, strict=True))


def default_rounding(coordinates: Coordinates) -> Rounding:
    """What nearest does where nothing else is said."""
    return "floor" if coordinates == "asymmetric" else "round_prefer_ceil"


class Parameters(ImageParameters):
    """The words of a case."""

    output_size: PairField | None = None
    scale: ScaleField | None = None
    method: Method | None = None
    coordinates: Coordinates | None = None
    rounding: Rounding | None = None


def check_words(case: ResizeCase) -> None:
    """Raise IllegalCaseError where they say no result, or two, or what the dialect refuses."""
    said = (case.output_size is None) != (case.scale is None)
    require(said, "output_size", "expected output_size or scale, and not both", "add `output_size: [6, 8]`")
    for s in case.scales:
        require(s > 0, "scale", f"{s:g} is no scale", "use a number above 0")
    require(min(case.size) >= 1, "output_size", f"the result would have {min(case.size)} rows or columns", "use >= 1")
    cornered = case.dialect == "pytorch" and case.method == "nearest" and case.coordinates == "align_corners"
    require(not cornered, "coordinates", "nearest takes no align_corners", "use half_pixel or asymmetric")


def check_limits(case: ResizeCase) -> None:
    """Raise IllegalCaseError for what no dialect refuses, but nothing is known of here."""
    for s in case.scales:
        denominator = Fraction(s).denominator
        fine = is_power_of_two(denominator) and denominator <= FINEST
        require(fine, "scale", f"{s:g} is no multiple of 1/{FINEST}", "use such a number, or an output_size")
    longest = max(*case.input_size, *case.size)
    require(longest <= LONGEST, "input_size", f"an axis of {longest} elements", f"use at most {LONGEST}")
    nearest = case.method == "nearest"
    require(nearest or case.rounding is None, "rounding", "bilinear picks no element", "remove it, or use nearest")
    written = dict(case.literals).get("input")
    finite = written is None or all_finite(written.values)
    require(finite, "input", "a value is not finite", "use numbers: what 0 times infinity adds is not defined here")
    require(DTYPES[case.dtype].kind == "float", "dtype", "resizing is asked in floating point", "use float32")


def all_finite(values: Nested) -> bool:
    """Whether every number of nested lists is."""
    return all(map(all_finite, values)) if isinstance(values, list) else math.isfinite(values)


def largest_table(case: ResizeCase) -> int:
    """Elements of the largest of the images and of the matrices of both axes."""
    images = case.batch * case.channels * max(math.prod(case.input_size), math.prod(case.size))
    return max(images, *(n * o for n, o in zip(case.input_size, case.size, strict=True)))


class ResizeOperation(ImageOperation):
    """An operation that resizes."""

    def make(self, entry: Entry) -> ImageCase:
        """See Operation.make."""
        try:
            self.check_limits(self.assemble(entry))
        except IllegalCaseError as error:
            raise entry.bad(error.key, str(error), error.hint) from None
        return super().make(entry)

    def check_limits(self, case: Any) -> None:
        """Raise IllegalCaseError for what nothing is known of here, whether it is legal or not."""
        check_limits(case)


class Resize2d(ResizeOperation):
    """See the module."""

    name = "resize2d"
    place = "harness.operations.resize2d"
    parameters = Parameters
    case_type = ResizeCase

    def check(self, case: ResizeCase) -> None:
        """See ImageOperation.check."""
        check_words(case)

    def size(self, case: ResizeCase) -> int:
        """See ImageOperation.size."""
        return largest_table(case)

    def asks(self, case: ResizeCase) -> tuple[OutputName, ...]:
        """See ImageOperation.asks."""
        return ("output", "input_grad")
