"""Max pooling that also says where each maximum stood.

Per axis window i holds the elements at ``i * s - before + a * d`` for a in [0, k); what lies outside of the image never
wins. ``indices`` are of the index space ``index_space`` (see harness.operations.index_spaces) and count the image
without padding. The gradient goes to the elements that won, once for each window.
"""

from __future__ import annotations

from harness.core.case import OutputName
from harness.core.dtypes import DTYPES
from harness.core.errors import require
from harness.core.fields import PaddingField, PairField
from harness.operations.base import Operation
from harness.operations.image_forms import ImageParameters
from harness.operations.index_spaces import NATIVE, SpaceName
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase

BY_NAME = ("tensorflow", "keras")
"""Dialects whose padding has a name, and who neither dilate nor round up."""


class PoolParameters(ImageParameters):
    """The parameters of a pooling, or of one that is undone."""

    pool_size: PairField | None = None
    strides: PairField | None = None
    padding: PaddingField | None = None


class Parameters(PoolParameters):
    """The words of a case."""

    dilations: PairField | None = None
    ceil_mode: bool | None = None
    index_space: SpaceName | None = None


class MaxPool2dWithIndices(Operation):
    parameters = Parameters
    case_type = MaxPoolCase
    readings = ("first", "last", "nan", "number")

    def check_answerable(self, case: MaxPoolCase) -> None:
        """Of what has no single right answer the readings must be listed."""
        known = f"known are {', '.join(NATIVE)}"
        require(case.dialect in NATIVE, "dialect", f"no max pooling is known in {case.dialect}", known)
        dtype = DTYPES[case.dtype]
        require(dtype.kind == "float", "dtype", "max pooling is run in floating point", "for example float32")
        literals = dict(case.literals)
        hint = "expected ones stand under expect"
        require("indices" not in literals, "indices", "max pooling takes no indices", hint)
        height, width = case.input_size
        few = height * width <= 2 * dtype.exact_limit
        require(few, "input_size", f"{case.dtype} has no {height * width} different numbers", "use fewer")
        stated = case.expect.error or case.expect.shape is not None
        empty = not stated and any(axis.count < 1 for axis in case.axes)
        require(not empty, "pool_size", "the output has no elements to compare", "use a smaller window")
        if case.nominal:
            return
        bare = any(axis.bare for axis in case.axes)
        require(not bare, "padding", "a window holds no element", "list the admissible readings")
        if literals and "indices" not in dict(case.expected):
            hint = "list the readings, or expect the indices"
            require(not case.is_tied, "input", "a window has no single maximum", hint)

    def check(self, case: MaxPoolCase) -> None:
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

    def default_outputs(self, case: MaxPoolCase) -> tuple[OutputName, ...]:
        return ("output", "indices", "input_grad")

    def _check_pytorch(self, case: MaxPoolCase) -> None:
        require(not isinstance(case.padding, str), "padding", "PyTorch's padding has no name", "use numbers")
        for (before, after), k in zip(case.pads, case.pool_size, strict=True):
            require(before == after, "padding", "PyTorch has one padding for both sides of an axis", "use one number")
            require(before <= k // 2, "padding", f"{before} is more than half of {k}", f"use 0 to {k // 2}")
