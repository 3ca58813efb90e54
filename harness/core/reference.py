"""What the comparator needs of a right answer, whichever operation and output it is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, DTypeName, OutputName
from harness.core.dtypes import DTYPES, DType
from harness.core.numerics import IntArray, root_of

Float64Array = npt.NDArray[np.float64]


class Reference(Protocol):
    """Values in float64, and what their rounding bound is made of; see ``harness.core.numerics.error_bound``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of ``output``, known before it is computed."""

    @property
    def axes(self) -> str:
        """A letter for each axis."""

    @property
    def output(self) -> Float64Array:
        """The right values."""

    @property
    def magnitude(self) -> Float64Array:
        """The sum of absolute products for each element, what is added at the end included."""

    @property
    def norm(self) -> Float64Array:
        """The root of the sum of squared products for each element, what is added at the end included."""

    @property
    def terms(self) -> IntArray:
        """How many terms meet in each element; broadcasts to ``output``."""

    @property
    def added(self) -> Float64Array | None:
        """What is added to each sum at the end, which may round it once more; broadcasts to ``output``."""

    @property
    def dtype(self) -> DTypeName | None:
        """The dtype that is expected; None for the case's own."""

    @property
    def whole(self) -> npt.NDArray[Any] | None:
        """The right values as integers, of an integer dtype whose sums float64 does not hold; None for all others."""

    def slack(self, dtype: DType) -> Float64Array | float:
        """What a right implementation in ``dtype`` may be off by, beside the rounding of sums and products."""

    def is_exact(self, case: AnyCase) -> bool:
        """Whether every order of summation must give the same bits."""

    def flushed(self, floor: float) -> Reference | None:
        """The same of data whose numbers below ``floor`` are zeros; None where there are none."""


@dataclass(frozen=True)
class ReferenceValues:
    """A right answer that is there in full.

    ``magnitude`` and ``terms`` say what rounding explains; without them nothing is rounded, as where values are only
    picked or counted, and only equality is right. ``squares`` makes the sum of squared products; without it
    ``magnitude`` stands for the root of that.
    """

    output: Float64Array
    axes: str = "NCHW"
    magnitude: Any = 0.0
    terms: IntArray = field(default_factory=lambda: np.zeros(1, np.int64))
    dtype: DTypeName | None = None
    exact: bool = True
    added: Float64Array | None = None
    loose: Any = 0.0
    """What rounded coordinates may change."""
    squares: Callable[[], Float64Array] | None = None
    low: Callable[[float], ReferenceValues | None] | None = None
    """Makes what ``flushed`` gives."""
    whole: npt.NDArray[Any] | None = None
    """See Reference.whole."""

    @property
    def norm(self) -> Float64Array:
        if self.squares is None:
            return np.asarray(self.magnitude)
        return root_of(self.squares(), self.magnitude, self.terms)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.output.shape

    def slack(self, dtype: DType) -> Float64Array | float:
        slack: Float64Array | float = self.loose
        return slack

    def is_exact(self, case: AnyCase) -> bool:
        return self.exact

    def flushed(self, floor: float) -> ReferenceValues | None:
        return self.low(floor) if self.low else None


DRAWN_FROM: Mapping[OutputName, tuple[str, ...]] = {
    "output": ("input", "kernel"),
    "indices": ("input", "indices"),
    "input_grad": ("kernel", "indices", "cotangent"),
    "kernel_grad": ("input", "cotangent"),
    "bias_grad": ("cotangent",),
}
"""The tensors that each output is made of, beside a bias, which may be any."""


def may_hold_subnormals(case: AnyCase) -> bool:
    """Whether the data of ``case`` or what is made of them can be subnormal: drawn integers cannot."""
    written = any(one is not None for one in _written(case).values())
    return case.data != "integers" or written or not isinstance(getattr(case, "bias", False), bool)


def _written(case: AnyCase) -> dict[str, object]:
    """What is written out, by name; None for what is drawn."""
    literals = dict(getattr(case, "literals", ()))
    return {"input": case.input, **{name: getattr(case, name, None) for name in ("kernel", "cotangent")}, **literals}


def has_independent_elements(case: AnyCase, output: OutputName) -> bool:
    """Whether what ``output`` is made of was drawn with random signs: then its elements are sums of their own.

    What is written out may hold the same numbers in many places, which then are off by the same error.
    """
    written = _written(case)
    signed = DTYPES[case.dtype].signed and case.data in RANDOM_SIGNS
    return signed and all(written.get(name) is None for name in DRAWN_FROM[output])


RANDOM_SIGNS = frozenset({"integers", "real"})
"""Kinds of drawn data whose elements are independent, with signs of either kind."""


def are_integers(tensor: npt.NDArray[Any]) -> bool:
    """Whether every element is a finite whole number."""
    return bool(np.all(np.isfinite(tensor)) and np.all(tensor == np.rint(tensor)))


def summed(
    case: AnyCase, g: Float64Array, add: Callable[[Float64Array], Float64Array], terms: IntArray
) -> ReferenceValues:
    """The sums that ``add`` makes, (N, C, H, W), of ``terms`` elements of ``g`` each.

    They are exact where the data are integers and no sum can leave the exact integers of the case's dtype.
    """
    magnitude = add(np.abs(g))
    small = bool(np.max(magnitude, initial=0.0) <= DTYPES[case.dtype].exact_limit)
    exact = case.data == "integers" and small
    return ReferenceValues(add(g), "NCHW", magnitude, terms, exact=exact, squares=lambda: add(np.square(g)))
