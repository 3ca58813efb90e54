"""Mutants whose gradients are wrong; the call itself is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import Mutant, all_of, asks, changed, in_gradients, legal, of_dtype, of_operands
from harness.quality.soundness.request import Array, Request, Results
from harness.quality.soundness.values import negated, rotated, zeros


def doubled(_: Request, grad: Array) -> Array:
    """Twice as much."""
    return grad + grad


def _mirrored(_: Request, grad: Array) -> Array:
    return grad[..., ::-1, ::-1]


def _exchanged(request: Request) -> Results:
    """Each of the first two gradients where the other belongs, as far as its size goes."""
    found = request.right
    data, kernel = found["input_grad"], found["kernel_grad"]
    return {
        **found,
        "input_grad": np.resize(kernel, data.shape),
        "kernel_grad": np.resize(data, kernel.shape),
    }


def _first_kept(request: Request) -> Results:
    key = ("gradients", request.form)
    return request.kept.setdefault(key, request.right)  # type: ignore[no-any-return]


def _kernel_of_before(request: Request) -> Results:
    """The kernel's gradient of the last call with the same sizes and other data, if there was one."""
    found, key = request.right, ("kernel", request.form)
    own = found["kernel_grad"]
    before, bits, last = request.kept.get(key, (own, request.bits, own))
    if bits != request.bits:
        before = last
    request.kept[key] = (before, request.bits, own)
    return {**found, "kernel_grad": before}


def _unwritten_nan(_: Request, grad: Array) -> Array:
    if grad.shape[0] > 1 and grad.shape[2] > 1:
        grad[:, :, 1:] = np.nan
    return grad


def _unwritten_random(_: Request, grad: Array) -> Array:
    if grad.shape[0] > 1 and grad.shape[2] > 1:
        noise = np.random.default_rng(grad.size).normal(size=grad[:, :, 1:].shape)
        grad[:, :, 1:] = noise.astype(grad.dtype)
    return grad


def _narrow(case: AnyCase) -> bool:
    """One channel on the wide side and a stride along the width alone, as where memory is left unwritten."""
    return isinstance(case, Case) and case.out_channels == 1 and case.batch > 1 and case.strides == (1, 2)


def _first_image(request: Request) -> Results:
    """The kernel's gradient of the first image alone."""
    g = request.tensors["cotangent"].copy()
    g[1:] = 0
    return {**request.right, "kernel_grad": request.with_tensors(cotangent=g)["kernel_grad"]}


def _first_of_bias(_: Request, grad: Array) -> Array:
    return np.full_like(grad, grad[0]) if grad.size else grad


def _later_images(_: Request, grad: Array) -> Array:
    grad[4:] = 0
    return grad


def shifted(_: Request, grad: Array) -> Array:
    """One column to the right."""
    return np.roll(grad, 1, axis=3)


def _many_images(case: AnyCase) -> bool:
    return isinstance(case, Case) and legal(case) and case.batch > 4


_INPUT, _KERNEL, _BIAS = asks("input_grad"), asks("kernel_grad"), asks("bias_grad")
_BOTH = all_of(_INPUT, _KERNEL)
MUTANTS: Sequence[Mutant] = (
    Mutant("input_grad_zeros", "a gradient of zeros by the input", "tensorflow", changed(zeros, "input_grad"), _INPUT),
    Mutant("kernel_grad_zeros", "a gradient of zeros by the kernel", "pytorch", changed(zeros, "kernel_grad"), _KERNEL),
    Mutant("bias_grad_zeros", "a gradient of zeros by the bias", "keras", changed(zeros, "bias_grad"), _BIAS),
    Mutant(
        "gradients_zeros_half",
        "gradients of zeros in float16 and bfloat16",
        "pytorch",
        changed(zeros, "input_grad", "kernel_grad"),
        all_of(_INPUT, of_dtype("float16", "bfloat16")),
    ),
    Mutant("input_grad_doubled", "twice the gradient by the input", "keras", changed(doubled, "input_grad"), _INPUT),
    Mutant("bias_grad_doubled", "twice the gradient by the bias", "pytorch", changed(doubled, "bias_grad"), _BIAS),
    Mutant(
        "kernel_grad_negated",
        "the other sign of the kernel's gradient",
        "tensorflow",
        changed(negated, "kernel_grad"),
        _KERNEL,
    ),
    Mutant(
        "kernel_grad_mirrored", "the kernel's gradient rotated", "keras", changed(_mirrored, "kernel_grad"), _KERNEL
    ),
    Mutant(
        "input_grad_rotated",
        "the input's gradient by the rotated kernel",
        "pytorch",
        in_gradients(of_operands(rotated, "kernel")),
        _INPUT,
    ),
    Mutant(
        "input_grad_shifted",
        "the input's gradient one column to the right",
        "tensorflow",
        changed(shifted, "input_grad"),
        _INPUT,
    ),
    Mutant(
        "gradients_swapped", "the gradients by input and kernel exchanged", "pytorch", in_gradients(_exchanged), _BOTH
    ),
    Mutant(
        "gradients_stale", "the first gradients of these sizes for ever", "tensorflow", in_gradients(_first_kept), _BOTH
    ),
    Mutant(
        "kernel_grad_of_before",
        "the kernel's gradient of the call before, the input's right",
        "pytorch",
        in_gradients(_kernel_of_before),
        _BOTH,
    ),
    Mutant(
        "unwritten_nan",
        "rows of the input's gradient unwritten: NaN, of one channel and strides (1, 2)",
        "tensorflow",
        changed(_unwritten_nan, "input_grad"),
        all_of(_INPUT, _narrow),
    ),
    Mutant(
        "unwritten_random",
        "rows of the input's gradient unwritten: any numbers, of one channel and strides (1, 2)",
        "keras",
        changed(_unwritten_random, "input_grad"),
        all_of(_INPUT, _narrow),
    ),
    Mutant(
        "kernel_grad_of_first",
        "the kernel's gradient of the first image alone",
        "keras",
        in_gradients(_first_image),
        _KERNEL,
    ),
    Mutant(
        "bias_grad_of_first",
        "the bias's gradient of the first channel for all",
        "tensorflow",
        changed(_first_of_bias, "bias_grad"),
        _BIAS,
    ),
    Mutant(
        "input_grad_fifth_image",
        "a gradient of zeros from the fifth image on",
        "pytorch",
        changed(_later_images, "input_grad"),
        all_of(_INPUT, _many_images),
    ),
)
