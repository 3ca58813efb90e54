"""The tensors of a case: literal ones as written, the others seeded by the case's name.

Default data are non-zero integers with every significant bit that the sums leave free (see
harness.operations.integers): every partial sum stays within the dtype's exact integers. Then any order of summation
gives the same bits, and only equality is right. Where even ones would leave that range, some elements are zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import OutputName, Reading
from harness.core.dtypes import DTYPES, DType
from harness.core.literals import as_array, as_integers, as_reference
from harness.core.numerics import FloatArray, widened
from harness.core.reference import Reference, are_integers
from harness.core.tensors import seed_of, turn_of
from harness.operations.aimed import Aim, aim_of
from harness.operations.conv_transpose.case import AXES, Case
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.operations.integers import OPERANDS, Channels, Operand, Plan, Recipe, limits_of, plan
from harness.operations.overflow import read_overflow


@dataclass(frozen=True, slots=True)
class Tensors:
    """What every adapter is given, in the case's dtype: x (N, C_in, H, W), w (C_in, C_out/G, kH, kW), b (C_out).

    ``g`` is the cotangent (N, C_out, H_out, W_out) where gradients are requested: they are those of ``sum(g * y)``.
    """

    x: FloatArray
    w: FloatArray
    b: FloatArray | None
    g: FloatArray | None = None

    def reference(self, geometry: Geometry) -> ConvTransposeReference:
        """The oracle's answer for these tensors; they widen to float64 without rounding."""
        b = None if self.b is None else widened(self.b)
        integers = (self.x, self.w, self.b) if self.x.dtype.kind in "iu" else None
        return ConvTransposeReference(geometry, widened(self.x), widened(self.w), b, integers=integers)

    @property
    def nbytes(self) -> int:
        """Of the input, the kernel and the cotangent."""
        return self.x.nbytes + self.w.nbytes + (0 if self.g is None else self.g.nbytes)

    def readings(self, case: Case, output: OutputName) -> Iterator[tuple[Reading, Reference | None]]:
        for reading in case.expect.readings:
            if reading.results:
                yield reading, as_reference(dict(reading.results)[output], DTYPES[case.dtype])
                continue
            crops = None if reading.refused else reading.crops
            reference = None if crops is None else self.reference(full_geometry(case).with_crops(crops))
            if reference is not None and reading.overflow is not None:
                yield reading, read_overflow(reference, DTYPES[case.dtype], reading.overflow)
            elif reference is None or output == "output" or self.g is None:
                yield reading, reference
            else:
                yield reading, Gradient(output, reference, widened(self.g))

    @property
    def named(self) -> Mapping[str, npt.NDArray[Any]]:
        tensors = {"input": self.x, "kernel": self.w, "bias": self.b, "cotangent": self.g}
        return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def make_tensors(case: Case, geometry: Geometry | None) -> Tensors:
    """Input, kernel and bias of ``case``; ``geometry`` is None for an illegal or ambiguous case."""
    dtype = DTYPES[case.dtype]
    as_written = as_integers if dtype.kind == "integer" else as_array
    literal: dict[Operand, FloatArray | None] = {
        "x": None if case.input is None else as_written(case.input, "NC" + case.spatial).astype(dtype.numpy),
        "w": None if case.kernel is None else as_written(case.kernel, "IO" + case.spatial).astype(dtype.numpy),
        "g": None if case.cotangent is None else as_written(case.cotangent, "NC" + case.spatial).astype(dtype.numpy),
    }
    planned = plan_case(case, geometry, literal)
    drawn = _Drawn(np.random.default_rng(seed_of(case)), dtype, planned, aim_of(case, geometry))
    shape = (case.batch, case.in_channels, *case.input_size)
    x = drawn.tensor("x", shape) if (x_given := literal["x"]) is None else x_given
    outputs = min(case.out_channels, max(case.out_channels // max(case.groups, 1), 1))
    kernel_shape = (case.in_channels, outputs, *case.kernel_size)
    w = drawn.kernel(kernel_shape) if (w_given := literal["w"]) is None else w_given
    b = _bias(case, drawn)
    if geometry is None:
        read = _geometry_read(case) if case.outputs != ("output",) else None
        return Tensors(x, w, b, None if read is None else _cotangent(x, w, read, drawn))
    if planned is not None and "x" in planned.sparse:
        x = _thin(x, drawn, lambda thin: float(np.max(Tensors(thin, w, b).reference(geometry).magnitude)))
    if (g := literal["g"]) is None and case.outputs != ("output",):
        g = _cotangent(x, w, geometry, drawn)
    return Tensors(x, w, b, g)


def _geometry_read(case: Case) -> Geometry | None:
    """That of the first reading with a result; all of them have outputs of one size where gradients are requested."""
    crops = next((reading.crops for reading in case.expect.readings if reading.crops is not None), None)
    return None if crops is None else full_geometry(case).with_crops(crops)


def plan_case(case: Case, geometry: Geometry | None, literal: Mapping[Operand, FloatArray | None]) -> Plan | None:
    """How the integers of ``case`` are drawn, beside the ``literal`` operands; None for other data.

    The data of an illegal case, which no sum is made of, and those beside literal fractions are small.
    """
    if case.data != "integers":
        return None
    dtype = DTYPES[case.dtype]
    given = {name: _largest(tensor) for name, tensor in literal.items() if tensor is not None}
    bias = _largest_bias(case)
    if geometry is None and case.expect.readings:
        geometry = full_geometry(case)
    if geometry is None or bias is None or None in given.values():
        return Plan({name: Recipe(dtype.reach) for name in OPERANDS}, frozenset())
    channels = Channels(case.in_channels, case.out_channels // case.groups)
    sizes = {name: size for name, size in given.items() if size is not None}
    limits = limits_of(geometry, dtype, bias, gradients=case.outputs != ("output",))
    return plan(limits, dtype, turn_of(case), channels, sizes)


def _largest(tensor: FloatArray) -> int | None:
    """The largest absolute value, of complex numbers that of a part; None where there is no integer for it."""
    if tensor.dtype.kind == "c":
        tensor = np.stack([tensor.real, tensor.imag])
    if tensor.dtype.kind == "f" and not are_integers(tensor):
        return None
    return max((abs(int(end)) for end in (tensor.min(initial=0), tensor.max(initial=0))), default=0)


def _largest_bias(case: Case) -> int | None:
    """See ``_largest``."""
    if not isinstance(case.bias, bool):
        return _largest(np.array(case.bias, dtype=DTYPES[case.dtype].numpy))
    if not case.bias:
        return 0
    dtype = DTYPES[case.dtype]
    sizes = distinct_biases(case.out_channels, most_bias(dtype), signed=dtype.signed)
    largest = int(np.max(np.abs(sizes), initial=0))
    # twice as much is the imaginary part of a complex one
    return 2 * largest if dtype.kind == "complex" else largest


@dataclass(frozen=True, slots=True)
class _Drawn:
    """``planned`` is None for real data, ``aim`` for data without one."""

    generator: np.random.Generator
    dtype: DType
    planned: Plan | None
    aim: Aim | None = None

    def tensor(self, name: Operand, shape: tuple[int, ...]) -> FloatArray:
        if self.aim is not None and name != "g":
            return self.aim.draw(name, self.generator, self.dtype, shape)
        if self.planned is None:
            return self._normal(shape)
        recipe = self.planned.recipes[name]
        if self.dtype.kind == "complex":
            parts = [signed(self.generator, recipe.draw(self.generator, shape)) for _ in range(2)]
            return (parts[0] + 1j * parts[1]).astype(self.dtype.numpy)
        sizes = recipe.draw(self.generator, shape)
        return (signed(self.generator, sizes) if self.dtype.signed else sizes).astype(self.dtype.numpy)

    def _normal(self, shape: tuple[int, ...]) -> FloatArray:
        return self.generator.normal(size=shape).astype(self.dtype.numpy)

    def kernel(self, shape: tuple[int, ...]) -> FloatArray:
        """Drawn again while a flip or rotation would not change it: such a kernel cannot show one."""
        kernel = self.tensor("w", shape)
        while kernel.size and _turns_into_itself(kernel):
            kernel = self.tensor("w", shape)
        return kernel

    def bias(self, size: int) -> FloatArray:
        """Distinct and non-zero, so that a mixed-up bias shows; repeated where it would fill the exact range."""
        if self.planned is None:
            return self._normal((size,))
        drawn = self.generator.permutation(distinct_biases(size, most_bias(self.dtype), signed=self.dtype.signed))
        return (drawn * (1 + 2j) if self.dtype.kind == "complex" else drawn).astype(self.dtype.numpy)


def signed(generator: np.random.Generator, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """``sizes`` with random signs.

    The same draws as those of ``generator.choice`` between -1 and 1, which takes longer.
    """
    return sizes * (2 * generator.integers(0, 2, size=sizes.shape) - 1)


def most_bias(dtype: DType) -> int:
    """What a drawn bias reaches at most: a part of the exact integers, the rest being for the products."""
    return dtype.exact_limit // (16 if dtype.kind == "complex" else 4)


@lru_cache(maxsize=64)
def distinct_biases(size: int, most: int, *, signed: bool) -> npt.NDArray[np.int64]:
    """Odd multiples or neighbours of ``most / size`` up to ``most``, with signs in turn where there are any.

    Where there are not that many odd numbers they are 1, -2, 3 … up to ``most``, and then again.
    """
    step = most // max(size, 1)
    values: npt.NDArray[np.int64] = np.arange(size) % most + 1
    if step > 1:
        values = values * step
        values -= 1 - values % 2
    if signed:
        values[1::2] *= -1
    return values


def _turns_into_itself(kernel: FloatArray) -> bool:
    """Whether a flip along some or all of the spatial axes that are longer than 1 changes nothing.

    Compared as bytes, which is quick: drawn numbers are neither zeros nor NaN.
    """
    plain, forth, back = kernel.tobytes(), slice(None), slice(None, None, -1)
    ways = product(*((forth, back) if size > 1 else (forth,) for size in kernel.shape[2:]))
    return any(plain == kernel[(forth, forth, *way)].tobytes() for way in ways if back in way)


def _bias(case: Case, drawn: _Drawn) -> FloatArray | None:
    if isinstance(case.bias, bool):
        return drawn.bias(case.out_channels) if case.bias else None
    return np.array(case.bias, dtype=DTYPES[case.dtype].numpy)


def _thin(tensor: FloatArray, drawn: _Drawn, largest: Callable[[FloatArray], float]) -> FloatArray:
    """``tensor`` with as many entries zeroed as keep the ``largest`` sum exact, or as it is if these are all."""
    limit, density, thin = drawn.dtype.exact_limit, 1.0, tensor
    while (most := largest(thin)) > limit and np.any(thin):
        density = min(density / 2, density * limit / most)
        thin = np.where(drawn.generator.random(tensor.shape) < density, tensor, tensor.dtype.type(0))
    return thin if np.any(thin) else tensor


def _cotangent(x: FloatArray, w: FloatArray, geometry: Geometry, drawn: _Drawn) -> FloatArray:
    """A drawn cotangent (N, C_out, H_out, W_out); integers are thinned until every gradient is a sum of exact ones."""
    g = drawn.tensor("g", geometry.output_shape)
    if drawn.planned is None or "g" not in drawn.planned.sparse:
        return g
    reference = Tensors(x, w, None).reference(geometry)
    return _thin(g, drawn, lambda thin: _largest_gradient(reference, thin))


def _largest_gradient(reference: ConvTransposeReference, g: FloatArray) -> float:
    """The largest sum of absolute products in any of the gradients."""
    wide = g.astype(np.float64)
    gradients = [Gradient(name, reference, wide) for name in AXES]
    return max(float(np.max(gradient.magnitude, initial=0.0)) for gradient in gradients)
