"""Mutants of the other operations: pooling, unpooling, resizing, and convolving what was resized."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from harness.core.case import AnyCase
from harness.quality.soundness.gradients import _doubled as doubled
from harness.quality.soundness.mutant import (
    Answer,
    Mutant,
    all_of,
    asks,
    changed,
    in_call,
    in_gradients,
    legal,
    of_dtype,
    of_operands,
    real,
    refused,
)
from harness.quality.soundness.precision import to_bits
from harness.quality.soundness.request import Array, Request, Results
from harness.quality.soundness.values import negated, rotated, zeros

AVERAGE, POOL, UNPOOL = "avg_unpool2d", "max_pool2d_with_indices", "max_unpool2d"
RESIZE, RESIZE_CONV = "resize2d", "resize_conv2d"


def _first_of_form(request: Request) -> Results:
    return request.kept.setdefault(request.form, request.right)  # type: ignore[no-any-return]


def _shifted(_: Request, y: Array) -> Array:
    return np.roll(y, 1, axis=3)


def _row_short(_: Request, y: Array) -> Array:
    return y[:, :, :-1]


def _next_plane(request: Request, indices: Array) -> Array:
    """Counted from the plane before: off by the elements of one plane."""
    height, width = request.tensors["input"].shape[2:]
    moved: Array = indices + height * width
    return moved


def _one_more(_: Request, indices: Array) -> Array:
    return indices + 1


def _narrow(_: Request, indices: Array) -> Array:
    return indices.astype(np.int32)


def _indices_of_the_first_plane(_: Request, indices: Array) -> Array:
    return np.broadcast_to(indices[:1, :1], indices.shape).copy()


def _negative_zeros(_: Request, y: Array) -> Array:
    return np.where(np.isnan(y), np.zeros((), y.dtype), y)


def _holds_nan(case: AnyCase) -> bool:
    return case.op == POOL and "not-a-number" in case.id


def _mixed(request: Request) -> Results:
    """The call by the last admissible reading, its gradients by the first."""
    return request.readings[0 if request.differentiates else -1](request.tensors)


def _several_readings(case: AnyCase) -> bool:
    """Ambiguous, with gradients, and every reading gives a result."""
    readings = case.expect.readings
    return bool(readings) and not any(reading.refused for reading in readings) and "input_grad" in case.outputs


_BFLOAT16 = partial(to_bits, bits=8)
_ROUNDED: Answer = in_call(of_operands(_BFLOAT16, "input"))
_STALE: Answer = in_call(_first_of_form)
_GRADIENT = asks("input_grad")


MUTANTS: Sequence[Mutant] = (
    Mutant("average_zeros", "all zeros", "pytorch", changed(zeros, "output"), legal, AVERAGE),
    Mutant("average_stale", "the first result of these sizes for ever", "tensorflow", _STALE, legal, AVERAGE),
    Mutant("average_rounded", "data rounded to bfloat16", "keras", _ROUNDED, legal, AVERAGE),
    Mutant(
        "average_gradient_doubled", "twice the gradient", "pytorch", changed(doubled, "input_grad"), _GRADIENT, AVERAGE
    ),
    Mutant("average_shifted", "one column to the right", "tensorflow", changed(_shifted, "output"), legal, AVERAGE),
    Mutant("pool_zeros", "all zeros", "tensorflow", changed(zeros, "output"), legal, POOL),
    Mutant("pool_negated", "the other sign", "keras", changed(negated, "output"), legal, POOL),
    Mutant("pool_stale", "the first result of these sizes for ever", "pytorch", _STALE, legal, POOL),
    Mutant(
        "pool_rounded", "data rounded to bfloat16", "pytorch", in_call(of_operands(_BFLOAT16, "input")), legal, POOL
    ),
    Mutant(
        "pool_indices_next_plane",
        "indices counted from one plane before",
        "pytorch",
        changed(_next_plane, "indices"),
        asks("indices"),
        POOL,
    ),
    Mutant(
        "pool_indices_off_by_one",
        "indices counted from one",
        "tensorflow",
        changed(_one_more, "indices"),
        asks("indices"),
        POOL,
    ),
    Mutant("pool_indices_int32", "indices of 32 bits", "pytorch", changed(_narrow, "indices"), asks("indices"), POOL),
    Mutant(
        "pool_indices_of_first_plane",
        "the first plane's indices in all",
        "tensorflow",
        changed(_indices_of_the_first_plane, "indices"),
        asks("indices"),
        POOL,
    ),
    Mutant("pool_gradient_zeros", "a gradient of zeros", "pytorch", changed(zeros, "input_grad"), _GRADIENT, POOL),
    Mutant("pool_gradient_doubled", "twice the gradient", "keras", changed(doubled, "input_grad"), _GRADIENT, POOL),
    Mutant("pool_not_a_number", "zeros for NaN", "pytorch", changed(_negative_zeros, "output"), _holds_nan, POOL),
    Mutant(
        "pool_mixed_readings",
        "of equal numbers the last is taken, and the gradient goes to the first",
        "pytorch",
        _mixed,
        all_of(_several_readings, lambda case: "equal" in case.id),
        POOL,
    ),
    Mutant(
        "pool_accepts",
        "an array for every illegal call",
        "pytorch",
        where=lambda case: case.expect.error,
        op=POOL,
        illegal=lambda request: {"output": request.tensors["input"], "indices": request.tensors["input"]},
    ),
    Mutant("unpool_zeros", "all zeros", "pytorch", changed(zeros, "output"), legal, UNPOOL),
    Mutant("unpool_negated", "the other sign", "tensorflow", changed(negated, "output"), legal, UNPOOL),
    Mutant("unpool_stale", "the first result of these sizes for ever", "pytorch", _STALE, legal, UNPOOL),
    Mutant("unpool_shifted", "one column to the right", "pytorch", changed(_shifted, "output"), legal, UNPOOL),
    Mutant(
        "unpool_gradient_zeros", "a gradient of zeros", "tensorflow", changed(zeros, "input_grad"), _GRADIENT, UNPOOL
    ),
    Mutant(
        "unpool_gradient_shifted",
        "the gradient one column to the right",
        "pytorch",
        changed(_shifted, "input_grad"),
        _GRADIENT,
        UNPOOL,
    ),
    Mutant(
        "unpool_mixed_readings",
        "the last value of an index stays, the gradient reaches all",
        "tensorflow",
        _mixed,
        _several_readings,
        UNPOOL,
    ),
    Mutant("resize_zeros", "all zeros", "keras", changed(zeros, "output"), legal, RESIZE),
    Mutant("resize_negated", "the other sign", "pytorch", changed(negated, "output"), legal, RESIZE),
    Mutant("resize_stale", "the first result of these sizes for ever", "tensorflow", _STALE, legal, RESIZE),
    Mutant(
        "resize_rounded",
        "data rounded to bfloat16, of real data",
        "pytorch",
        _ROUNDED,
        all_of(of_dtype("float32"), real),
        RESIZE,
    ),
    Mutant("resize_shifted", "one column to the right", "tensorflow", changed(_shifted, "output"), legal, RESIZE),
    Mutant(
        "resize_gradient_negated",
        "the other sign of the gradient",
        "keras",
        changed(negated, "input_grad"),
        _GRADIENT,
        RESIZE,
    ),
    Mutant(
        "resize_gradient_zeros_half",
        "a gradient of zeros in half precision",
        "pytorch",
        changed(zeros, "input_grad"),
        all_of(_GRADIENT, of_dtype("float16", "bfloat16")),
        RESIZE,
    ),
    Mutant("resize_row_short", "the last row is left out", "pytorch", changed(_row_short, "output"), legal, RESIZE),
    Mutant("resize_conv_zeros", "all zeros", "tensorflow", changed(zeros, "output"), legal, RESIZE_CONV),
    Mutant(
        "resize_conv_rotated",
        "the kernel rotated by 180 degrees",
        "keras",
        in_call(of_operands(rotated, "kernel")),
        legal,
        RESIZE_CONV,
    ),
    Mutant("resize_conv_stale", "the first result of these sizes for ever", "pytorch", _STALE, legal, RESIZE_CONV),
    Mutant(
        "resize_conv_rounded",
        "operands rounded to bfloat16, of real data",
        "tensorflow",
        in_call(of_operands(_BFLOAT16)),
        all_of(of_dtype("float32"), real),
        RESIZE_CONV,
    ),
    Mutant(
        "resize_conv_kernel_grad_zeros",
        "a gradient of zeros by the kernel",
        "pytorch",
        changed(zeros, "kernel_grad"),
        asks("kernel_grad"),
        RESIZE_CONV,
    ),
    Mutant(
        "resize_conv_gradient_rotated",
        "the input's gradient by the rotated kernel",
        "keras",
        in_gradients(of_operands(rotated, "kernel")),
        _GRADIENT,
        RESIZE_CONV,
    ),
    Mutant("resize_conv_rejects", "every call is refused", "tensorflow", refused, legal, RESIZE_CONV),
)
