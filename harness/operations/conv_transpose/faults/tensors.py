"""Input data that are read in another order, mirrored, or not all used; absolute kernels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from harness.operations.conv_transpose.faults.fault import BoolArray, Change, Fault, axes_swapped, of_tensor
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import Float64Array

_data = partial(of_tensor, "x")


def data_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of the input's layout and axes."""
    channels, height, width = geometry.in_channels, geometry.height.n, geometry.width.n
    if channels > 1 and height * width > 1:
        text = "the data are read in the other layout without being transposed"
        yield _data("data-in-the-other-layout", f"{text}, channels last for channels first", _read_as_last, common=True)
        yield _data("data-in-the-other-layout(NHWC)", f"{text}, channels first for channels last", _read_as_first)
    if max(height, width) > 1:
        yield Fault("data-axes-swapped", "height and width of the data are swapped", edit=axes_swapped("x", "n"))
    if height > 1:
        yield _data("data-flipped-in-height", "the data are flipped in height", lambda x: x[:, :, ::-1])
    if width > 1:
        yield _data("data-flipped-in-width", "the data are flipped in width", lambda x: x[..., ::-1])
    if min(height, width) > 1:
        yield _data("data-rotated", "the data are rotated by 180 degrees", lambda x: x[:, :, ::-1, ::-1])
    if geometry.batch > 1:
        yield _data("batch-reversed", "the elements of the batch are in reverse order", lambda x: x[::-1])
    yield from _skipped(geometry)
    yield of_tensor("w", "kernel-absolute", "the kernel has no signs", np.abs, numeric=True)


def _skipped(geometry: Geometry) -> Iterator[Fault]:
    """The last input channel is left out: of all, or of each group."""
    each = geometry.in_channels // geometry.groups
    if geometry.in_channels > 1:
        last = np.arange(geometry.in_channels) == geometry.in_channels - 1
        yield _data("last-input-channel-skipped", "the last input channel is left out", _without(last))
    if geometry.groups > 1 and each > 1:
        lasts = np.arange(geometry.in_channels) % each == each - 1
        text = "the last input channel of each group is left out"
        yield _data("last-input-channel-skipped(of each group)", text, _without(lasts))


def _without(channels: BoolArray) -> Change:
    return lambda x: np.where(channels[:, None, None], 0.0, x)


def _read_as_last(x: Float64Array) -> Float64Array:
    batch, channels, height, width = x.shape
    return np.ascontiguousarray(x).reshape(batch, height, width, channels).transpose(0, 3, 1, 2)


def _read_as_first(x: Float64Array) -> Float64Array:
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(x.shape)
