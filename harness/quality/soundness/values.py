"""Mutants of transposed convolution that give wrong values, in the call itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import (
    Answer,
    Mutant,
    all_of,
    asks,
    changed,
    in_call,
    legal,
    of_dtype,
    of_operands,
    real,
)
from harness.quality.soundness.request import Array, Request, Results

MANY = 1 << 20
"""Elements beyond which some kernels take another path."""


def zeros(_: Request, y: Array) -> Array:
    """Nothing was written."""
    return np.zeros(y.shape, y.dtype)


def negated(_: Request, y: Array) -> Array:
    """The other sign."""
    return np.negative(y)


def rotated(kernel: Array) -> Array:
    """Turned by 180 degrees."""
    return kernel[:, :, ::-1, ::-1]


def reaching(least: int) -> Any:
    """Cases in which ``least`` products and more meet in an element."""

    def where(case: AnyCase) -> bool:
        if not isinstance(case, Case):
            return False
        taps = [-(-k // s) for k, s in zip(case.kernel_size, case.strides, strict=True)]
        return case.in_channels // case.groups * taps[0] * taps[1] >= least

    return where


def _last_images(_: Request, y: Array) -> Array:
    y[4:] = 0
    return y


def _beyond(_: Request, y: Array) -> Array:
    flat = y.reshape(-1)
    flat[MANY:] = 0
    return y


def _elements(case: AnyCase) -> bool:
    if not isinstance(case, Case) or case.nominal:
        return False
    least = [n * s for n, s in zip(case.input_size, case.strides, strict=True)]
    return case.batch * case.out_channels * least[0] * least[1] > MANY // 2


def _last_row(_: Request, y: Array) -> Array:
    y[:, :, -1:] = 0
    return y


def _without_zero_bias(request: Request) -> Results:
    """A channel without a bias of its own gets that of the channel before it."""
    b = request.tensors.get("bias")
    if b is None:
        return request.right
    return request.with_tensors(bias=np.where(b == 0, np.roll(b, 1), b))


def _zero_in_bias(case: AnyCase) -> bool:
    return isinstance(case, Case) and not isinstance(case.bias, bool) and 0 in case.bias


def _last_channel(request: Request) -> Results:
    x = request.tensors["input"].copy()
    x[:, -1] = 0
    return request.with_tensors(input=x)


def _missing_product(request: Request) -> Results:
    w = request.tensors["kernel"].copy()
    w[-1, :, -1, -1] = 0
    return request.with_tensors(kernel=w)


def _one_too_large(_: Request, y: Array) -> Array:
    if y.size:
        y.reshape(-1)[-1] += np.ones((), y.dtype)
    return y


def _channels(least: int) -> Any:
    return lambda case: isinstance(case, Case) and legal(case) and case.in_channels // case.groups > least


def _images(case: AnyCase) -> bool:
    return isinstance(case, Case) and legal(case) and case.batch > 4


def _wider(_: Request, y: Array) -> Array:
    return y.astype(np.float64)


def row_short(_: Request, y: Array) -> Array:
    """Without the last row."""
    return y[:, :, :-1]


def _flat(_: Request, y: Array) -> Array:
    return y.reshape(y.shape[0], -1)


OUTPUT = "output"
ZEROS = changed(zeros, OUTPUT)
_ROTATED: Answer = in_call(of_operands(rotated, "kernel"))
_HALF = ("float16", "bfloat16")
MUTANTS: Sequence[Mutant] = (
    Mutant("zeros_float32", "all zeros in float32", "pytorch", ZEROS, of_dtype("float32")),
    Mutant("zeros_float64", "all zeros in float64", "tensorflow", ZEROS, of_dtype("float64")),
    Mutant("zeros_float16", "all zeros in float16", "tensorflow", ZEROS, of_dtype("float16")),
    Mutant("zeros_bfloat16", "all zeros in bfloat16", "keras", ZEROS, of_dtype("bfloat16")),
    Mutant(
        "zeros_of_long_sums_float32",
        "all zeros of real data in float32, where 64 products and more meet",
        "pytorch",
        ZEROS,
        all_of(of_dtype("float32"), real, reaching(64)),
    ),
    Mutant(
        "zeros_of_long_sums_float16",
        "all zeros of real data in float16, where 64 products and more meet",
        "pytorch",
        ZEROS,
        all_of(of_dtype("float16"), real, reaching(64)),
    ),
    Mutant(
        "zeros_of_long_sums_bfloat16",
        "all zeros of real data in bfloat16, where 64 products and more meet",
        "pytorch",
        ZEROS,
        all_of(of_dtype("bfloat16"), real, reaching(64)),
    ),
    Mutant("negated", "the other sign", "keras", changed(negated, OUTPUT), legal),
    Mutant(
        "negated_half",
        "the other sign, real half precision alone",
        "pytorch",
        changed(negated, OUTPUT),
        all_of(of_dtype(*_HALF), real),
    ),
    Mutant("rotated", "the kernel rotated by 180 degrees", "tensorflow", _ROTATED, legal),
    Mutant(
        "rotated_half",
        "the kernel rotated, in real half precision alone",
        "pytorch",
        _ROTATED,
        all_of(of_dtype(*_HALF), real),
    ),
    Mutant("fifth_image", "all images after the fourth are zeros", "pytorch", changed(_last_images, OUTPUT), _images),
    Mutant("beyond_2_20", "elements beyond 2^20 are zeros", "tensorflow", changed(_beyond, OUTPUT), _elements),
    Mutant("channel_512", "the last channel beyond 512 is skipped", "keras", in_call(_last_channel), _channels(512)),
    Mutant(
        "missing_product",
        "one product is missing beyond 64 channels of real data",
        "pytorch",
        in_call(_missing_product),
        all_of(_channels(64), real),
    ),
    Mutant(
        "zero_bias",
        "a bias of zero is read as the one before it",
        "tensorflow",
        in_call(_without_zero_bias),
        all_of(_zero_in_bias, legal),
    ),
    Mutant(
        "nhwc_last_row",
        "the last row is zero where the layout is NHWC",
        "tensorflow",
        changed(_last_row, OUTPUT),
        all_of(legal, lambda case: case.layout == "NHWC"),
    ),
    Mutant(
        "nchw_last_row",
        "the last row is zero where the layout is NCHW",
        "keras",
        changed(_last_row, OUTPUT),
        all_of(legal, lambda case: case.layout == "NCHW"),
    ),
    Mutant("last_number", "the last number is one too large", "pytorch", changed(_one_too_large, OUTPUT), legal),
    Mutant("wrong_dtype", "float64 for float32", "keras", changed(_wider, OUTPUT), of_dtype("float32")),
    Mutant("row_short", "the last row is left out", "pytorch", changed(row_short, OUTPUT), legal),
    Mutant("flattened", "an array of another rank", "tensorflow", changed(_flat, OUTPUT), legal),
    Mutant(
        "complex_conjugated",
        "complex results are conjugated",
        "pytorch",
        changed(lambda _, y: np.conj(y), OUTPUT),
        of_dtype("complex64", "complex128"),
    ),
    Mutant(
        "groups_mixed",
        "the groups come in reverse order",
        "tensorflow",
        changed(lambda _, y: y[:, ::-1], OUTPUT),
        all_of(asks(OUTPUT), lambda case: isinstance(case, Case) and case.groups > 1),
    ),
)
