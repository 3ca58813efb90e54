"""Mutants of the other operations: pooling, unpooling, resizing, and convolving what was resized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from harness.core.case import AnyCase
from harness.quality.soundness.gradients import doubled, shifted
from harness.quality.soundness.mutant import (
    Answer,
    Framework,
    Mutant,
    Where,
    all_of,
    asks,
    changed,
    illegal,
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
from harness.quality.soundness.state import first_of_form
from harness.quality.soundness.values import negated, rotated, row_short, zeros

AVERAGE, POOL, UNPOOL = "avg_unpool2d", "max_pool2d_with_indices", "max_unpool2d"
RESIZE, RESIZE_CONV = "resize2d", "resize_conv2d"


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


def _zeros_for_nan(_: Request, y: Array) -> Array:
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
_GRADIENT, _INDICES = asks("input_grad"), asks("indices")
_REAL32 = all_of(of_dtype("float32"), real)
_HALF = all_of(_GRADIENT, of_dtype("float16", "bfloat16"))
_ROTATED, _ROUNDED = of_operands(rotated, "kernel"), in_call(of_operands(_BFLOAT16))
_FIRST_PLANE, _NEXT_PLANE = changed(_indices_of_the_first_plane, "indices"), changed(_next_plane, "indices")
_NO_GRADIENT, _NO_KERNEL_GRADIENT = changed(zeros, "input_grad"), changed(zeros, "kernel_grad")
_SHIFTED_GRADIENT = changed(shifted, "input_grad")
_MIXED_POOL = "of equal numbers the last is taken, and the gradient goes to the first"
_MIXED_UNPOOL = "the last value of an index stays, the gradient reaches all"
_COMMON: Mapping[str, tuple[str, Answer, Where]] = {
    "zeros": ("all zeros", changed(zeros, "output"), legal),
    "negated": ("the other sign", changed(negated, "output"), legal),
    "shifted": ("one column to the right", changed(shifted, "output"), legal),
    "stale": ("the first result of these sizes for ever", in_call(first_of_form), legal),
    "rounded": ("data rounded to bfloat16", in_call(of_operands(_BFLOAT16, "input")), legal),
    "gradient_zeros": ("a gradient of zeros", _NO_GRADIENT, _GRADIENT),
    "gradient_doubled": ("twice the gradient", changed(doubled, "input_grad"), _GRADIENT),
}
"""Faults that several operations may have."""


def _common(prefix: str, op: str, **imitated: Framework) -> Iterator[Mutant]:
    """Mutants with faults of ``_COMMON``, each under the name of a framework."""
    for name, framework in imitated.items():
        text, answer, where = _COMMON[name]
        yield Mutant(f"{prefix}_{name}", text, framework, answer, where, op)


def _own(prefix: str, op: str, *rows: tuple[str, str, Framework, Answer, Where]) -> Iterator[Mutant]:
    """Mutants with faults that are about one operation alone."""
    for name, text, framework, answer, where in rows:
        yield Mutant(f"{prefix}_{name}", text, framework, answer, where, op)


def _echo(request: Request) -> Results:
    return {"output": request.tensors["input"], "indices": request.tensors["input"]}


MUTANTS: Sequence[Mutant] = (
    *_common("average", AVERAGE, zeros="pytorch", stale="tensorflow", rounded="keras"),
    *_common("average", AVERAGE, gradient_doubled="pytorch", shifted="tensorflow"),
    *_common("pool", POOL, zeros="tensorflow", negated="keras", stale="pytorch", rounded="pytorch"),
    *_common("pool", POOL, gradient_zeros="pytorch", gradient_doubled="keras"),
    *_common("unpool", UNPOOL, zeros="pytorch", negated="tensorflow", stale="pytorch", shifted="pytorch"),
    *_common("unpool", UNPOOL, gradient_zeros="tensorflow"),
    *_common("resize", RESIZE, zeros="keras", negated="pytorch", stale="tensorflow", shifted="tensorflow"),
    *_common("resize_conv", RESIZE_CONV, zeros="tensorflow", stale="pytorch"),
    *_own(
        "pool",
        POOL,
        ("indices_next_plane", "indices counted from one plane before", "pytorch", _NEXT_PLANE, _INDICES),
        ("indices_off_by_one", "indices counted from one", "tensorflow", changed(_one_more, "indices"), _INDICES),
        ("indices_int32", "indices of 32 bits", "pytorch", changed(_narrow, "indices"), _INDICES),
        ("indices_of_first_plane", "the first plane's indices in all", "tensorflow", _FIRST_PLANE, _INDICES),
        ("not_a_number", "zeros for NaN", "pytorch", changed(_zeros_for_nan, "output"), _holds_nan),
        ("mixed_readings", _MIXED_POOL, "pytorch", _mixed, all_of(_several_readings, lambda case: "equal" in case.id)),
    ),
    Mutant("pool_accepts", "an array for every illegal call", "pytorch", where=illegal, op=POOL, illegal=_echo),
    *_own(
        "unpool",
        UNPOOL,
        ("gradient_shifted", "the gradient one column to the right", "pytorch", _SHIFTED_GRADIENT, _GRADIENT),
        ("mixed_readings", _MIXED_UNPOOL, "tensorflow", _mixed, _several_readings),
    ),
    *_own(
        "resize",
        RESIZE,
        ("rounded", "data rounded to bfloat16, of real data", "pytorch", _COMMON["rounded"][1], _REAL32),
        ("gradient_negated", "the other sign of the gradient", "keras", changed(negated, "input_grad"), _GRADIENT),
        ("gradient_zeros_half", "a gradient of zeros in half precision", "pytorch", _NO_GRADIENT, _HALF),
        ("row_short", "the last row is left out", "pytorch", changed(row_short, "output"), legal),
    ),
    *_own(
        "resize_conv",
        RESIZE_CONV,
        ("rotated", "the kernel rotated by 180 degrees", "keras", in_call(_ROTATED), legal),
        ("rounded", "operands rounded to bfloat16, of real data", "tensorflow", _ROUNDED, _REAL32),
        ("kernel_grad_zeros", "a gradient of zeros by the kernel", "pytorch", _NO_KERNEL_GRADIENT, asks("kernel_grad")),
        ("gradient_rotated", "the input's gradient by the rotated kernel", "keras", in_gradients(_ROTATED), _GRADIENT),
        ("rejects", "every call is refused", "tensorflow", refused, legal),
    ),
)
