"""What porters get wrong in a layer, as hypotheses: each gives the output that such a layer would have.

Transposed convolutions are diagnosed by harness.operations.conv_transpose.diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations, product

import numpy as np

from harness.core.case import Pads
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
from harness.porting.networks.references import Seen, Truth, interpolated, windows

EPSILONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 0.0)
"""Keras' default is 1e-3, PyTorch's 1e-5."""
SLOPES = (0.01, 0.1, 0.2, 0.3)
"""Of leaky rectifiers: PyTorch's default is 0.01, Keras' 0.3."""
MOST_JOINED = 4
FEW = 4
"""Channels that a convolution's hypothesis must explain before all of them are computed."""
_FAR = 2


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A hypothesis: its name, what it says after "as if", and the output that it leads to.

    ``sample`` gives the same for a few channels alone, ``channels``, where the whole takes long.
    """

    name: str
    text: str
    truth: Callable[[], Truth]
    channels: Sequence[int] = ()
    sample: Callable[[], Truth] | None = None


def _edited(
    seen: Seen, name: str, text: str, *, operation: Operation | None = None, weights: Weights | None = None
) -> Hypothesis:
    """The hypothesis that other settings or weights are used."""
    done = operation or seen.operation
    wrong = replace(seen, operation=done, weights={**seen.weights, **(weights or {})})
    made = Hypothesis(name, text, lambda: wrong.truth)
    if not isinstance(done, Conv2d) or done.groups > 1 or done.out_channels <= 2 * FEW:
        return made
    channels = range(0, done.out_channels, done.out_channels // FEW)
    few = {role: array[channels] for role, array in wrong.weights.items()}
    sampled = replace(wrong, operation=replace(done, out_channels=len(channels)), weights=few)
    return replace(made, channels=channels, sample=lambda: sampled.truth)


def hypotheses(seen: Seen) -> Iterator[Hypothesis]:
    """The hypotheses about a layer, simplest first."""
    guesses = _GUESSES.get(type(seen.operation))
    return iter(()) if guesses is None else guesses(seen)


def _conv(seen: Seen) -> Iterator[Hypothesis]:
    operation: Conv2d = seen.operation
    kernel = seen.weights["kernel"]
    for name, text, edited in _kernels(kernel):
        if edited.shape == kernel.shape:
            yield _edited(seen, name, f"the kernel is {text}", weights={"kernel": edited})
    if "bias" in seen.weights:
        bias = seen.weights["bias"]
        yield _edited(seen, "bias-missing", "the bias is left out", weights={"bias": np.zeros_like(bias)})
        yield _edited(seen, "bias-twice", "the bias is added twice", weights={"bias": 2 * bias})
        yield _edited(seen, "bias-negated", "the bias is subtracted", weights={"bias": -bias})
    for pads in _shifted(operation.pads):
        text = f"the padding is {_padding(pads)} where {_padding(operation.pads)} is due"
        yield _edited(seen, "padding-shifted", text, operation=replace(operation, pads=pads))
    if operation.pads != NO_PADS:
        yield _edited(seen, "padding-missing", "nothing is padded", operation=replace(operation, pads=NO_PADS))
    if operation.dilations != (1, 1):
        undilated = replace(operation, dilations=(1, 1))
        yield _edited(seen, "dilation-missing", "the kernel is not dilated", operation=undilated)


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


def _batch_norm(seen: Seen) -> Iterator[Hypothesis]:
    operation: BatchNorm = seen.operation
    weights, x = seen.weights, seen.inputs[0]
    for epsilon in EPSILONS:
        if epsilon != operation.epsilon:
            text = f"epsilon is {epsilon:g} where {operation.epsilon:g} is due"
            yield _edited(seen, "batch-norm-epsilon", text, operation=BatchNorm(epsilon))
    for one, other in pairwise(operation.roles):
        swapped = {one: weights[other], other: weights[one]}
        if one != "beta":
            yield _edited(seen, f"{one}-{other}-swapped", f"{one} and {other} are swapped", weights=swapped)
    yield _edited(seen, "gamma-missing", "gamma is 1", weights={"gamma": np.ones_like(weights["gamma"])})
    yield _edited(seen, "beta-missing", "beta is 0", weights={"beta": np.zeros_like(weights["beta"])})
    variance = weights["variance"]
    squared = (variance + operation.epsilon) ** 2 - operation.epsilon
    text = "the variance is divided by where its root is due"
    yield _edited(seen, "variance-as-deviation", text, weights={"variance": squared})
    text = "the standard deviation is taken for the variance"
    yield _edited(seen, "deviation-as-variance", text, weights={"variance": np.sqrt(variance)})
    batch = {"mean": x.mean((0, 2, 3)), "variance": x.var((0, 2, 3))}
    text = "it runs in training mode, with the statistics of this batch"
    yield Hypothesis("training-mode", text, lambda: _trained(seen, batch))
    yield Hypothesis("left-out", "it is left out", lambda: Truth(x))


def _trained(seen: Seen, batch: Mapping[str, Float64Array]) -> Truth:
    """Two sums of M elements come first, M those of a channel in the batch.

    With r = 1 / sqrt(variance + epsilon) the mean is off by gamma_M max|x|, which costs |gamma| r times that, and the
    variance by at most 2 gamma_M max|x|^2, even as a difference of squares, which costs half of that times r^2 of y.
    """
    x = seen.inputs[0]
    truth = replace(seen, weights={**seen.weights, **batch}).truth
    r = (1 / np.sqrt(batch["variance"] + seen.operation.epsilon))[:, None, None]
    largest = np.abs(x).max((0, 2, 3))[:, None, None]
    s = np.abs(seen.weights["gamma"])[:, None, None] * r
    magnitude = (truth.y * 0 if truth.magnitude is None else truth.magnitude) + s * largest
    return Truth(truth.y, magnitude * (1 + (r * largest) ** 2), np.full((1, 1), x.size // x.shape[1] + 9))


def _concat(seen: Seen) -> Iterator[Hypothesis]:
    inputs = seen.inputs
    if len(inputs) > MOST_JOINED:
        orders = [tuple(reversed(range(len(inputs))))]
    else:
        orders = [order for order in permutations(range(len(inputs))) if order != tuple(range(len(inputs)))]
    for order in orders:
        text = f"its inputs are joined in the order {', '.join(str(one + 1) for one in order)}"
        joined = [inputs[one] for one in order]
        yield Hypothesis("concat-order", text, lambda joined=joined: Truth(np.concatenate(joined, axis=1)))  # type: ignore[misc]


def _relu(seen: Seen) -> Iterator[Hypothesis]:
    x = seen.inputs[0]
    yield Hypothesis("left-out", "it is left out", lambda: Truth(x))
    yield Hypothesis("relu6", "it is cut off at 6", lambda: Truth(np.clip(x, 0.0, 6.0)))
    for slope in SLOPES:
        below = np.minimum(x, 0.0) * slope
        leaky = Truth(np.maximum(x, 0.0) + below, np.abs(below), np.full((1, 1), 2))
        yield Hypothesis("leaky", f"negative elements are multiplied by {slope:g}", lambda leaky=leaky: leaky)  # type: ignore[misc]


def _sigmoid(seen: Seen) -> Iterator[Hypothesis]:
    x = seen.inputs[0]
    yield Hypothesis("left-out", "it is left out", lambda: Truth(x))
    yield Hypothesis("relu", "it is a rectifier", lambda: Truth(np.maximum(x, 0.0)))


def _max_pool(seen: Seen) -> Iterator[Hypothesis]:
    operation: MaxPool2d = seen.operation
    x = seen.inputs[0]
    if any(map(any, operation.pads)):
        padded = "the zeros that pad it can win"
        yield Hypothesis("zeros-win", padded, lambda: Truth(np.max(windows(x, operation, 0.0), axis=0)))
    for pads in _shifted(operation.pads):
        text = f"the padding is {_padding(pads)} where {_padding(operation.pads)} is due"
        yield _edited(seen, "padding-shifted", text, operation=replace(operation, pads=pads))
    count = int(np.prod(operation.kernel_size))

    def averaged() -> Truth:
        seen_there = windows(x, operation, 0.0)
        return Truth(seen_there.mean(axis=0), np.abs(seen_there).mean(axis=0), np.full((1, 1), count + 2))

    yield Hypothesis("average", "it takes the average", averaged)


def _average_pool(seen: Seen) -> Iterator[Hypothesis]:
    operation = seen.operation
    found = MaxPool2d(operation.kernel_size, operation.strides, NO_PADS)
    yield _edited(seen, "largest", "it takes the largest", operation=found)
    yield Hypothesis("sum", "it takes the sum", lambda: _summed(seen, found))


def _summed(seen: Seen, operation: MaxPool2d) -> Truth:
    found = windows(seen.inputs[0], operation, 0.0)
    return Truth(found.sum(axis=0), np.abs(found).sum(axis=0), np.full((1, 1), len(found)))


def _upsample(seen: Seen) -> Iterator[Hypothesis]:
    x = seen.inputs[0]
    rows, columns = seen.operation.factors

    def spread() -> Truth:
        y = np.zeros((*x.shape[:2], x.shape[2] * rows, x.shape[3] * columns))
        y[:, :, ::rows, ::columns] = x
        return Truth(y)

    yield Hypothesis("zeros-between", "zeros stand between the elements", spread)
    other: Interpolation = "nearest" if seen.operation.interpolation == "bilinear" else "bilinear"
    yield _edited(seen, "interpolation", f"it is {other}", operation=replace(seen.operation, interpolation=other))
    ends = [np.linspace(0, n - 1, n * factor) for n, factor in zip(x.shape[2:], (rows, columns), strict=True)]
    text = "it is bilinear between the corners (align_corners=True)"
    yield Hypothesis("align-corners", text, lambda: interpolated(x, ends))


_GUESSES: dict[type[Operation], Callable[[Seen], Iterator[Hypothesis]]] = {
    Conv2d: _conv,
    BatchNorm: _batch_norm,
    Concat: _concat,
    Relu: _relu,
    Sigmoid: _sigmoid,
    MaxPool2d: _max_pool,
    AveragePool2d: _average_pool,
    Upsample2d: _upsample,
}
