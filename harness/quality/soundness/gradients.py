"""Mutants whose gradients are wrong; the call itself is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import Mutant, Where, changed, in_gradients, of_dtype, of_operands, requesting
from harness.quality.soundness.request import Array, Request, Results
from harness.quality.soundness.values import MANY_IMAGES, last_images, negated, rotated, zeros


def doubled(grad: Array) -> Array:
    """Twice as much."""
    return grad + grad


def _exchanged(request: Request) -> Results:
    """Each of the first two where the other belongs, as far as its size goes."""
    found = request.right
    data, kernel = found["input_grad"], found["kernel_grad"]
    return {
        **found,
        "input_grad": np.resize(kernel, data.shape),
        "kernel_grad": np.resize(data, kernel.shape),
    }


def _first_kept(request: Request) -> Results:
    """The first ones of these sizes for ever."""
    key = ("gradients", request.form)
    return request.kept.setdefault(key, request.right)  # type: ignore[no-any-return]


def _kernel_of_before(request: Request) -> Results:
    """That of the kernel is of the last call with the same sizes and other data, if there was one."""
    found, key = request.right, ("kernel", request.form)
    own = found["kernel_grad"]
    before, bits, last = request.kept.get(key, (own, request.bits, own))
    if bits != request.bits:
        before = last
    request.kept[key] = (before, request.bits, own)
    return {**found, "kernel_grad": before}


def _unwritten_nan(grad: Array) -> Array:
    """Rows are unwritten: NaN."""
    if grad.shape[0] > 1 and grad.shape[2] > 1:
        grad[:, :, 1:] = np.nan
    return grad


def _unwritten_random(grad: Array) -> Array:
    """Rows are unwritten: any numbers."""
    if grad.shape[0] > 1 and grad.shape[2] > 1:
        noise = np.random.default_rng(grad.size).normal(size=grad[:, :, 1:].shape)
        grad[:, :, 1:] = noise.astype(grad.dtype)
    return grad


def _first_image(request: Request) -> Results:
    """That of the kernel is of the first image alone."""
    g = request.tensors["cotangent"].copy()
    g[1:] = 0
    return {**request.right, "kernel_grad": request.with_tensors(cotangent=g)["kernel_grad"]}


def _first_number(grad: Array) -> Array:
    """The first number for all."""
    return np.full_like(grad, grad[0]) if grad.size else grad


def shifted(grad: Array) -> Array:
    """One column to the right."""
    return np.roll(grad, 1, axis=3)


_NARROW = Where(
    "of one output channel and strides (1, 2)",
    lambda case: isinstance(case, Case) and case.out_channels == 1 and case.batch > 1 and case.strides == (1, 2),
)
"""One channel on the wide side and a stride along the width alone, as where memory is left unwritten."""
_INPUT, _KERNEL, _BIAS = requesting("input_grad"), requesting("kernel_grad"), requesting("bias_grad")
_BOTH, _HALF = _INPUT & _KERNEL, _INPUT & of_dtype("float16", "bfloat16")
MUTANTS: Sequence[Mutant] = (
    Mutant("input_grad_zeros", "tensorflow", changed(zeros, "input_grad"), _INPUT),
    Mutant("kernel_grad_zeros", "pytorch", changed(zeros, "kernel_grad"), _KERNEL),
    Mutant("bias_grad_zeros", "keras", changed(zeros, "bias_grad"), _BIAS),
    Mutant("gradients_zeros_half", "pytorch", changed(zeros, "input_grad", "kernel_grad"), _HALF),
    Mutant("input_grad_doubled", "keras", changed(doubled, "input_grad"), _INPUT),
    Mutant("bias_grad_doubled", "pytorch", changed(doubled, "bias_grad"), _BIAS),
    Mutant("kernel_grad_negated", "tensorflow", changed(negated, "kernel_grad"), _KERNEL),
    Mutant("kernel_grad_mirrored", "keras", changed(rotated, "kernel_grad"), _KERNEL),
    Mutant("input_grad_rotated", "pytorch", in_gradients(of_operands(rotated, "kernel")), _INPUT),
    Mutant("input_grad_shifted", "tensorflow", changed(shifted, "input_grad"), _INPUT),
    Mutant("gradients_swapped", "pytorch", in_gradients(_exchanged), _BOTH),
    Mutant("gradients_stale", "tensorflow", in_gradients(_first_kept), _BOTH),
    Mutant("kernel_grad_of_before", "pytorch", in_gradients(_kernel_of_before), _BOTH),
    Mutant("unwritten_nan", "tensorflow", changed(_unwritten_nan, "input_grad"), _INPUT & _NARROW),
    Mutant("unwritten_random", "keras", changed(_unwritten_random, "input_grad"), _INPUT & _NARROW),
    Mutant("kernel_grad_of_first", "keras", in_gradients(_first_image), _KERNEL),
    Mutant("bias_grad_of_first", "tensorflow", changed(_first_number, "bias_grad"), _BIAS),
    Mutant("input_grad_fifth_image", "pytorch", changed(last_images, "input_grad"), _INPUT & MANY_IMAGES),
)
