"""What porters get wrong in a layer, as hypotheses: each gives the output that such a layer would have.

Transposed convolutions are diagnosed by harness.operations.conv_transpose.diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, permutations, product

import numpy as np

from harness.core.case import Pads
from harness.core.hypotheses import Hypothesis
from harness.core.reference import ReferenceValues
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.operations.conv_transpose.oracle import Float64Array
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Interpolation,
    MaxPool2d,
    Operation,
    Relu,
    Sigmoid,
    Upsample2d,
    Weights,
)
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


def _edited(
    call: LayerCall, name: str, text: str, *, operation: Operation | None = None, weights: Weights | None = None
) -> Hypothesis:
    """The hypothesis that other settings or weights are used."""
    wrong = replace(call, operation=operation or call.operation, weights={**call.weights, **(weights or {})})
    made = wrong.operation
    if not isinstance(made, Conv2d) or made.groups > 1 or made.out_channels <= 2 * FEW:
        return Hypothesis(name, text, lambda: wrong.reference)
    few = {role: array[:FEW] for role, array in wrong.weights.items()}
    sampled = replace(wrong, operation=replace(made, out_channels=FEW), weights=few)
    return Hypothesis(name, text, lambda: wrong.reference, lambda: sampled.reference)


def hypotheses(call: LayerCall) -> Iterator[Hypothesis]:
    """The hypotheses about a layer, simplest first."""
    guesses = _GUESSES.get(type(call.operation))
    return iter(()) if guesses is None else guesses(call)


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
    for pads in _shifted(operation.pads):
        text = f"the padding is {_padding(pads)} where {_padding(operation.pads)} is expected"
        yield _edited(call, "padding-shifted", text, operation=replace(operation, pads=pads))
    if operation.pads != NO_PADS:
        yield _edited(call, "padding-missing", "nothing is padded", operation=replace(operation, pads=NO_PADS))
    if operation.dilations != (1, 1):
        undilated = replace(operation, dilations=(1, 1))
        yield _edited(call, "dilation-missing", "the kernel is not dilated", operation=undilated)


def _kernels(kernel: Float64Array) -> Iterator[tuple[str, str, Float64Array]]:
    outputs, inputs, height, width = kernel.shape
    yield "kernel-rotated", "rotated by 180 degrees", kernel[:, :, ::-1, ::-1]
    yield "kernel-flipped-height", "flipped along the height", kernel[:, :, ::-1]
    yield "kernel-flipped-width", "flipped along the width", kernel[:, :, :, ::-1]
    yield "kernel-axes-swapped", "transposed in height and width", kernel.swapaxes(2, 3)
    yield "kernel-channels-swapped", "transposed in input and output channels", kernel.swapaxes(0, 1)
    to_keras = kernel.reshape(height, width, inputs, outputs).transpose(3, 2, 0, 1)
    yield "kernel-reshaped", "reshaped to (kH, kW, C_in, C_out), not transposed", to_keras
    to_pytorch = kernel.transpose(2, 3, 1, 0).reshape(kernel.shape)
    yield "kernel-reshaped-back", "reshaped from (kH, kW, C_in, C_out), not transposed", to_pytorch


def _shifted(pads: Pads) -> Iterator[Pads]:
    """As many zeros on each axis, otherwise shared between its sides."""
    (top, bottom), (left, right) = pads
    steps = sorted(product(range(-_FAR, _FAR + 1), repeat=2), key=lambda step: (abs(step[0]) + abs(step[1]), step))
    for down, across in steps[1:]:
        moved: Pads = ((top + down, bottom - down), (left + across, right - across))
        if min(map(min, moved)) >= 0:
            yield moved


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
    yield Hypothesis("training-mode", text, lambda: _trained(call, batch))
    yield Hypothesis("left-out", "it is left out", lambda: ReferenceValues(x))


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
    inputs = call.inputs
    if len(inputs) > MOST_JOINED:
        orders = [tuple(reversed(range(len(inputs))))]
    else:
        orders = [order for order in permutations(range(len(inputs))) if order != tuple(range(len(inputs)))]
    for order in orders:
        text = f"its inputs are joined in the order {', '.join(str(one + 1) for one in order)}"
        joined = [inputs[one] for one in order]
        yield Hypothesis("concat-order", text, lambda joined=joined: ReferenceValues(np.concatenate(joined, axis=1)))  # type: ignore[misc]


def _relu(call: LayerCall) -> Iterator[Hypothesis]:
    x = call.inputs[0]
    yield Hypothesis("left-out", "it is left out", lambda: ReferenceValues(x))
    yield Hypothesis("relu6", "it is cut off at 6", lambda: ReferenceValues(np.clip(x, 0.0, 6.0)))
    for slope in SLOPES:
        below = np.minimum(x, 0.0) * slope
        leaky = rounded_values(np.maximum(x, 0.0) + below, np.abs(below), 2)
        yield Hypothesis("leaky", f"negative elements are multiplied by {slope:g}", lambda leaky=leaky: leaky)  # type: ignore[misc]


def _sigmoid(call: LayerCall) -> Iterator[Hypothesis]:
    x = call.inputs[0]
    yield Hypothesis("left-out", "it is left out", lambda: ReferenceValues(x))
    yield Hypothesis("relu", "it is a rectifier", lambda: ReferenceValues(np.maximum(x, 0.0)))


def _max_pool(call: LayerCall) -> Iterator[Hypothesis]:
    operation: MaxPool2d = call.operation
    if any(map(any, operation.pads)):
        yield Hypothesis("zeros-win", "the zeros that pad it can win", lambda: _zero_padded(call))
    for pads in _shifted(operation.pads):
        text = f"the padding is {_padding(pads)} where {_padding(operation.pads)} is expected"
        yield _edited(call, "padding-shifted", text, operation=replace(operation, pads=pads))
    yield Hypothesis("average", "it takes the average", lambda: averaged(windows(call), 1))


def _zero_padded(call: LayerCall) -> ReferenceValues:
    found = windows(call)
    return ReferenceValues(np.where(found.inside, found.values, 0.0).max(axis=-1))


def _average_pool(call: LayerCall) -> Iterator[Hypothesis]:
    operation = call.operation
    found = MaxPool2d(operation.kernel_size, operation.strides, NO_PADS)
    yield _edited(call, "largest", "it takes the largest", operation=found)
    yield Hypothesis("sum", "it takes the sum", lambda: _summed(call))


def _summed(call: LayerCall) -> ReferenceValues:
    found = windows(call).values
    return rounded_values(found.sum(axis=-1), np.abs(found).sum(axis=-1), found.shape[-1])


def _upsample(call: LayerCall) -> Iterator[Hypothesis]:
    x = call.inputs[0]
    rows, columns = call.operation.factors

    def spread() -> ReferenceValues:
        y = np.zeros((*x.shape[:2], x.shape[2] * rows, x.shape[3] * columns))
        y[:, :, ::rows, ::columns] = x
        return ReferenceValues(y)

    yield Hypothesis("zeros-between", "zeros stand between the elements", spread)
    other: Interpolation = "nearest" if call.operation.interpolation == "bilinear" else "bilinear"
    yield _edited(call, "interpolation", f"it is {other}", operation=replace(call.operation, interpolation=other))
    text = "it is bilinear between the corners (align_corners=True)"
    yield Hypothesis("align-corners", text, lambda: interpolated(call, "align_corners"))


_GUESSES: dict[type[Operation], Callable[[LayerCall], Iterator[Hypothesis]]] = {
    Conv2d: _conv,
    BatchNorm: _batch_norm,
    Concat: _concat,
    Relu: _relu,
    Sigmoid: _sigmoid,
    MaxPool2d: _max_pool,
    AveragePool2d: _average_pool,
    Upsample2d: _upsample,
}
