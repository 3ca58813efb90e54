"""Mutants of the other operations: pooling, unpooling, resizing, and convolving what was resized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from harness.quality.soundness.gradients import doubled, shifted
from harness.quality.soundness.mutant import (
    ILLEGAL,
    LEGAL,
    REAL,
    Answer,
    Framework,
    Mutant,
    Where,
    changed,
    in_call,
    in_gradients,
    of_dtype,
    of_operands,
    refused,
    requesting,
)
from harness.quality.soundness.precision import to_bfloat16, to_five_bits
from harness.quality.soundness.request import Array, Request, Results
from harness.quality.soundness.state import first_of_form
from harness.quality.soundness.values import negated, rotated, row_short, zeros

AVERAGE, POOL, UNPOOL = "avg_unpool2d", "max_pool2d_with_indices", "max_unpool2d"
RESIZE, RESIZE_CONV = "resize2d", "resize_conv2d"


def _next_plane(request: Request) -> Results:
    """Indices counted from the plane before: off by the elements of one plane."""
    height, width = request.tensors["input"].shape[2:]
    return changed(lambda indices: indices + height * width, "indices")(request)


def _one_more(indices: Array) -> Array:
    """Counted from one."""
    return indices + 1


def _narrow(indices: Array) -> Array:
    """Of 32 bits."""
    return indices.astype(np.int32)


def _of_first_plane(indices: Array) -> Array:
    """Those of the first plane in all."""
    return np.broadcast_to(indices[:1, :1], indices.shape).copy()


def _zeros_for_nan(y: Array) -> Array:
    """Zeros for NaN."""
    return np.where(np.isnan(y), np.zeros((), y.dtype), y)


def _mixed(request: Request) -> Results:
    """The call by the last admissible reading, its gradients by the first."""
    return request.readings[0 if request.differentiates else -1](request.tensors)


def _echo(request: Request) -> Results:
    """An array for every illegal call."""
    return {"output": request.tensors["input"], "indices": request.tensors["input"]}


_NAN = Where("", lambda case: "not-a-number" in case.id)
_EQUAL = Where("of equal numbers", lambda case: "equal" in case.id)
_GRADIENT, _INDICES = requesting("input_grad"), requesting("indices")
_SEVERAL = Where(
    "with several readings, all of which give a result",
    lambda case: (
        bool(case.expect.readings)
        and not any(reading.refused for reading in case.expect.readings)
        and "input_grad" in case.outputs
    ),
)
_REAL32, _HALF = of_dtype("float32") & REAL, _GRADIENT & of_dtype("float16", "bfloat16")
_ROTATED, _ROUNDED = of_operands(rotated, "kernel"), in_call(of_operands(to_bfloat16))
_ROUNDED_INPUT = in_call(of_operands(to_bfloat16, "input"))
_NO_GRADIENT = changed(zeros, "input_grad")
_COMMON: Mapping[str, tuple[Answer, Where]] = {
    "zeros": (changed(zeros), LEGAL),
    "negated": (changed(negated), LEGAL),
    "shifted": (changed(shifted), LEGAL),
    "stale": (in_call(first_of_form), LEGAL),
    "rounded": (_ROUNDED_INPUT, LEGAL),
    "gradient_zeros": (_NO_GRADIENT, _GRADIENT),
    "gradient_doubled": (changed(doubled, "input_grad"), _GRADIENT),
}
"""Faults that several operations may have."""


def _common(prefix: str, op: str, **imitated: Framework) -> Iterator[Mutant]:
    """Mutants with faults of ``_COMMON``, each under the name of a framework."""
    for name, framework in imitated.items():
        yield Mutant(f"{prefix}_{name}", framework, *_COMMON[name], op)


MUTANTS: Sequence[Mutant] = (
    *_common("average", AVERAGE, zeros="pytorch", stale="tensorflow", rounded="keras"),
    *_common("average", AVERAGE, gradient_doubled="pytorch", shifted="tensorflow"),
    *_common("pool", POOL, zeros="tensorflow", negated="keras", stale="pytorch", rounded="pytorch"),
    *_common("pool", POOL, gradient_zeros="pytorch", gradient_doubled="keras"),
    *_common("unpool", UNPOOL, zeros="pytorch", negated="tensorflow", stale="pytorch", shifted="pytorch"),
    *_common("unpool", UNPOOL, gradient_zeros="tensorflow"),
    *_common("resize", RESIZE, zeros="keras", negated="pytorch", stale="tensorflow", shifted="tensorflow"),
    *_common("resize_conv", RESIZE_CONV, zeros="tensorflow", stale="pytorch"),
    Mutant("pool_indices_next_plane", "pytorch", _next_plane, _INDICES, POOL),
    Mutant("pool_indices_off_by_one", "tensorflow", changed(_one_more, "indices"), _INDICES, POOL),
    Mutant("pool_indices_int32", "pytorch", changed(_narrow, "indices"), _INDICES, POOL),
    Mutant("pool_indices_of_first_plane", "tensorflow", changed(_of_first_plane, "indices"), _INDICES, POOL),
    Mutant("pool_not_a_number", "pytorch", changed(_zeros_for_nan), _NAN, POOL),
    Mutant("pool_mixed_readings", "pytorch", _mixed, _SEVERAL & _EQUAL, POOL),
    Mutant("pool_accepts", "pytorch", where=ILLEGAL, op=POOL, illegal=_echo),
    Mutant("unpool_gradient_shifted", "pytorch", changed(shifted, "input_grad"), _GRADIENT, UNPOOL),
    Mutant("unpool_mixed_readings", "tensorflow", _mixed, _SEVERAL, UNPOOL),
    Mutant("resize_rounded", "pytorch", _ROUNDED_INPUT, _REAL32, RESIZE),
    Mutant("resize_gradient_negated", "keras", changed(negated, "input_grad"), _GRADIENT, RESIZE),
    Mutant("resize_gradient_zeros_half", "pytorch", _NO_GRADIENT, _HALF, RESIZE),
    Mutant("resize_row_short", "pytorch", changed(row_short), LEGAL, RESIZE),
    Mutant("resize_conv_rotated", "keras", in_call(_ROTATED), LEGAL, RESIZE_CONV),
    Mutant("resize_conv_half_rounded", "pytorch", _ROUNDED, of_dtype("float16"), RESIZE_CONV),
    Mutant("resize_conv_five_bits", "pytorch", in_call(of_operands(to_five_bits)), of_dtype("bfloat16"), RESIZE_CONV),
    Mutant("resize_conv_rounded", "tensorflow", _ROUNDED, _REAL32, RESIZE_CONV),
    Mutant(
        "resize_conv_kernel_grad_zeros",
        "pytorch",
        changed(zeros, "kernel_grad"),
        requesting("kernel_grad"),
        RESIZE_CONV,
    ),
    Mutant("resize_conv_gradient_rotated", "keras", in_gradients(_ROTATED), _GRADIENT, RESIZE_CONV),
    Mutant("resize_conv_rejects", "tensorflow", refused, LEGAL, RESIZE_CONV),
)
