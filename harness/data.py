"""The tensors of a case: literal ones as written, the others seeded by the case's name.

Default data are small non-zero integers, thinned where needed so that every partial sum stays within
the dtype's exact integers. Then any order of summation gives the same bits, and only equality is right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.case import Case, LiteralTensor
from harness.geometry import Geometry
from harness.numerics import DTYPES, DType, FloatArray
from harness.oracle import Reference, count_terms


@dataclass(frozen=True, slots=True)
class Tensors:
    """What every adapter is given, in the case's dtype: x (N, C_in, H, W), w (C_in, C_out/G, kH, kW), b (C_out)."""

    x: FloatArray
    w: FloatArray
    b: FloatArray | None

    def reference(self, geometry: Geometry) -> Reference:
        """The oracle's answer for these tensors; they widen to float64 without rounding."""
        b = None if self.b is None else self.b.astype(np.float64)
        return Reference(geometry, self.x.astype(np.float64), self.w.astype(np.float64), b)


def make_tensors(case: Case, geometry: Geometry | None) -> Tensors:
    """Input, kernel and bias of ``case``; ``geometry`` is None for an illegal case."""
    generator = np.random.default_rng(seed_of(case))
    dtype = DTYPES[case.dtype]
    drawn = _Drawn(generator, dtype, real=case.data == "real")
    shape = (case.batch, case.in_channels, *case.input_size)
    x = drawn.tensor(shape) if case.input is None else as_array(case.input, "NCHW").astype(case.dtype)
    kernel_shape = (case.in_channels, max(case.out_channels // max(case.groups, 1), 1), *case.kernel_size)
    w = drawn.kernel(kernel_shape) if case.kernel is None else as_array(case.kernel, "IOHW").astype(case.dtype)
    b = _bias(case, drawn)
    if case.data == "integers" and geometry is not None and case.input is None:
        x = _thin(x, w, b, geometry, generator, dtype)
    return Tensors(x, w, b)


def seed_of(case: Case) -> int:
    """The seed of a case's drawn data, from its name."""
    return int.from_bytes(hashlib.sha256(case.name.encode()).digest()[:8], "little")


def is_exact(case: Case, reference: Reference) -> bool:
    """Whether every order of summation must give the same bits: integer data that never leave the exact range."""
    x, w, b = reference.x, reference.w, reference.b
    tensors = (x, w) if b is None else (x, w, b)
    if case.data == "real" or not all(np.all(np.isfinite(t)) and np.all(t == np.rint(t)) for t in tensors):
        return False
    limit = DTYPES[case.dtype].exact_limit
    if _crude_magnitude(x, w, b, reference.geometry) <= limit:
        return True
    return bool(np.max(reference.magnitude, initial=0) <= limit)


def as_array(literal: LiteralTensor, order: str) -> npt.NDArray[np.float64]:
    """``literal`` as float64 with its axes in ``order``; absent axes have size 1, a rotated kernel is turned back."""
    array = np.array(literal.values, dtype=np.float64).reshape(literal.shape)
    missing = [letter for letter in order if letter not in literal.layout]
    array = array.reshape(array.shape + (1,) * len(missing))
    letters = literal.layout + "".join(missing)
    array = array.transpose([letters.index(letter) for letter in order])
    if literal.rotated:
        array = array[..., ::-1, ::-1]
    return np.ascontiguousarray(array)


@dataclass(frozen=True, slots=True)
class _Drawn:
    generator: np.random.Generator
    dtype: DType
    real: bool

    def tensor(self, shape: tuple[int, ...]) -> FloatArray:
        if self.real:
            drawn: FloatArray = self.generator.normal(size=shape).astype(self.dtype.name)
            return drawn
        size = self.generator.integers(1, self.dtype.reach, size=shape, endpoint=True)
        signed: FloatArray = (size * self.generator.choice([-1, 1], size=shape)).astype(self.dtype.name)
        return signed

    def kernel(self, shape: tuple[int, ...]) -> FloatArray:
        """Drawn again while a flip or rotation would not change it: such a kernel cannot show one."""
        kernel = self.tensor(shape)
        flips = [axes for axes in ((2,), (3,), (2, 3)) if all(shape[axis] > 1 for axis in axes)]
        while kernel.size and any(np.array_equal(kernel, np.flip(kernel, axes)) for axes in flips):
            kernel = self.tensor(shape)
        return kernel

    def bias(self, size: int) -> FloatArray:
        """Distinct and non-zero, so that a mixed-up bias shows; repeated where it would fill the exact range."""
        if self.real:
            return self.tensor((size,))
        values = (np.arange(size) % (self.dtype.exact_limit // 4) + 1) * np.where(np.arange(size) % 2, -1, 1)
        return self.generator.permutation(values).astype(self.dtype.name)


def _bias(case: Case, drawn: _Drawn) -> FloatArray | None:
    if isinstance(case.bias, bool):
        return drawn.bias(case.out_channels) if case.bias else None
    return np.array(case.bias, dtype=case.dtype)


def _crude_magnitude(x: npt.NDArray[Any], w: npt.NDArray[Any], b: npt.NDArray[Any] | None, geometry: Geometry) -> float:
    """An upper estimate of sum(|x||w|) + |b| that needs no convolution."""
    largest = [float(np.max(np.abs(t), initial=0)) for t in (x, w)]
    bias = 0.0 if b is None else float(np.max(np.abs(b), initial=0))
    return largest[0] * largest[1] * float(np.max(count_terms(geometry), initial=0)) + bias


def _thin(
    x: FloatArray, w: FloatArray, b: FloatArray | None, geometry: Geometry, generator: np.random.Generator, dtype: DType
) -> FloatArray:
    """``x`` with as many entries zeroed as it takes to keep every sum exact, or ``x`` itself if that is all."""
    given = x
    crude = _crude_magnitude(x, w, b, geometry)
    density = 1.0
    while crude > dtype.exact_limit and np.any(x):
        if np.max(Tensors(x, w, b).reference(geometry).magnitude) <= dtype.exact_limit:
            break
        density = min(density / 2, dtype.exact_limit / crude)
        x = np.where(generator.random(x.shape) < density, x, x.dtype.type(0))
    return x if np.any(x) else given
