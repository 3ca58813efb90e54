"""What each layer must give for the inputs that it got, and what rounding explains; see harness.core.numerics.

Convolution, pooling and interpolation are those of harness.operations. The bounds of the other kinds are derived, for
working precision with unit roundoff u, where the kind is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.dtypes import DType
from harness.core.numerics import IntArray
from harness.core.reference import Float64Array, ReferenceValues
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.operations.max_pool2d_with_indices.oracle import Patches, patches
from harness.operations.max_pool2d_with_indices.windows import explicit
from harness.operations.resize2d.axis import Coordinates, axis_of
from harness.operations.resize2d.oracle import Resizing
from harness.porting.networks.graph import BatchNorm, Conv2d, ConvTranspose2d, Kind, MaxPool2d, Node, Weights

BATCH_NORM_ROUNDINGS = 9
SIGMOID_ROUNDINGS = 10


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer: what it does, its own weights by role and its inputs (N, C, H, W) in float64."""

    operation: Any
    weights: Mapping[str, Float64Array]
    inputs: Sequence[Float64Array]
    dtype: DType

    @classmethod
    def of(cls, node: Node, weights: Weights, inputs: Sequence[Array], dtype: DType) -> LayerCall:
        """Of a node, given the weights of the whole network."""
        own = {role: array.astype(np.float64) for role, array in node.own(weights).items()}
        return cls(node.operation.at(inputs[0].shape[2:]), own, [x.astype(np.float64) for x in inputs], dtype)

    @property
    def reference(self) -> ReferenceValues:
        """The right output, (N, C, H, W). Raises ValueError where the inputs do not fit the layer."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            return _REFERENCES[self.operation.kind](self)


def rounded_values(
    y: Float64Array, magnitude: Float64Array, terms: IntArray | int, underflow: float = 0.0
) -> ReferenceValues:
    """``y``, rounded ``terms`` times in parts whose absolute values sum to ``magnitude``.

    Weights and activations need no random signs, so that this sum stands for the root of that of the squares.
    """
    return ReferenceValues(y, magnitude=magnitude, terms=np.atleast_1d(terms), exact=False, loose=underflow)


def reference_of(call: LayerCall) -> tuple[Case, ConvTransposeReference]:
    """A transposed convolution as the case and the reference that the rest of the harness knows."""
    operation: ConvTranspose2d = call.operation
    x, bias = call.inputs[0], call.weights.get("bias")
    case = operation.case((x.shape[0], x.shape[2], x.shape[3]), call.dtype.name, bias=bias is not None)
    return case, ConvTransposeReference(lower(case), x, call.weights["kernel"], bias)


def _conv_transpose(call: LayerCall) -> ReferenceValues:
    _, reference = reference_of(call)
    return rounded_values(reference.output, reference.magnitude, reference.terms)


def _conv(call: LayerCall) -> ReferenceValues:
    """The gradient of a transposed convolution with the same kernel by its input, and a bias."""
    operation: Conv2d = call.operation
    x, kernel, bias = call.inputs[0], call.weights["kernel"], call.weights.get("bias")
    if x.shape[1] != operation.in_channels:
        raise ValueError(f"expected {operation.in_channels} channels, got {x.shape[1]}")
    shape = operation.shape([x.shape])
    case = operation.transposed(x.shape[2:]).case((shape[0], *shape[2:]), call.dtype.name, bias=False)
    sums = Gradient("input_grad", ConvTransposeReference(lower(case), np.zeros(shape), kernel, None), x)
    if bias is None:
        return rounded_values(sums.output, sums.magnitude, sums.terms)
    column = bias[:, None, None]
    return rounded_values(sums.output + column, sums.magnitude + np.abs(column), sums.terms + 1)


def _batch_norm(call: LayerCall) -> ReferenceValues:
    """With s = gamma / sqrt(variance + epsilon), at most nine roundings reach a term of |x s| + |mean s| + |beta|.

    Epsilon is rounded to the dtype and added (two, halved by the root: 1 u), the reciprocal root is a root and a
    division or an own instruction of at most 2 ulps (4 u), gamma is multiplied (1): s has 6. Either x s and mean s are
    rounded (7), beta less mean s (8), and the sum (9); or x - mean is (1), its product with s (8) and the sum (9).
    """
    gamma, beta, mean, variance = (call.weights[role][:, None, None] for role in BatchNorm.roles)
    s = gamma / np.sqrt(variance + call.operation.epsilon)
    x = call.inputs[0]
    return rounded_values((x - mean) * s + beta, np.abs(x * s) + np.abs(mean * s) + np.abs(beta), BATCH_NORM_ROUNDINGS)


def _sigmoid(call: LayerCall) -> ReferenceValues:
    """Vectorised libraries state at most 4 ulps (8 u) for exp, and 1 / (1 + e) damps that; then a sum and a division.

    Ten roundings of y. Numbers below the smallest normal one may be flushed to zero.
    """
    y = 1 / (1 + np.exp(-call.inputs[0]))
    return rounded_values(y, y, SIGMOID_ROUNDINGS, float(np.finfo(call.dtype.numpy).tiny))


def windows(call: LayerCall) -> Patches:
    """What each window of a pooling layer holds. Raises ValueError where none fits."""
    operation, x = call.operation, call.inputs[0]
    pads = operation.pads if isinstance(operation, MaxPool2d) else NO_PADS
    rows, columns = (
        explicit(pad, n, k, s, 1)
        for pad, n, k, s in zip(pads, x.shape[2:], operation.kernel_size, operation.strides, strict=True)
    )
    if min(rows.count, columns.count) < 1:
        raise ValueError(f"no window {operation.kernel_size} fits into {x.shape[2:]}")
    return patches((rows, columns), x)


def averaged(found: Patches, spare: int = 0) -> ReferenceValues:
    """A sum of k elements, and a product with 1 / k, itself rounded: k + 1 roundings, and ``spare``; outside is 0."""
    inside = np.where(found.inside, found.values, 0.0)
    return rounded_values(inside.mean(axis=-1), np.abs(inside).mean(axis=-1), inside.shape[-1] + 1 + spare)


def _upsample(call: LayerCall) -> ReferenceValues:
    if call.operation.interpolation == "bilinear":
        return interpolated(call, "half_pixel")
    rows, columns = call.operation.factors
    return ReferenceValues(call.inputs[0].repeat(rows, axis=2).repeat(columns, axis=3))


def interpolated(call: LayerCall, coordinates: Coordinates) -> ReferenceValues:
    """Bilinear upsampling; the input must be finite."""
    x = call.inputs[0]
    rows, columns = (
        axis_of(n, n * factor, "bilinear", coordinates)
        for n, factor in zip(x.shape[2:], call.operation.factors, strict=True)
    )
    return Resizing((rows, columns), call.dtype).forward(x).values(call.dtype)


def _pad(call: LayerCall) -> ReferenceValues:
    pads, x = call.operation.pads, call.inputs[0]
    cuts = [slice(max(-begin, 0), max(n - max(-end, 0), 0)) for n, (begin, end) in zip(x.shape[2:], pads, strict=True)]
    around = [(max(begin, 0), max(end, 0)) for begin, end in pads]
    return ReferenceValues(
        np.pad(x[:, :, cuts[0], cuts[1]], [(0, 0), (0, 0), *around], constant_values=call.operation.fill)
    )


_REFERENCES: dict[Kind, Callable[[LayerCall], ReferenceValues]] = {
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "batch_norm": _batch_norm,
    "relu": lambda call: ReferenceValues(np.maximum(call.inputs[0], 0.0)),
    "sigmoid": _sigmoid,
    "max_pool2d": lambda call: ReferenceValues(windows(call).values.max(axis=-1)),
    "average_pool2d": lambda call: averaged(windows(call)),
    "upsample2d": _upsample,
    "concat": lambda call: ReferenceValues(np.concatenate(call.inputs, axis=1)),
    "pad2d": _pad,
}
