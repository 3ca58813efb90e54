"""A product that is left out of every sum, found by correlating the errors with the operands.

The operation is bilinear. Where the product with one element ``w[c, o, a, b]`` of the kernel is left out, the errors
are ``-w x``, with ``x`` the input shifted to the output. Leaving it out changes the sum of the squared errors by
``2 w K + w^2 sum x^2``, where ``K``, the correlation of the errors with the input, is the kernel's gradient for the
errors as cotangent. That change is least where the product is missing. Gradients are bilinear too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.core.measuring import Errors
from harness.operations.conv_transpose.diagnosis.gradient_hypotheses import GradientHypothesis
from harness.operations.conv_transpose.faults.fault import Fault
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

PRODUCT_MISSING = "product-missing"
MOST = 0.9
"""Beside squares of all products together, those of errors: one of two or more products is less than all of them."""


def missing_product(reference: ConvTransposeReference, errors: Errors) -> Fault | None:
    """The kernel elements whose products explain most of the errors of the output; None where these are large."""
    if not _are_small(errors):
        return None
    change = _changes(Gradient("kernel_grad", reference, np.asarray(errors.error)), reference.w)
    c, a, b = _least(np.minimum(change, 0).sum(1))
    outputs = change[c, :, a, b] < 0
    kernel = reference.w.copy()
    kernel[c, outputs, a, b] = 0
    text = f"the products of input channel {c} with the tap in row {a}, column {b} of the kernel are left out"
    return Fault(PRODUCT_MISSING, text, edit=lambda r: replace(r, w=kernel))


def missing_in_gradient(gradient: Gradient, errors: Errors) -> GradientHypothesis | None:
    """The same for the gradient by the input or the kernel."""
    reference, error = gradient.reference, np.asarray(errors.error)
    if gradient.name == "bias_grad" or not _are_small(errors):
        return None
    if gradient.name == "input_grad":
        groups, kernel = reference.geometry.groups, reference.w.copy()
        change = _changes(Gradient("kernel_grad", replace(reference, x=error), gradient.g), kernel, squared="g")
        split = change.reshape(groups, -1, *change.shape[1:])
        group, o, a, b = _least(np.minimum(split, 0).sum(1))
        each = kernel.shape[0] // groups
        part = slice(group * each, group * each + each)
        kernel[part, o, a, b] = np.where(change[part, o, a, b] < 0, 0.0, kernel[part, o, a, b])
        place, wrong = f"output channel {o} with the tap in row {a}, column {b}", replace(reference, w=kernel)
    else:
        change = _changes(Gradient("input_grad", replace(reference, w=error), gradient.g), reference.x, squared="g")
        n, i, j = _least(np.minimum(change, 0).sum(1))
        x = reference.x.copy()
        x[n, :, i, j] = np.where(change[n, :, i, j] < 0, 0.0, x[n, :, i, j])
        place, wrong = f"batch element {n} in row {i}, column {j}", replace(reference, x=x)
    return GradientHypothesis(
        PRODUCT_MISSING, f"as if the products of {place} are left out", replace(gradient, reference=wrong)
    )


def _are_small(errors: Errors) -> bool:
    """Whether the errors are finite, and less than what all products together come to."""
    squares = float(np.sum(np.square(np.broadcast_to(errors.reference.norm, errors.size.shape)), where=errors.counted))
    return bool(np.all(errors.counted)) and float(np.sum(np.square(errors.size))) <= MOST * squares


def _changes(correlation: Gradient, factor: Float64Array, squared: str = "x") -> Float64Array:
    """What leaving out the products of each element of ``factor`` changes in the squared errors.

    ``correlation`` is a gradient in which the errors stand for one tensor; ``squared`` is the other one.
    """
    r, g = correlation.reference, correlation.g
    if squared == "x":
        energy = replace(correlation, reference=replace(r, x=np.square(r.x)), g=np.ones_like(g))
    else:
        ones = replace(r, x=np.ones_like(r.x), w=np.ones_like(r.w))
        energy = replace(correlation, reference=ones, g=np.square(g))
    return 2 * factor * correlation.output + np.square(factor) * energy.output


def _least(change: Float64Array) -> tuple[int, ...]:
    return tuple(int(one) for one in np.unravel_index(int(np.argmin(change)), change.shape))
