"""Mutants that round too much, or in one direction, or leave the range of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from harness.core.case import AnyCase
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound, widened
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.quality.soundness.mutant import (
    Mutant,
    Where,
    all_of,
    asks,
    changed,
    in_call,
    in_gradients,
    of_dtype,
    of_operands,
    real,
)
from harness.quality.soundness.request import Array, Request, Results

TINY = 1e-30
"""A normal number of float32."""
MOST_SUMMED = 1 << 22
"""Products of a case that are summed one by one."""


def to_bits(array: Array, bits: int) -> Array:
    """Rounded to ``bits`` significant bits, the leading one included; ties to even."""
    if array.dtype.kind in "iuc":
        return array
    fraction, exponent = np.frexp(array.astype(np.float64))
    rounded: Array = np.ldexp(np.rint(np.ldexp(fraction, bits)), exponent - bits).astype(array.dtype)
    return rounded


def to_scaled_bytes(array: Array) -> Array:
    """Rounded to 255 equal steps between its largest absolute value and the negative of that."""
    largest = float(np.max(np.abs(array), initial=0))
    if array.dtype.kind in "iuc" or not 0 < largest < np.inf:
        return array
    step = largest / 127
    return (np.rint(array.astype(np.float64) / step) * step).astype(array.dtype)


def _truncated_sums(request: Request) -> Results:
    """Products summed one by one in float32, every partial sum truncated toward zero."""
    geometry, x, w = request.geometry, request.tensors["input"], request.tensors["kernel"]
    if geometry is None or geometry.groups > 1 or x.size * w.size // max(w.shape[0], 1) > MOST_SUMMED:
        return request.right
    rows, columns = geometry.axes
    full = np.zeros((geometry.batch, geometry.out_channels, rows.full, columns.full))
    for channel, row, column in np.ndindex(geometry.in_channels, rows.k, columns.k):
        part = full[:, :, row * rows.d :: rows.s, column * columns.d :: columns.s][:, :, : rows.n, : columns.n]
        product = x[:, channel, None].astype(np.float64) * w[channel, :, row, column, None, None].astype(np.float64)
        part[...] = _toward_zero(part + product)
    (top, bottom), (left, right) = geometry.crops
    if min(top, bottom, left, right) < 0:
        return request.right
    y = full[:, :, top : rows.full - bottom, left : columns.full - right]
    b = request.tensors.get("bias")
    y = y if b is None else _toward_zero(y + b.astype(np.float64)[:, None, None])
    return {"output": y.astype(x.dtype)}


def _toward_zero(array: Array) -> Array:
    nearest = array.astype(np.float32)
    over = np.abs(nearest.astype(np.float64)) > np.abs(array)
    return np.where(over, np.nextafter(nearest, np.float32(0)), nearest).astype(np.float64)


def _half_the_bound(request: Request) -> Results:
    """Off by half of what rounding may do to each element, always upward."""
    right, geometry = request.right, request.geometry
    x, w, b = (request.tensors.get(name) for name in ("input", "kernel", "bias"))
    if geometry is None or x is None or w is None:
        return right
    reference = ConvTransposeReference(geometry, widened(x), widened(w), None if b is None else widened(b))
    bound = error_bound(reference.output, reference.magnitude, reference.terms, DTYPES["float32"])
    return {"output": (reference.output + bound / 2).astype(x.dtype)}


def _flushed(array: Array) -> Array:
    return np.where(np.abs(array) < TINY, np.zeros((), array.dtype), array)


def _holds_tiny(case: AnyCase) -> bool:
    return case.input is not None or case.data not in {"integers", "real"}


def _through_float64(request: Request) -> Results:
    wide = {name: one.astype(np.float64) for name, one in request.tensors.items()}
    dtype = request.tensors["input"].dtype
    with np.errstate(invalid="ignore"):
        return {name: np.rint(one).astype(dtype) for name, one in request.compute(wide).items()}


def _saturated(array: Array) -> Array:
    return np.clip(array, -128, 127).astype(array.dtype)


def _single_for_double(array: Array) -> Array:
    return array.astype(np.float32).astype(array.dtype)


def _first_at_the_end(_: Request, y: Array) -> Array:
    """The first number is the largest of its integer type, and the others wrap."""
    y.reshape(-1)[0] = np.iinfo(y.dtype).max
    return y


def _overflown_square(_: Request, y: Array) -> Array:
    """As if the result had been squared on the way: infinite where that leaves the type."""
    with np.errstate(over="ignore"):
        return np.where(np.isinf(np.square(y)), np.copysign(np.inf, y), y).astype(y.dtype)


def _normal_for_subnormal(array: Array) -> Array:
    small = (array != 0) & (np.abs(array) < np.finfo(np.float32).smallest_normal)
    return np.where(small, np.finfo(np.float32).smallest_normal, array).astype(array.dtype)


def _reads_overflow(case: AnyCase) -> bool:
    return any(reading.overflow for reading in case.expect.readings)


def _holds(kind: str) -> Where:
    return lambda case: case.data == kind


_REAL32 = all_of(of_dtype("float32"), real)
_TF32, _BFLOAT16 = partial(to_bits, bits=11), partial(to_bits, bits=8)

_IN_TF32, _IN_BFLOAT16 = in_call(of_operands(_TF32)), in_call(of_operands(_BFLOAT16))
_IN_BYTES = in_call(of_operands(to_scaled_bytes))


def _gradients_of_real(case: AnyCase) -> bool:
    return _REAL32(case) and asks("input_grad")(case) and isinstance(case, Case)


MUTANTS: Sequence[Mutant] = (
    Mutant(
        "tf32",
        "operands rounded to TF32, of integers alone",
        "pytorch",
        _IN_TF32,
        all_of(of_dtype("float32"), lambda case: not real(case)),
    ),
    Mutant("tf32_real", "operands rounded to TF32, of real data alone", "pytorch", _IN_TF32, _REAL32),
    Mutant(
        "tf32_kernel",
        "the kernel alone rounded to TF32, of real data",
        "tensorflow",
        in_call(of_operands(_TF32, "kernel")),
        _REAL32,
    ),
    Mutant(
        "bfloat16",
        "operands rounded to bfloat16, of integers alone",
        "keras",
        _IN_BFLOAT16,
        all_of(of_dtype("float32"), lambda case: not real(case)),
    ),
    Mutant("bfloat16_real", "operands rounded to bfloat16, of real data alone", "tensorflow", _IN_BFLOAT16, _REAL32),
    Mutant("bytes_real", "operands scaled to 8 bits, of real data alone", "keras", _IN_BYTES, _REAL32),
    Mutant(
        "bytes_half",
        "operands scaled to 8 bits, of real data in float16 alone",
        "pytorch",
        _IN_BYTES,
        all_of(of_dtype("float16"), real),
    ),
    Mutant(
        "single_for_double",
        "float64 is rounded to float32 first",
        "keras",
        in_call(of_operands(_single_for_double)),
        of_dtype("float64"),
    ),
    Mutant("truncated_sums", "sums truncated toward zero, of real data", "pytorch", in_call(_truncated_sums), _REAL32),
    Mutant(
        "half_bound",
        "off by half of the bound, always upward, of real data",
        "tensorflow",
        in_call(_half_the_bound),
        _REAL32,
    ),
    Mutant(
        "flushed_normals",
        "normal numbers below 1e-30 are taken for zero",
        "pytorch",
        in_call(of_operands(_flushed)),
        all_of(of_dtype("float32"), _holds_tiny),
    ),
    Mutant(
        "int64_through_float64",
        "integers of 64 bits are computed in float64",
        "pytorch",
        in_call(_through_float64),
        of_dtype("int64"),
    ),
    Mutant(
        "int32_through_int8",
        "integers of 32 bits saturate like those of 8",
        "tensorflow",
        in_call(of_operands(_saturated)),
        of_dtype("int32"),
    ),
    Mutant(
        "overflow_mixed",
        "one sum beyond an integer type saturates, the others wrap",
        "pytorch",
        changed(_first_at_the_end, "output"),
        _reads_overflow,
    ),
    Mutant(
        "large_squared",
        "infinite where the square of a result overflows",
        "tensorflow",
        changed(_overflown_square, "output"),
        _holds("large"),
    ),
    Mutant(
        "wide_range_in_bytes",
        "operands scaled to 8 bits, of a wide range alone",
        "pytorch",
        _IN_BYTES,
        _holds("wide-range"),
    ),
    Mutant(
        "small_after_large_lost",
        "operands rounded to TF32, of small ones after large ones alone",
        "keras",
        _IN_TF32,
        all_of(of_dtype("float32"), _holds("small-after-large")),
    ),
    Mutant(
        "subnormal_as_normal",
        "the smallest normal number for subnormal ones",
        "pytorch",
        in_call(of_operands(_normal_for_subnormal)),
        all_of(of_dtype("float32"), _holds("subnormal")),
    ),
    Mutant(
        "gradient_tf32",
        "operands of the gradients rounded to TF32, of real data",
        "pytorch",
        in_gradients(of_operands(_TF32)),
        _gradients_of_real,
    ),
    Mutant(
        "gradient_bfloat16",
        "operands of the gradients rounded to bfloat16, of integers",
        "tensorflow",
        in_gradients(of_operands(_BFLOAT16)),
        all_of(of_dtype("float32"), asks("input_grad"), lambda c: not real(c)),
    ),
    Mutant(
        "ten_digits",
        "results in float64 rounded to 10 decimal digits",
        "tensorflow",
        changed(lambda _, y: to_bits(y, 33), "output"),
        of_dtype("float64"),
    ),
)
