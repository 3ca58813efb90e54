"""Groups that are ignored, mixed, or all served by the first one's kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.core.numerics import IntArray
from harness.operations.conv_transpose.faults.fault import Fault, Index, of_tensor
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference


def channel_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of groups; none where there is one group."""
    groups = geometry.groups
    if groups == 1:
        return
    yield Fault("kernel-of-group-0", "every group uses the kernel of group 0", edit=_first_kernel, common=True)
    text = "the groups are ignored: every output sums all input channels"
    yield Fault("groups-ignored", text, edit=_dense)
    rows, columns = geometry.in_channels // groups, geometry.out_channels // groups
    if rows > 1:
        for how, order in _orders(groups, rows):
            text = f"the input channels of the groups are {how}"
            yield of_tensor("x", f"groups-interleaved(input, {how})", text, partial(np.take, indices=order, axis=1))
    if columns > 1:
        for how, order in _orders(groups, columns):
            text = f"the output channels of the groups are {how}"
            yield _reordered(f"groups-interleaved(output, {how})", text, order)


def _orders(groups: int, size: int) -> list[tuple[str, IntArray]]:
    """Interleaving and the reverse of it, which are the same where there are as many groups as channels in one."""
    both = [("interleaved", _interleaved(groups, size)), ("taken for interleaved", _interleaved(size, groups))]
    return both[: 1 if groups == size else 2]


def _reordered(name: str, text: str, order: IntArray) -> Fault:
    def source(index: Index) -> Index:
        n, c, h, w = index
        return n, order[c], h, w

    return Fault(name, text, source=source)


def _interleaved(groups: int, size: int) -> IntArray:
    """The first of every group, then the second of every group, and so on."""
    return np.arange(groups * size, dtype=np.int64).reshape(groups, size).T.ravel()


def _first_kernel(r: ConvTransposeReference) -> ConvTransposeReference:
    groups = r.geometry.groups
    return replace(r, w=np.tile(r.w[: r.w.shape[0] // groups], (groups, 1, 1, 1)))


def _dense(r: ConvTransposeReference) -> ConvTransposeReference:
    whole = np.tile(r.w, (1, r.geometry.groups, 1, 1))
    return replace(r, geometry=replace(r.geometry, groups=1), w=whole)
