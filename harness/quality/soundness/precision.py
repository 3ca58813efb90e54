"""Mutants that round too much, or in one direction, or leave the range of their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.quality.soundness.mutant import (
    NOT_REAL,
    REAL,
    Mutant,
    Where,
    changed,
    in_call,
    in_gradients,
    of_dtype,
    of_operands,
    requesting,
)
from harness.quality.soundness.request import Array, Request, Results, reference_of

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


def to_tf32(array: Array) -> Array:
    """Rounded to TF32."""
    return to_bits(array, 11)


def to_bfloat16(array: Array) -> Array:
    """Rounded to bfloat16."""
    return to_bits(array, 8)


def to_scaled_bytes(array: Array) -> Array:
    """Scaled to 8 bits: 255 equal steps between the largest absolute value and the negative of that."""
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
    reference = reference_of(geometry, x, w, b)
    bound = error_bound(reference.output, reference.magnitude, reference.terms, DTYPES["float32"])
    return {"output": (reference.output + bound / 2).astype(x.dtype)}


def _flushed(array: Array) -> Array:
    """Normal numbers below 1e-30 are taken for zero."""
    return np.where(np.abs(array) < TINY, np.zeros((), array.dtype), array)


def _through_float64(request: Request) -> Results:
    """Computed in float64."""
    wide = {name: one.astype(np.float64) for name, one in request.tensors.items()}
    dtype = request.tensors["input"].dtype
    with np.errstate(invalid="ignore"):
        return {name: np.rint(one).astype(dtype) for name, one in request.compute(wide).items()}


def _saturated(array: Array) -> Array:
    """Saturated like integers of 8 bits."""
    return np.clip(array, -128, 127).astype(array.dtype)


def _single_for_double(array: Array) -> Array:
    """Rounded to float32."""
    return array.astype(np.float32).astype(array.dtype)


def _first_at_the_end(y: Array) -> Array:
    """The first number is the largest of its integer type, and the others wrap."""
    y.reshape(-1)[0] = np.iinfo(y.dtype).max
    return y


def _overflown_square(y: Array) -> Array:
    """As if the result had been squared on the way: infinite where that leaves the type."""
    with np.errstate(over="ignore"):
        return np.where(np.isinf(np.square(y)), np.copysign(np.inf, y), y).astype(y.dtype)


def _normal_for_subnormal(array: Array) -> Array:
    """The smallest normal number for subnormal ones."""
    small = (array != 0) & (np.abs(array) < np.finfo(np.float32).smallest_normal)
    return np.where(small, np.finfo(np.float32).smallest_normal, array).astype(array.dtype)


def _ten_digits(y: Array) -> Array:
    """Rounded to 10 decimal digits."""
    return to_bits(y, 33)


def to_five_bits(array: Array) -> Array:
    """Rounded to five significant bits."""
    return to_bits(array, 5)


def _bias_grad_of_bfloat16(request: Request) -> Results:
    """Cotangents are rounded to bfloat16 for the gradient by the bias alone."""
    narrow = request.with_tensors(cotangent=to_bfloat16(request.tensors["cotangent"]))
    return {**request.right, **{name: one for name, one in narrow.items() if name == "bias_grad"}}


def _holding(kind: str) -> Where:
    return Where(f"of {kind} data", lambda case: case.data == kind)


_FLOAT32, _GRADIENT, _BIAS_GRAD = of_dtype("float32"), requesting("input_grad"), requesting("bias_grad")
_REAL32, _INTEGERS32 = _FLOAT32 & REAL, _FLOAT32 & NOT_REAL
_TINY = _FLOAT32 & Where("", lambda case: case.input is not None or case.data not in {"integers", "real"})
_OVERFLOW = Where("beyond an integer type", lambda case: any(one.overflow for one in case.expect.readings))
_IN_TF32, _IN_BFLOAT16 = in_call(of_operands(to_tf32)), in_call(of_operands(to_bfloat16))
_IN_BYTES = in_call(of_operands(to_scaled_bytes))
_NO_SUBNORMALS = in_call(of_operands(_normal_for_subnormal))
MUTANTS: Sequence[Mutant] = (
    Mutant("tf32", "pytorch", _IN_TF32, _INTEGERS32),
    Mutant("tf32_real", "pytorch", _IN_TF32, _REAL32),
    Mutant("tf32_kernel", "tensorflow", in_call(of_operands(to_tf32, "kernel")), _REAL32),
    Mutant("bfloat16", "keras", _IN_BFLOAT16, _INTEGERS32),
    Mutant("bfloat16_real", "tensorflow", _IN_BFLOAT16, _REAL32),
    Mutant("bytes_real", "keras", _IN_BYTES, _REAL32),
    Mutant("bytes_half", "pytorch", _IN_BYTES, of_dtype("float16") & REAL),
    Mutant("single_for_double", "keras", in_call(of_operands(_single_for_double)), of_dtype("float64")),
    Mutant("truncated_sums", "pytorch", in_call(_truncated_sums), _REAL32),
    Mutant("half_bound", "tensorflow", in_call(_half_the_bound), _REAL32),
    Mutant("flushed_normals", "pytorch", in_call(of_operands(_flushed)), _TINY),
    Mutant("int64_through_float64", "pytorch", in_call(_through_float64), of_dtype("int64")),
    Mutant("int32_through_int8", "tensorflow", in_call(of_operands(_saturated)), of_dtype("int32")),
    Mutant("overflow_mixed", "pytorch", changed(_first_at_the_end), _OVERFLOW),
    Mutant("large_squared", "tensorflow", changed(_overflown_square), _holding("large")),
    Mutant("wide_range_in_bytes", "pytorch", _IN_BYTES, _holding("wide-range")),
    Mutant("small_after_large_lost", "keras", _IN_TF32, _FLOAT32 & _holding("small-after-large")),
    Mutant("subnormal_as_normal", "pytorch", _NO_SUBNORMALS, _FLOAT32 & _holding("subnormal")),
    Mutant("gradient_tf32", "pytorch", in_gradients(of_operands(to_tf32)), _REAL32 & _GRADIENT),
    Mutant("gradient_bfloat16", "tensorflow", in_gradients(of_operands(to_bfloat16)), _INTEGERS32 & _GRADIENT),
    Mutant("bias_grad_half", "pytorch", in_gradients(_bias_grad_of_bfloat16), of_dtype("float16") & _BIAS_GRAD),
    Mutant("bias_grad_bfloat16", "pytorch", changed(to_five_bits, "bias_grad"), of_dtype("bfloat16") & _BIAS_GRAD),
    Mutant("ten_digits", "tensorflow", changed(_ten_digits), of_dtype("float64")),
)
