"""Kernels that are turned, swapped or read in another order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from harness.operations.conv_transpose.faults.fault import Fault, axes_swapped, of_tensor
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

_kernel = partial(of_tensor, "w")


def kernel_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of the kernel's two spatial axes, then of its channels."""
    tall, wide = geometry.height.k > 1, geometry.width.k > 1
    if tall and wide:
        yield _kernel("kernel-rotated", "the kernel is rotated by 180 degrees", _rotated, common=True)
    if tall:
        text = "the kernel is flipped in height"
        yield _kernel("kernel-flipped-in-height", text, lambda w: w[:, :, ::-1], common=not wide)
    if wide:
        text = "the kernel is flipped in width"
        yield _kernel("kernel-flipped-in-width", text, lambda w: w[..., ::-1], common=not tall)
    if tall or wide:
        text = "height and width of the kernel are swapped"
        yield Fault("kernel-axes-swapped", text, edit=axes_swapped("w", "k"), common=True)
    yield from _channel_faults(geometry)
    if {axis.s for axis in geometry.axes} == {1} and (tall or wide):
        text = "an ordinary convolution instead of a transposed one"
        yield _kernel("ordinary-convolution", text, _rotated)
        rows, columns = _channels(geometry)
        if rows == columns > 1:
            text += ", which also takes the kernel's first axis for the outputs"
            name = "ordinary-convolution-with-its-channels"
            yield Fault(name, text, lambda r: _swap_channels(replace(r, w=_rotated(r.w))))


def _channel_faults(geometry: Geometry) -> Iterator[Fault]:
    rows, columns = _channels(geometry)
    text = "input and output channels of the kernel are swapped"
    if rows == columns > 1:
        yield Fault("kernel-channels-swapped", text, edit=_swap_channels, common=True)
    elif min(rows, columns) > 1 and geometry.groups == 1:
        text = "the kernel's memory is read with input and output channels swapped"
        yield _kernel("kernel-channels-reread", text, lambda w: w.reshape(columns, rows, *w.shape[2:]).swapaxes(0, 1))


def _channels(geometry: Geometry) -> tuple[int, int]:
    """Input and output channels of one group."""
    return geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups


def _rotated(w: Float64Array) -> Float64Array:
    return w[:, :, ::-1, ::-1]


def _swap_channels(r: ConvTransposeReference) -> ConvTransposeReference:
    rows, columns = _channels(r.geometry)
    split = r.w.reshape(r.geometry.groups, rows, columns, *r.w.shape[2:])
    return replace(r, w=split.swapaxes(1, 2).reshape(r.w.shape))
