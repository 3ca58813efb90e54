"""Max pooling that also says where each maximum stood.

Per axis window i holds the elements at ``i * s - before + a * d`` for a in [0, k); what lies outside of the image never
wins. ``indices`` are of the index space ``index_space`` (see harness.operations.index_spaces) and count the image
without padding. The gradient goes to the elements that won, once for each window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.core.case import OutputName, Padding, Pads, Pair
from harness.core.dtypes import DTYPES
from harness.core.errors import require
from harness.core.fields import PaddingField, PairField
from harness.operations.base import ImageCase, ImageOperation
from harness.operations.image_forms import ImageParameters
from harness.operations.index_spaces import NATIVE, Space, SpaceName
from harness.operations.max_pool2d_with_indices.windows import NO_PADS, Axis, explicit, named

if TYPE_CHECKING:
    from harness.core.entry import Entry

BY_NAME = ("tensorflow", "keras")
"""Dialects whose padding has a name, and who neither dilate nor round up."""


@dataclass(frozen=True, slots=True)
class MaxPoolCase(ImageCase):
    """``strides`` are ``pool_size`` where they are left out; without ``padding`` there is none."""

    op: ClassVar[str] = "max_pool2d_with_indices"

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding | None = None
    dilations: Pair = (1, 1)
    ceil_mode: bool = False
    index_space: SpaceName | None = None

    @property
    def step(self) -> Pair:
        """The strides."""
        return self.pool_size if self.strides is None else self.strides

    @property
    def space(self) -> Space:
        """That of the indices."""
        return Space(self.index_space or NATIVE[self.dialect], self.input_shape)

    @property
    def pads(self) -> Pads:
        """What is written as numbers; zeros where it is a name."""
        return NO_PADS if self.padding is None or isinstance(self.padding, str) else self.padding

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The windows along height and width."""
        rows, columns = (self._axis(axis) for axis in (0, 1))
        return rows, columns

    def _axis(self, axis: int) -> Axis:
        sizes = (self.input_size[axis], self.pool_size[axis], self.step[axis], self.dilations[axis])
        if isinstance(self.padding, str):
            return named(self.padding, *sizes)
        return explicit(self.pads[axis], *sizes, ceil=self.ceil_mode)


class Parameters(ImageParameters):
    """The words of a case."""

    pool_size: PairField | None = None
    strides: PairField | None = None
    padding: PaddingField | None = None
    dilations: PairField | None = None
    ceil_mode: bool | None = None
    index_space: SpaceName | None = None


class MaxPool2dWithIndices(ImageOperation):
    """See the module."""

    name = "max_pool2d_with_indices"
    place = "harness.operations.max_pool2d_with_indices"
    parameters = Parameters
    case_type = MaxPoolCase
    readings = ("first", "last", "nan", "number")

    def make(self, entry: Entry) -> MaxPoolCase:
        """See ImageOperation.make; refuses what has no single right answer unless its readings are listed."""
        case = super().make(entry)
        if not isinstance(case, MaxPoolCase):
            raise TypeError(case)
        if case.dialect not in NATIVE:
            raise entry.bad("dialect", f"no max pooling is known in {case.dialect}", f"known are {', '.join(NATIVE)}")
        dtype = DTYPES[case.dtype]
        if dtype.kind != "float":
            raise entry.bad("dtype", "max pooling is asked in floating point", "for example float32")
        if dict(case.literals).get("indices") is not None:
            raise entry.bad("indices", "max pooling is given no indices", "expected ones stand under expect")
        height, width = case.input_size
        if height * width > 2 * dtype.exact_limit:
            raise entry.bad("input_size", f"{case.dtype} has no {height * width} different numbers", "use fewer")
        if not case.expect.error and any(axis.count < 1 for axis in case.axes):
            raise entry.bad("pool_size", "the output has no elements to compare", "use a smaller window")
        if not case.nominal:
            if any(axis.bare for axis in case.axes):
                raise entry.bad("padding", "a window holds no element", "list the admissible readings")
            if case.literals and "indices" not in dict(case.expected) and self._is_tied(case):
                raise entry.bad("input", "a window has no single maximum", "list the readings, or expect the indices")
        return case

    def check(self, case: MaxPoolCase) -> None:
        """See ImageOperation.check."""
        for key, values in (("pool_size", case.pool_size), ("strides", case.step), ("dilations", case.dilations)):
            require(min(values) >= 1, key, f"an entry of {key} is below 1", "use numbers >= 1")
        require(min(map(min, case.pads)) >= 0, "padding", "an entry of padding is below 0", "use numbers >= 0")
        if case.dialect in BY_NAME:
            is_name = case.padding in (None, "same", "valid")
            require(is_name, "padding", f"padding {case.padding} has no name in {case.dialect}", "use same or valid")
            require(case.dilations == (1, 1), "dilations", f"{case.dialect} has none", "leave them out")
            require(not case.ceil_mode, "ceil_mode", f"{case.dialect} has none", "leave it out")
            # an empty output is legal there
            return
        if case.dialect == "pytorch":
            self._check_pytorch(case)
        for axis in case.axes:
            require(axis.count >= 1, "pool_size", f"a window of {axis.extent} does not fit", "use a smaller one")

    def asks(self, case: MaxPoolCase) -> tuple[OutputName, ...]:
        """See ImageOperation.asks."""
        return ("output", "indices", "input_grad")

    def _check_pytorch(self, case: MaxPoolCase) -> None:
        require(not isinstance(case.padding, str), "padding", "PyTorch's padding has no name", "use numbers")
        for (before, after), k in zip(case.pads, case.pool_size, strict=True):
            require(before == after, "padding", "PyTorch has one padding for both sides of an axis", "use one number")
            require(before <= k // 2, "padding", f"{before} is more than half of {k}", f"use 0 to {k // 2}")

    def _is_tied(self, case: MaxPoolCase) -> bool:
        from harness.operations.max_pool2d_with_indices.oracle import is_tied

        return is_tied(case)
