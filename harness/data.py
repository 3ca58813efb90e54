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
from harness.dtypes import DTYPES, DType
from harness.geometry import Geometry
from harness.gradients import Gradient
from harness.numerics import FloatArray, widened
from harness.oracle import Reference, count_terms


@dataclass(frozen=True, slots=True)
class Tensors:
    """What every adapter is given, in the case's dtype: x (N, C_in, H, W), w (C_in, C_out/G, kH, kW), b (C_out).

    ``g`` is the cotangent (N, C_out, H_out, W_out) where gradients are asked: they are those of ``sum(g * y)``.
    """

    x: FloatArray
    w: FloatArray
    b: FloatArray | None
    g: FloatArray | None = None

    def reference(self, geometry: Geometry) -> Reference:
        """The oracle's answer for these tensors; they widen to float64 without rounding."""
        b = None if self.b is None else widened(self.b)
        return Reference(geometry, widened(self.x), widened(self.w), b)


def make_tensors(case: Case, geometry: Geometry | None) -> Tensors:
    """Input, kernel and bias of ``case``; ``geometry`` is None for an illegal case."""
    generator = np.random.default_rng(seed_of(case))
    dtype = DTYPES[case.dtype]
    drawn = _Drawn(generator, dtype, real=case.data == "real")
    shape = (case.batch, case.in_channels, *case.input_size)
    x = drawn.tensor(shape) if case.input is None else as_array(case.input, "NCHW").astype(dtype.numpy)
    outputs = min(case.out_channels, max(case.out_channels // max(case.groups, 1), 1))
    kernel_shape = (case.in_channels, outputs, *case.kernel_size)
    w = drawn.kernel(kernel_shape) if case.kernel is None else as_array(case.kernel, "IOHW").astype(dtype.numpy)
    b = _bias(case, drawn)
    if case.data == "integers" and geometry is not None and case.input is None:
        x = _thin(x, w, b, geometry, generator, dtype)
    asks_gradients = geometry is not None and case.outputs != ("output",)
    return Tensors(x, w, b, _cotangent(x, w, geometry, drawn) if asks_gradients and geometry else None)


def seed_of(case: Case) -> int:
    """The seed of a case's drawn data, from its name."""
    return int.from_bytes(hashlib.sha256(case.name.encode()).digest()[:8], "little")


def is_exact(case: Case, truth: Reference | Gradient) -> bool:
    """Whether every order of summation must give the same bits: integer data that never leave the exact range."""
    reference = truth if isinstance(truth, Reference) else truth.reference
    x, w, b = reference.x, reference.w, reference.b
    others = (b,) if isinstance(truth, Reference) else (truth.g,)
    if case.data == "real" or not all(_are_integers(t) for t in (x, w, *others) if t is not None):
        return False
    limit = DTYPES[case.dtype].exact_limit
    if isinstance(truth, Reference) and _crude_magnitude(x, w, b, reference.geometry) <= limit:
        return True
    return bool(np.max(truth.magnitude, initial=0) <= limit)


def _are_integers(tensor: npt.NDArray[Any]) -> bool:
    return bool(np.all(np.isfinite(tensor)) and np.all(tensor == np.rint(tensor)))


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
            drawn: FloatArray = self.generator.normal(size=shape).astype(self.dtype.numpy)
            return drawn
        if self.dtype.kind == "complex":
            return self._complex(shape)
        size = self.generator.integers(1, self.dtype.reach, size=shape, endpoint=True)
        # the same draws as those of ``generator.choice`` between -1 and 1, which takes longer
        signs = 2 * self.generator.integers(0, 2, size=shape) - 1 if self.dtype.signed else 1
        signed: FloatArray = (size * signs).astype(self.dtype.numpy)
        return signed

    def _complex(self, shape: tuple[int, ...]) -> FloatArray:
        """Both parts small integers, none of them zero."""
        parts = self.generator.integers(1, self.dtype.reach // 2, size=(2, *shape), endpoint=True)
        parts *= self.generator.choice([-1, 1], size=parts.shape)
        made: FloatArray = (parts[0] + 1j * parts[1]).astype(self.dtype.numpy)
        return made

    def kernel(self, shape: tuple[int, ...]) -> FloatArray:
        """Drawn again while a flip or rotation would not change it: such a kernel cannot show one."""
        kernel = self.tensor(shape)
        flips = [axes for axes in ((2,), (3,), (2, 3)) if all(shape[axis] > 1 for axis in axes)]
        while kernel.size and any((kernel == np.flip(kernel, axes)).all() for axes in flips):
            kernel = self.tensor(shape)
        return kernel

    def bias(self, size: int) -> FloatArray:
        """Distinct and non-zero, so that a mixed-up bias shows; repeated where it would fill the exact range."""
        if self.real:
            return self.tensor((size,))
        values = (np.arange(size) % (self.dtype.exact_limit // 4) + 1) * np.where(np.arange(size) % 2, -1, 1)
        drawn = self.generator.permutation(values if self.dtype.signed else abs(values))
        made: FloatArray = (drawn * (1 + 2j) if self.dtype.kind == "complex" else drawn).astype(self.dtype.numpy)
        return made


def _bias(case: Case, drawn: _Drawn) -> FloatArray | None:
    if isinstance(case.bias, bool):
        return drawn.bias(case.out_channels) if case.bias else None
    return np.array(case.bias, dtype=DTYPES[case.dtype].numpy)


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


def _cotangent(x: FloatArray, w: FloatArray, geometry: Geometry, drawn: _Drawn) -> FloatArray:
    """A drawn cotangent (N, C_out, H_out, W_out); integers are thinned until every gradient is a sum of exact ones."""
    g = drawn.tensor(geometry.output_shape)
    if drawn.real or not g.size:
        return g
    limit = drawn.dtype.exact_limit
    reference = Tensors(x, w, None).reference(geometry)
    given, density = g, 1.0
    while (largest := _largest_gradient(reference, g)) > limit and np.any(g):
        density = min(density / 2, density * limit / largest)
        g = np.where(drawn.generator.random(g.shape) < density, given, g.dtype.type(0))
    return g if np.any(g) else given


def _largest_gradient(reference: Reference, g: FloatArray) -> float:
    """The largest sum of absolute products in any of the gradients."""
    wide = g.astype(np.float64)
    return max(
        float(np.max(Gradient(name, reference, wide).magnitude, initial=0.0))
        for name in ("input_grad", "kernel_grad", "bias_grad")
    )
