"""Mutants of transposed convolution that give wrong values, in the call itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import (
    LEGAL,
    REAL,
    Mutant,
    Where,
    changed,
    in_call,
    of_dtype,
    of_operands,
    requesting,
)
from harness.quality.soundness.request import Array, Request, Results

MANY = 1 << 20
"""Elements beyond which some kernels take another path."""


def zeros(y: Array) -> Array:
    """All zeros."""
    return np.zeros(y.shape, y.dtype)


def negated(y: Array) -> Array:
    """The other sign."""
    return np.negative(y)


def rotated(array: Array) -> Array:
    """Rotated by 180 degrees."""
    return array[:, :, ::-1, ::-1]


def last_images(y: Array) -> Array:
    """All images after the fourth are zeros."""
    y[4:] = 0
    return y


def _beyond(y: Array) -> Array:
    """Elements beyond 2^20 are zeros."""
    flat = y.reshape(-1)
    flat[MANY:] = 0
    return y


def _last_row(y: Array) -> Array:
    """The last row is zero."""
    y[:, :, -1:] = 0
    return y


def _without_zero_bias(request: Request) -> Results:
    """A channel without a bias of its own gets that of the channel before it."""
    b = request.tensors.get("bias")
    if b is None:
        return request.right
    return request.with_tensors(bias=np.where(b == 0, np.roll(b, 1), b))


def _last_channel(request: Request) -> Results:
    """The last channel is skipped."""
    x = request.tensors["input"].copy()
    x[:, -1] = 0
    return request.with_tensors(input=x)


def _missing_product(request: Request) -> Results:
    """One product is missing."""
    w = request.tensors["kernel"].copy()
    w[-1, :, -1, -1] = 0
    return request.with_tensors(kernel=w)


def _one_too_large(y: Array) -> Array:
    """The last number is one too large."""
    if y.size:
        y.reshape(-1)[-1] += np.ones((), y.dtype)
    return y


def _wider(y: Array) -> Array:
    """An array of float64."""
    return y.astype(np.float64)


def row_short(y: Array) -> Array:
    """The last row is left out."""
    return y[:, :, :-1]


def _flat(y: Array) -> Array:
    """An array of another rank."""
    return y.reshape(y.shape[0], -1)


def _conjugated(y: Array) -> Array:
    """Conjugated."""
    return np.conj(y)


def _reversed(y: Array) -> Array:
    """The channels come in reverse order."""
    return y[:, ::-1]


def _of_conv(text: str, holds: Callable[[Case], bool]) -> Where:
    """Legal transposed convolutions that ``holds`` is true of."""
    return LEGAL & Where(text, lambda case: isinstance(case, Case) and holds(case))


def _products(case: Case) -> int:
    """How many meet in an element at most."""
    height, width = (-(-k // s) for k, s in zip(case.kernel_size, case.strides, strict=True))
    return case.in_channels // case.groups * height * width


def _is_large(case: Case) -> bool:
    height, width = (n * s for n, s in zip(case.input_size, case.strides, strict=True))
    return case.batch * case.out_channels * height * width > MANY // 2


def _beyond_channels(least: int) -> Where:
    return _of_conv(f"beyond {least} channels", lambda case: case.in_channels // case.groups > least)


def _in_layout(layout: str) -> Where:
    return LEGAL & Where(f"in {layout}", lambda case: case.layout == layout)


MANY_IMAGES, _LARGE = _of_conv("", lambda case: case.batch > 4), _of_conv("", _is_large)
_LONG = REAL & _of_conv("where 64 products and more meet", lambda case: _products(case) >= 64)
_HALF = REAL & of_dtype("float16", "bfloat16")
_ZERO_IN_BIAS = _of_conv("", lambda case: not isinstance(case.bias, bool) and 0 in case.bias)
_GROUPS = requesting("output") & _of_conv("with groups", lambda case: case.groups > 1)
_ROTATED = in_call(of_operands(rotated, "kernel"))
MUTANTS: Sequence[Mutant] = (
    Mutant("zeros_float32", "pytorch", changed(zeros), of_dtype("float32")),
    Mutant("zeros_float64", "tensorflow", changed(zeros), of_dtype("float64")),
    Mutant("zeros_float16", "tensorflow", changed(zeros), of_dtype("float16")),
    Mutant("zeros_bfloat16", "keras", changed(zeros), of_dtype("bfloat16")),
    Mutant("zeros_of_long_sums_float32", "pytorch", changed(zeros), of_dtype("float32") & _LONG),
    Mutant("zeros_of_long_sums_float16", "pytorch", changed(zeros), of_dtype("float16") & _LONG),
    Mutant("zeros_of_long_sums_bfloat16", "pytorch", changed(zeros), of_dtype("bfloat16") & _LONG),
    Mutant("negated", "keras", changed(negated), LEGAL),
    Mutant("negated_half", "pytorch", changed(negated), _HALF),
    Mutant("rotated", "tensorflow", _ROTATED, LEGAL),
    Mutant("rotated_half", "pytorch", _ROTATED, _HALF),
    Mutant("fifth_image", "pytorch", changed(last_images), MANY_IMAGES),
    Mutant("beyond_2_20", "tensorflow", changed(_beyond), _LARGE),
    Mutant("channel_512", "keras", in_call(_last_channel), _beyond_channels(512)),
    Mutant("missing_product", "pytorch", in_call(_missing_product), _beyond_channels(64) & REAL),
    Mutant("zero_bias", "tensorflow", in_call(_without_zero_bias), _ZERO_IN_BIAS),
    Mutant("nhwc_last_row", "tensorflow", changed(_last_row), _in_layout("NHWC")),
    Mutant("nchw_last_row", "keras", changed(_last_row), _in_layout("NCHW")),
    Mutant("last_number", "pytorch", changed(_one_too_large), LEGAL),
    Mutant("wrong_dtype", "keras", changed(_wider), of_dtype("float32")),
    Mutant("row_short", "pytorch", changed(row_short), LEGAL),
    Mutant("flattened", "tensorflow", changed(_flat), LEGAL),
    Mutant("complex_conjugated", "pytorch", changed(_conjugated), of_dtype("complex64", "complex128")),
    Mutant("groups_mixed", "tensorflow", changed(_reversed), _GROUPS),
)
