"""The gradients of ``sum(g * y)`` with respect to input, kernel and bias, in NumPy and float64.

The operation is bilinear, so each gradient is a sum of products over the taps and positions that reach the output::

    input_grad[i]  = sum over a of w[a] * g[i*s + a*d - begin]
    kernel_grad[a] = sum over i of x[i] * g[i*s + a*d - begin]
    bias_grad      = sum over j of g[j]

per axis, channels summed within each group, where the place in ``g`` is inside the output. What is cropped away has
no part in any of them; the zeros that a negative crop puts on have a part in the bias alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from harness.core.case import AnyCase, DTypeName, OutputName
from harness.core.dtypes import DTYPES, DType
from harness.core.numerics import IntArray, flushed, root_of
from harness.core.reference import are_integers
from harness.operations.conv_transpose.case import AXES
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.operations.conv_transpose.products import multiply_back, multiply_out


@dataclass(frozen=True)
class Gradient:
    """The right gradient called ``name`` for one reference and cotangent ``g``, (N, C_out, H_out, W_out) in float64.

    Raises ValueError where ``name`` is none of ``input_grad``, ``kernel_grad`` and ``bias_grad``, or ``g`` has
    another shape than the output.
    """

    name: OutputName
    reference: ConvTransposeReference
    g: Float64Array
    added: ClassVar[None] = None
    whole: ClassVar[None] = None
    dtype: ClassVar[DTypeName | None] = None

    def __post_init__(self) -> None:
        if self.name not in _GRADIENTS:
            message = f"{self.name} is no gradient; there are {', '.join(_GRADIENTS)}"
            raise ValueError(message)
        if self.g.shape != self.reference.geometry.output_shape:
            message = f"g {self.g.shape} is not the output's {self.reference.geometry.output_shape}"
            raise ValueError(message)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of what the gradient is taken by."""
        geometry = self.reference.geometry
        shapes = {"input_grad": geometry.input_shape, "kernel_grad": geometry.kernel_shape}
        return shapes.get(self.name, (geometry.out_channels,))

    @property
    def axes(self) -> str:
        return AXES[self.name]

    def flushed(self, floor: float) -> Gradient | None:
        reference, g = self.reference.flushed(floor), flushed(self.g, floor)
        if reference is None and g is self.g:
            return None
        return replace(self, reference=reference or self.reference, g=g)

    def slack(self, dtype: DType) -> float:
        return 0.0

    def is_exact(self, case: AnyCase) -> bool:
        """Whether every order of summation must give the same bits: integer data that never leave the exact range."""
        if case.data != "integers" or not self._of_integers:
            return False
        return bool(np.max(self.magnitude, initial=0) <= DTYPES[case.dtype].exact_limit)

    @cached_property
    def _of_integers(self) -> bool:
        return all(map(are_integers, (self.reference.x, self.reference.w, self.g)))

    @cached_property
    def output(self) -> Float64Array:
        """The gradient: (N, C_in, H, W), (C_in, C_out/G, kH, kW) or (C_out); zeros where no products meet."""
        if self.name != "bias_grad" and 0 in (self.reference.x.size, self.reference.w.size, self.g.size):
            return np.zeros(self.shape)
        with np.errstate(invalid="ignore", over="ignore"):
            return _GRADIENTS[self.name](self.reference, self.g)

    @cached_property
    def magnitude(self) -> Float64Array:
        """The sum of absolute products for each element of the gradient."""
        r = self.reference
        absolute = replace(r, x=np.abs(r.x), w=np.abs(r.w))
        return replace(self, reference=absolute, g=np.abs(self.g)).output

    @cached_property
    def norm(self) -> Float64Array:
        """The root of the sum of squared products for each element of the gradient."""
        r = self.reference
        with np.errstate(over="ignore"):
            squared = replace(r, x=np.abs(r.x) ** 2, w=np.abs(r.w) ** 2)
            squares = replace(self, reference=squared, g=self.g**2).output
        return root_of(squares, self.magnitude, self.terms)

    @cached_property
    def terms(self) -> IntArray:
        """How many products meet in each element: (H, W) of the input, (kH, kW) of the kernel, or (1,)."""
        geometry = self.reference.geometry
        if self.name == "bias_grad":
            return np.full(1, geometry.batch * geometry.height.out * geometry.width.out, dtype=np.int64)
        inside = [count_inside(axis) for axis in geometry.axes]
        if self.name == "input_grad":
            height, width = (hits.sum(axis=1) for hits in inside)
            return np.outer(height, width) * (geometry.out_channels // geometry.groups)
        height, width = (hits.sum(axis=0) for hits in inside)
        return np.outer(height, width) * geometry.batch


def count_inside(axis: Axis) -> IntArray:
    """1 where an input element and a tap meet inside the output, else 0: int64 (n, k)."""
    places = np.add.outer(np.arange(axis.n) * axis.s, np.arange(axis.k) * axis.d) - axis.begin
    return ((places >= 0) & (places < axis.out)).astype(np.int64)


_GRADIENTS: dict[OutputName, Callable[[ConvTransposeReference, Float64Array], Float64Array]] = {
    "input_grad": lambda reference, g: multiply_back(reference.geometry, reference.w, g),
    "kernel_grad": lambda reference, g: multiply_out(reference.geometry, reference.x, g),
    "bias_grad": lambda _, g: g.sum(axis=(2, 3)).sum(axis=0),
}
