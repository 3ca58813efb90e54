"""What each layer must give for the inputs that it got: float64 values, and how far a right implementation may be off.

The bounds are derived, for working precision with unit roundoff u, and written at each kind; see harness.core.numerics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.dtypes import DType
from harness.core.numerics import IntArray, error_bound
from harness.core.reference import ReferenceValues
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    Node,
    Operation,
    Pad2d,
    Relu,
    Sigmoid,
    Upsample2d,
    Weights,
)

BATCH_NORM_ROUNDINGS = 9
SIGMOID_ROUNDINGS = 10


@dataclass(frozen=True, slots=True)
class Truth:
    """The right output ``y`` (N, C, H, W), the sum of absolute terms in each element and the number of roundings.

    No ``terms`` means that nothing is computed: only equality is right. ``floor`` is what underflow may cost besides.
    """

    y: Float64Array
    magnitude: Float64Array | None = None
    terms: IntArray | None = None
    floor: float = 0.0

    def bound(self, dtype: DType, spare: int = 0) -> Float64Array:
        """The largest error, element by element, that rounding in ``dtype`` explains; ``spare`` are more roundings."""
        if self.terms is None or self.magnitude is None:
            return np.zeros(self.y.shape)
        bound: Float64Array = error_bound(self.y, self.magnitude, self.terms + spare, dtype)
        return bound + self.floor

    @property
    def values(self) -> ReferenceValues:
        """As the comparator knows a truth.

        Weights and activations need no random signs, so that the sum of absolute terms stands for the root of that of
        their squares.
        """
        if self.terms is None or self.magnitude is None:
            return ReferenceValues(self.y)
        return ReferenceValues(self.y, "NCHW", self.magnitude, self.terms, exact=False, loose=self.floor)


@dataclass(frozen=True, slots=True)
class Seen:
    """One call of a layer: what it does, its own weights by role and its inputs (N, C, H, W) in float64."""

    operation: Any
    weights: Mapping[str, Float64Array]
    inputs: Sequence[Float64Array]
    dtype: DType

    @classmethod
    def of(cls, node: Node, weights: Weights, inputs: Sequence[Array], dtype: DType) -> Seen:
        """Of a node, given the weights of the whole network."""
        roles = {role: f"{node.name}.{role}" for role in node.operation.roles}
        own = {role: weights[name].astype(np.float64) for role, name in roles.items() if name in weights}
        operation = node.operation.at(inputs[0].shape[2:])
        return cls(operation, own, [x.astype(np.float64) for x in inputs], dtype)

    @property
    def truth(self) -> Truth:
        """The right output. Raises ValueError where the inputs do not fit the layer."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            return _TRUTHS[type(self.operation)](self)


def reference_of(seen: Seen) -> tuple[Case, ConvTransposeReference]:
    """A transposed convolution as the case and the reference that the rest of the harness knows."""
    operation: ConvTranspose2d = seen.operation
    x, bias = seen.inputs[0], seen.weights.get("bias")
    case = operation.case((x.shape[0], x.shape[2], x.shape[3]), seen.dtype.name, bias=bias is not None)
    return case, ConvTransposeReference(lower(case), x, seen.weights["kernel"], bias)


def _conv(seen: Seen) -> Truth:
    """Sums of products, bounded as those of a transposed convolution are: by gamma of their number."""
    operation: Conv2d = seen.operation
    x, kernel, bias = seen.inputs[0], seen.weights["kernel"], seen.weights.get("bias")
    if x.shape[1] != operation.in_channels:
        raise ValueError(f"{x.shape[1]} channels come where {operation.in_channels} are read")
    y = _correlate(operation, x, kernel)
    magnitude = _correlate(operation, np.abs(x), np.abs(kernel))
    if bias is not None:
        y, magnitude = y + bias[:, None, None], magnitude + np.abs(bias)[:, None, None]
    ones = np.ones((1, 1, *x.shape[2:]))
    single = Conv2d(1, 1, operation.kernel_size, operation.strides, operation.dilations, 1, operation.pads)
    hits = _correlate(single, ones, np.ones((1, 1, *operation.kernel_size)))[0, 0]
    terms = hits.astype(np.int64) * kernel.shape[1] + (bias is not None)
    return Truth(y, magnitude, terms)


def _correlate(operation: Conv2d, x: Float64Array, kernel: Float64Array) -> Float64Array:
    """One matrix product for each tap of the kernel, on contiguous arrays, without which it is no product of BLAS."""
    taps = np.ascontiguousarray(kernel.transpose(2, 3, 0, 1))
    padded = np.pad(x, ((0, 0), (0, 0), *operation.pads))
    shape = operation.shape([x.shape])
    y: Float64Array = np.zeros(shape)
    filters = operation.out_channels // operation.groups
    for group, part in enumerate(np.split(padded, operation.groups, axis=1)):
        channels = slice(group * filters, (group + 1) * filters)
        for row, column in np.ndindex(*operation.kernel_size):
            rows = _taken(row, operation.dilations[0], operation.strides[0], shape[2])
            columns = _taken(column, operation.dilations[1], operation.strides[1], shape[3])
            seen = np.ascontiguousarray(part[:, :, rows, columns]).reshape(len(x), part.shape[1], -1)
            y[:, channels] += (taps[row, column, channels] @ seen).reshape(len(x), filters, *shape[2:])
    return y


def _taken(tap: int, dilation: int, stride: int, count: int) -> slice:
    first = tap * dilation
    return slice(first, first + (count - 1) * stride + 1, stride)


def _conv_transpose(seen: Seen) -> Truth:
    """See harness.operations.conv_transpose.oracle."""
    _, reference = reference_of(seen)
    return Truth(reference.output, reference.magnitude, reference.terms)


def _batch_norm(seen: Seen) -> Truth:
    """With s = gamma / sqrt(variance + epsilon), at most nine roundings reach a term of |x s| + |mean s| + |beta|.

    Epsilon is rounded to the dtype and added (two, halved by the root: 1 u), the reciprocal root is a root and a
    division or an own instruction of at most 2 ulps (4 u), gamma is multiplied (1): s has 6. Either x s and mean s are
    rounded (7), beta less mean s (8), and the sum (9); or x - mean is (1), its product with s (8) and the sum (9).
    """
    gamma, beta, mean, variance = (seen.weights[role][:, None, None] for role in BatchNorm.roles)
    s = gamma / np.sqrt(variance + seen.operation.epsilon)
    x = seen.inputs[0]
    magnitude = np.abs(x * s) + np.abs(mean * s) + np.abs(beta)
    return Truth((x - mean) * s + beta, magnitude, np.full((1, 1), BATCH_NORM_ROUNDINGS))


def _relu(seen: Seen) -> Truth:
    """Nothing is rounded."""
    return Truth(np.maximum(seen.inputs[0], 0.0))


def _sigmoid(seen: Seen) -> Truth:
    """Vectorised libraries state at most 4 ulps (8 u) for exp, and 1 / (1 + e) damps that; then a sum and a division.

    Ten roundings of y. Numbers below the smallest normal one may be flushed to zero.
    """
    y = 1 / (1 + np.exp(-seen.inputs[0]))
    return Truth(y, y, np.full((1, 1), SIGMOID_ROUNDINGS), float(np.finfo(seen.dtype.numpy).tiny))


def _max_pool(seen: Seen) -> Truth:
    """Nothing is rounded."""
    y: Float64Array = np.max(windows(seen.inputs[0], seen.operation, -np.inf), axis=0)
    return Truth(y)


def _average_pool(seen: Seen) -> Truth:
    """A sum of k elements, and a product with 1 / k, itself rounded: k + 1 roundings."""
    operation: AveragePool2d = seen.operation
    found = windows(seen.inputs[0], MaxPool2d(operation.kernel_size, operation.strides, NO_PADS), 0.0)
    return Truth(found.mean(axis=0), np.abs(found).mean(axis=0), np.full((1, 1), len(found) + 1))


def windows(x: Float64Array, operation: MaxPool2d, fill: float) -> Float64Array:
    """What each place of the window sees, (kH * kW, N, C, H_out, W_out), with ``fill`` around ``x``."""
    padded = np.pad(x, ((0, 0), (0, 0), *operation.pads), constant_values=fill)
    _, _, height, width = operation.shape([x.shape])
    return np.stack(
        [
            padded[:, :, _taken(row, 1, operation.strides[0], height), _taken(column, 1, operation.strides[1], width)]
            for row, column in np.ndindex(*operation.kernel_size)
        ]
    )


def _upsample(seen: Seen) -> Truth:
    """The nearest is not rounded, see ``interpolated`` for the rest."""
    x, (rows, columns) = seen.inputs[0], seen.operation.factors
    if seen.operation.interpolation == "nearest":
        return Truth(x.repeat(rows, axis=2).repeat(columns, axis=3))
    places = [
        (np.arange(n * factor) + 0.5) / factor - 0.5 for n, factor in zip(x.shape[2:], (rows, columns), strict=True)
    ]
    return interpolated(x, places)


def interpolated(x: Float64Array, places: Sequence[Float64Array]) -> Truth:
    """``x`` between its rows and columns, at ``places`` on each axis in units of pixels.

    A place on an axis of n pixels is rounded three times, as a scale, a product and a difference, each by at most n u;
    the two weights have that error, and between neighbours a and b there are three roundings more for each axis, of
    terms that are no larger than |a| + |b|.
    """
    y, magnitude = x, np.abs(x)
    for axis, place in zip((2, 3), places, strict=True):
        clipped = np.clip(place, 0, x.shape[axis] - 1)
        low = np.floor(clipped).astype(np.int64)
        high = np.minimum(low + 1, x.shape[axis] - 1)
        weight = (clipped - low).reshape((-1, 1) if axis == 2 else (1, -1))
        y = np.take(y, low, axis) * (1 - weight) + np.take(y, high, axis) * weight
        magnitude = np.take(magnitude, low, axis) + np.take(magnitude, high, axis)
    return Truth(y, magnitude, np.full((1, 1), 3 * (x.shape[2] + x.shape[3]) + 6))


def _pad(seen: Seen) -> Truth:
    """Nothing is rounded."""
    pads, x = seen.operation.pads, seen.inputs[0]
    cuts = [slice(max(-begin, 0), max(n - max(-end, 0), 0)) for n, (begin, end) in zip(x.shape[2:], pads, strict=True)]
    around = [(max(begin, 0), max(end, 0)) for begin, end in pads]
    return Truth(np.pad(x[:, :, cuts[0], cuts[1]], [(0, 0), (0, 0), *around], constant_values=seen.operation.fill))


def _concat(seen: Seen) -> Truth:
    """Nothing is rounded."""
    return Truth(np.concatenate(seen.inputs, axis=1))


_TRUTHS: dict[type[Operation], Callable[[Seen], Truth]] = {
    Conv2d: _conv,
    ConvTranspose2d: _conv_transpose,
    BatchNorm: _batch_norm,
    Relu: _relu,
    Sigmoid: _sigmoid,
    MaxPool2d: _max_pool,
    AveragePool2d: _average_pool,
    Upsample2d: _upsample,
    Concat: _concat,
    Pad2d: _pad,
}
