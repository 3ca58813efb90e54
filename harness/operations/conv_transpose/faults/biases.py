"""Biases that are missing, doubled, another channel's, along another axis or not everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.operations.conv_transpose.faults.fault import Fault, of_tensor
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

_bias = partial(of_tensor, "b")


def bias_faults(reference: ConvTransposeReference) -> Iterator[Fault]:
    """Faults of the bias; none where there is no bias, or only zeros. Permutations are found from the difference."""
    geometry, b = reference.geometry, reference.b
    if b is None or not np.any(b):
        return
    yield Fault("bias-missing", "the bias is missing", edit=lambda r: replace(r, b=None), common=True)
    yield _bias("bias-doubled", "the bias is added twice", lambda b: 2 * b, common=True)
    if b.size > 1:
        text = "every channel has the bias of channel 0"
        yield _bias("bias-of-channel-0", text, lambda b: np.full_like(b, b[0]))
    if b.size > geometry.groups > 1:
        text, first = "every group has the bias of group 0", b.size // geometry.groups
        yield _bias("bias-of-group-0", text, lambda b: np.tile(b[:first], geometry.groups))
    for axis, name, length in ((2, "height", geometry.height.out), (3, "width", geometry.width.out)):
        if length == b.size > 1:
            shape = [1, 1, 1, 1]
            shape[axis] = length
            offset = b.reshape(shape) - b[:, None, None]
            yield Fault(f"bias-along-{name}", f"the bias is added along the {name}, not the channels", add=offset)
    if any(side < 0 for crops in geometry.crops for side in crops):
        text = "the zeros beyond the full output have no bias"
        yield Fault("bias-before-extension", text, add=_unbias(geometry, b))


def _unbias(geometry: Geometry, b: Float64Array) -> Float64Array:
    outside = np.ones((geometry.height.out, geometry.width.out))
    rows, columns = (slice(max(-axis.begin, 0), axis.out - max(-axis.end, 0)) for axis in geometry.axes)
    outside[rows, columns] = 0
    return -outside * b[:, None, None]
