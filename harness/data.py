"""The tensors of a case: literal ones as written, the others seeded by the case's name.

Default data are small non-zero integers, thinned where needed so that every partial sum stays within
the dtype's exact integers. Then any order of summation gives the same bits, and only equality is right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness.case import AnyCase, Case, LiteralTensor, OutputName, Reading
from harness.dtypes import DTYPES, DType
from harness.geometry import Geometry, full_geometry
from harness.gradients import AXES, Gradient, crude_gradients
from harness.numerics import FloatArray, widened
from harness.oracle import Reference, crude_magnitude
from harness.truth import Truth


class AnyTensors(Protocol):
    """The data of a case, whatever operation it is one of."""

    @property
    def nbytes(self) -> int:
        """How large they are together."""

    def readings(self, case: Any, output: OutputName) -> Iterator[tuple[Reading, Truth | None]]:
        """The readings of an ambiguous case, each with what ``output`` then is; None where the call is refused."""


@dataclass(frozen=True)
class NamedTensors:
    """The data of a case by name, ``cotangent`` among them where gradients are asked.

    ``read`` gives the readings of an ambiguous case; see AnyTensors.readings.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    read: Callable[[OutputName], Iterator[tuple[Reading, Truth | None]]] = lambda _: iter(())

    @property
    def nbytes(self) -> int:
        """See AnyTensors.nbytes."""
        return sum(array.nbytes for array in self.arrays.values())

    def readings(self, case: AnyCase, output: OutputName) -> Iterator[tuple[Reading, Truth | None]]:
        """See AnyTensors.readings."""
        return self.read(output)


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

    @property
    def nbytes(self) -> int:
        """Of the input, the kernel and the cotangent."""
        return self.x.nbytes + self.w.nbytes + (0 if self.g is None else self.g.nbytes)

    def readings(self, case: Case, output: OutputName) -> Iterator[tuple[Reading, Truth | None]]:
        """See AnyTensors.readings."""
        full = full_geometry(case)
        for reading in case.expect.readings:
            yield reading, None if reading.crops is None else self.reference(full.with_crops(reading.crops))


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


def seed_of(case: AnyCase) -> int:
    """The seed of a case's drawn data, from its name."""
    return int.from_bytes(hashlib.sha256(case.name.encode()).digest()[:8], "little")


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
        height, width = (shape[axis] > 1 for axis in (2, 3))
        while kernel.size and _turns_into_itself(kernel, height=height, width=width):
            kernel = self.tensor(shape)
        return kernel

    def bias(self, size: int) -> FloatArray:
        """Distinct and non-zero, so that a mixed-up bias shows; repeated where it would fill the exact range."""
        if self.real:
            return self.tensor((size,))
        drawn = self.generator.permutation(_distinct(size, self.dtype.exact_limit // 4, signed=self.dtype.signed))
        made: FloatArray = (drawn * (1 + 2j) if self.dtype.kind == "complex" else drawn).astype(self.dtype.numpy)
        return made


@lru_cache(maxsize=64)
def _distinct(size: int, most: int, *, signed: bool) -> npt.NDArray[np.int64]:
    """1, -2, 3 … up to ``most``, then again; without signs where there are none."""
    values: npt.NDArray[np.int64] = np.arange(size) % most + 1
    if signed:
        values[1::2] *= -1
    return values


def _turns_into_itself(kernel: FloatArray, *, height: bool, width: bool) -> bool:
    """Whether a flip along an axis that is said to be long enough, or a rotation if both are, changes nothing.

    Compared as bytes, which is quick: drawn numbers are neither zeros nor NaN.
    """
    plain = kernel.tobytes()
    return (
        (height and plain == kernel[:, :, ::-1].tobytes())
        or (width and plain == kernel[:, :, :, ::-1].tobytes())
        or (height and width and plain == kernel[:, :, ::-1, ::-1].tobytes())
    )


def _bias(case: Case, drawn: _Drawn) -> FloatArray | None:
    if isinstance(case.bias, bool):
        return drawn.bias(case.out_channels) if case.bias else None
    return np.array(case.bias, dtype=DTYPES[case.dtype].numpy)


def _thin(
    x: FloatArray, w: FloatArray, b: FloatArray | None, geometry: Geometry, generator: np.random.Generator, dtype: DType
) -> FloatArray:
    """``x`` with as many entries zeroed as it takes to keep every sum exact, or ``x`` itself if that is all."""
    given = x
    # widened, since the least integer of a type has no absolute value in it
    crude = crude_magnitude(geometry, widened(x), widened(w), None if b is None else widened(b))
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
    if crude_gradients(reference, float(np.max(np.abs(g)))) <= limit:
        return g
    given, density = g, 1.0
    while (largest := _largest_gradient(reference, g)) > limit and np.any(g):
        density = min(density / 2, density * limit / largest)
        g = np.where(drawn.generator.random(g.shape) < density, given, g.dtype.type(0))
    return g if np.any(g) else given


def _largest_gradient(reference: Reference, g: FloatArray) -> float:
    """The largest sum of absolute products in any of the gradients."""
    wide = g.astype(np.float64)
    gradients = [Gradient(name, reference, wide) for name in AXES]
    return max(float(np.max(gradient.magnitude, initial=0.0)) for gradient in gradients)
