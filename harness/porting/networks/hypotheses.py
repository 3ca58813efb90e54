"""What porters get wrong in a layer, as hypotheses: each gives the output that such a layer would have.

Transposed convolutions are diagnosed by harness.operations.conv_transpose.diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, permutations, product

import numpy as np

from harness.core.case import Pads
from harness.core.hypotheses import Hypothesis
from harness.core.reference import ReferenceValues
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.operations.conv_transpose.oracle import Float64Array
from harness.porting.networks.graph import BatchNorm, Conv2d, Kind, Operation, Weights
from harness.porting.networks.references import (
    BATCH_NORM_ROUNDINGS,
    LayerCall,
    averaged,
    interpolated,
    rounded_values,
    windows,
)

EPSILONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 0.0)
"""Keras' default is 1e-3, PyTorch's 1e-5."""
SLOPES = (0.01, 0.1, 0.2, 0.3)
"""Of leaky rectifiers: PyTorch's default is 0.01, Keras' 0.3."""
MOST_JOINED = 4
FEW = 4
"""Channels that a hypothesis about a convolution must explain before all of them are computed."""
_FAR = 2


@dataclass(frozen=True, slots=True)
class Edited(Hypothesis):
    """That a call of a layer is another one: with other settings or weights."""

    call: LayerCall

    def reference(self) -> ReferenceValues:
        return self.call.reference

    def few(self) -> ReferenceValues | None:
        operation = self.call.operation
        if not isinstance(operation, Conv2d) or operation.groups > 1 or operation.out_channels <= 2 * FEW:
            return None
        weights = {role: array[:FEW] for role, array in self.call.weights.items()}
        return replace(self.call, operation=replace(operation, out_channels=FEW), weights=weights).reference


@dataclass(frozen=True, slots=True)
class Computed(Hypothesis):
    """That a layer gives certain values."""

    values: ReferenceValues

    def reference(self) -> ReferenceValues:
        return self.values


def _edited(
    call: LayerCall, name: str, text: str, *, operation: Operation | None = None, weights: Weights | None = None
) -> Edited:
    wrong = replace(call, operation=operation or call.operation, weights={**call.weights, **(weights or {})})
    return Edited(name, text, wrong)


def hypotheses(call: LayerCall) -> Iterator[Hypothesis]:
    """The hypotheses about a layer, simplest first."""
    known = _HYPOTHESES.get(call.operation.kind)
    return known(call) if known else iter(())


def _conv(call: LayerCall) -> Iterator[Hypothesis]:
    operation: Conv2d = call.operation
    kernel = call.weights["kernel"]
    for name, text, edited in _kernels(kernel):
        if edited.shape == kernel.shape:
            yield _edited(call, name, f"the kernel is {text}", weights={"kernel": edited})
    if "bias" in call.weights:
        bias = call.weights["bias"]
        yield _edited(call, "bias-missing", "the bias is left out", weights={"bias": np.zeros_like(bias)})
        yield _edited(call, "bias-twice", "the bias is added twice", weights={"bias": 2 * bias})
        yield _edited(call, "bias-negated", "the bias is subtracted", weights={"bias": -bias})
    yield from _shifted(call)
    if operation.pads != NO_PADS:
        yield _edited(call, "padding-missing", "nothing is padded", operation=replace(operation, pads=NO_PADS))
    if operation.dilations != (1, 1):
        undilated = replace(operation, dilations=(1, 1))
        yield _edited(call, "dilation-missing", "the kernel is not dilated", operation=undilated)


def _kernels(kernel: Float64Array) -> Iterator[tuple[str, str, Float64Array]]:
    outputs, inputs, height, width = kernel.shape
    to_keras = kernel.reshape(height, width, inputs, outputs).transpose(3, 2, 0, 1)
    to_pytorch = kernel.transpose(2, 3, 1, 0).reshape(kernel.shape)
    yield "kernel-rotated", "rotated by 180 degrees", kernel[:, :, ::-1, ::-1]
    yield "kernel-flipped-height", "flipped along the height", kernel[:, :, ::-1]
    yield "kernel-flipped-width", "flipped along the width", kernel[:, :, :, ::-1]
    yield "kernel-axes-swapped", "transposed in height and width", kernel.swapaxes(2, 3)
    yield "kernel-channels-swapped", "transposed in input and output channels", kernel.swapaxes(0, 1)
    yield "kernel-reshaped", "reshaped to (kH, kW, C_in, C_out), not transposed", to_keras
    yield "kernel-reshaped-back", "reshaped from (kH, kW, C_in, C_out), not transposed", to_pytorch


def _shifted(call: LayerCall) -> Iterator[Hypothesis]:
    """As much padding on each axis, otherwise shared between its sides."""
    (top, bottom), (left, right) = call.operation.pads
    steps = sorted(product(range(-_FAR, _FAR + 1), repeat=2), key=lambda step: (abs(step[0]) + abs(step[1]), step))
    for down, across in steps[1:]:
        pads: Pads = ((top + down, bottom - down), (left + across, right - across))
        if min(map(min, pads)) >= 0:
            text = f"the padding is {_padding(pads)} where {_padding(call.operation.pads)} is expected"
            yield _edited(call, "padding-shifted", text, operation=replace(call.operation, pads=pads))


def _padding(pads: Pads) -> str:
    (top, bottom), (left, right) = pads
    return f"({top}, {bottom}) rows and ({left}, {right}) columns"


def _batch_norm(call: LayerCall) -> Iterator[Hypothesis]:
    operation: BatchNorm = call.operation
    weights, x = call.weights, call.inputs[0]
    for epsilon in EPSILONS:
        if epsilon != operation.epsilon:
            text = f"epsilon is {epsilon:g} where {operation.epsilon:g} is expected"
            yield _edited(call, "batch-norm-epsilon", text, operation=BatchNorm(epsilon))
    for one, other in pairwise(operation.roles):
        swapped = {one: weights[other], other: weights[one]}
        if one != "beta":
            yield _edited(call, f"{one}-{other}-swapped", f"{one} and {other} are swapped", weights=swapped)
    yield _edited(call, "gamma-missing", "gamma is 1", weights={"gamma": np.ones_like(weights["gamma"])})
    yield _edited(call, "beta-missing", "beta is 0", weights={"beta": np.zeros_like(weights["beta"])})
    variance = weights["variance"]
    squared = (variance + operation.epsilon) ** 2 - operation.epsilon
    text = "the variance is divided by where its root is expected"
    yield _edited(call, "variance-as-deviation", text, weights={"variance": squared})
    text = "the standard deviation is taken for the variance"
    yield _edited(call, "deviation-as-variance", text, weights={"variance": np.sqrt(variance)})
    batch = {"mean": x.mean((0, 2, 3)), "variance": x.var((0, 2, 3))}
    text = "it runs in training mode, with the statistics of this batch"
    yield Computed("training-mode", text, _trained(call, batch))
    yield Computed("left-out", "it is left out", ReferenceValues(x))


def _trained(call: LayerCall, batch: Mapping[str, Float64Array]) -> ReferenceValues:
    """Two sums of M elements come first, M those of a channel in the batch.

    With r = 1 / sqrt(variance + epsilon) the mean is off by gamma_M max|x|, which costs |gamma| r times that, and the
    variance by at most 2 gamma_M max|x|^2, even as a difference of squares, which costs half of that times r^2 of y.
    """
    x = call.inputs[0]
    right = replace(call, weights={**call.weights, **batch}).reference
    r = (1 / np.sqrt(batch["variance"] + call.operation.epsilon))[:, None, None]
    largest = np.abs(x).max((0, 2, 3))[:, None, None]
    s = np.abs(call.weights["gamma"])[:, None, None] * r
    magnitude = (right.magnitude + s * largest) * (1 + (r * largest) ** 2)
    return rounded_values(right.output, magnitude, x.size // x.shape[1] + BATCH_NORM_ROUNDINGS)


def _concat(call: LayerCall) -> Iterator[Hypothesis]:
    count = len(call.inputs)
    orders = [*permutations(range(count))][1:] if count <= MOST_JOINED else [tuple(range(count))[::-1]]
    for order in orders:
        text = f"its inputs are joined in the order {', '.join(str(one + 1) for one in order)}"
        turned = replace(call, inputs=[call.inputs[one] for one in order])
        yield Computed("concat-order", text, turned.reference)


def _relu(call: LayerCall) -> Iterator[Hypothesis]:
    x = call.inputs[0]
    yield Computed("left-out", "it is left out", ReferenceValues(x))
    yield Computed("relu6", "it is cut off at 6", ReferenceValues(np.clip(x, 0.0, 6.0)))
    for slope in SLOPES:
        below = np.minimum(x, 0.0) * slope
        leaky = rounded_values(np.maximum(x, 0.0) + below, np.abs(below), 2)
        yield Computed("leaky", f"negative elements are multiplied by {slope:g}", leaky)


def _sigmoid(call: LayerCall) -> Iterator[Hypothesis]:
    x = call.inputs[0]
    yield Computed("left-out", "it is left out", ReferenceValues(x))
    yield Computed("relu", "it is a rectifier", ReferenceValues(np.maximum(x, 0.0)))


def _max_pool(call: LayerCall) -> Iterator[Hypothesis]:
    found = windows(call)
    if any(map(any, call.operation.pads)):
        padded = np.where(found.inside, found.values, 0.0).max(axis=-1)
        yield Computed("zeros-win", "the zeros that pad it can win", ReferenceValues(padded))
    yield from _shifted(call)
    yield Computed("average", "it takes the average", averaged(found, 1))


def _average_pool(call: LayerCall) -> Iterator[Hypothesis]:
    found = windows(call).values
    yield Computed("largest", "it takes the largest", ReferenceValues(found.max(axis=-1)))
    summed = rounded_values(found.sum(axis=-1), np.abs(found).sum(axis=-1), found.shape[-1])
    yield Computed("sum", "it takes the sum", summed)


def _upsample(call: LayerCall) -> Iterator[Hypothesis]:
    x, operation = call.inputs[0], call.operation
    rows, columns = operation.factors
    spread = np.zeros((*x.shape[:2], x.shape[2] * rows, x.shape[3] * columns))
    spread[:, :, ::rows, ::columns] = x
    yield Computed("zeros-between", "zeros stand between the elements", ReferenceValues(spread))
    other = "nearest" if operation.interpolation == "bilinear" else "bilinear"
    yield _edited(call, "interpolation", f"it is {other}", operation=replace(operation, interpolation=other))
    text = "it is bilinear between the corners (align_corners=True)"
    yield Computed("align-corners", text, interpolated(call, "align_corners"))


_HYPOTHESES: dict[Kind, Callable[[LayerCall], Iterator[Hypothesis]]] = {
    "conv2d": _conv,
    "batch_norm": _batch_norm,
    "concat": _concat,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "max_pool2d": _max_pool,
    "average_pool2d": _average_pool,
    "upsample2d": _upsample,
}
