"""What a fault is: an edit of the operation, and what happens to the finished output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from harness.geometry import Geometry
from harness.numerics import IntArray
from harness.oracle import Float64Array, Reference

BoolArray = npt.NDArray[np.bool_]
Index = tuple[IntArray, IntArray, IntArray, IntArray]
"""Where elements stand in the output: n, c, h and w, which broadcast to one shape."""
Edit = Callable[[Reference], Reference]
Source = Callable[[Index], Index]
"""For places in the wrong output, the places in the computed one whose values they hold."""
Mask = Callable[[Index], BoolArray]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong: another operation, then elements of its output moved, set to zero or offset.

    ``add`` broadcasts to (N, C_out, H_out, W_out). ``common`` faults are also tried in pairs. A name in the form
    ``kind(parameters)`` is one of a kind.
    """

    name: str
    text: str
    edit: Edit | None = None
    source: Source | None = None
    zero: Mask | None = None
    add: Float64Array | None = None
    common: bool = False


def kind(name: str) -> str:
    """``shifted`` for ``shifted(1,0)``."""
    return name.partition("(")[0]


def edit_all(faults: Sequence[Fault], reference: Reference) -> Reference:
    """``reference`` with the edits of all faults, one after the other."""
    for fault in faults:
        if fault.edit is not None:
            reference = fault.edit(reference)
    return reference


def take(
    faults: Sequence[Fault], shape: tuple[int, ...], index: Index, computed: Callable[[Index], Float64Array]
) -> Float64Array:
    """The values at ``index`` of an output of ``shape`` when all faults are present, ``computed`` being the edited one.

    The last fault acts last, so it is the first to say where a value comes from.
    """
    keep: list[BoolArray] = []
    offset: list[Float64Array] = []
    for fault in reversed(faults):
        if fault.add is not None:
            added = np.broadcast_to(fault.add, shape)[index]
            offset.append(np.where(_all(keep), added, 0.0) if keep else added)
        if fault.zero is not None:
            keep.append(~fault.zero(index))
        if fault.source is not None:
            index = fault.source(index)
    y = computed(index)
    if keep:
        y = np.where(_all(keep), y, 0.0)
    for added in offset:
        y = y + added
    return y


def _all(masks: Sequence[BoolArray]) -> BoolArray:
    result = masks[0]
    for mask in masks[1:]:
        result = result & mask
    return result


def wrong_output(faults: Sequence[Fault], reference: Reference) -> Float64Array:
    """The whole output with all faults, float64 (N, C_out, H_out, W_out)."""
    return finished(faults, edit_all(faults, reference).output)


def finished(faults: Sequence[Fault], computed: Float64Array) -> Float64Array:
    """What the faults do to ``computed``, the whole output (N, C_out, H_out, W_out) of the edited operation."""
    if all(fault.source is None and fault.zero is None and fault.add is None for fault in faults):
        return computed
    n, c, h, w = np.ogrid[tuple(slice(size) for size in computed.shape)]
    y = take(faults, computed.shape, (n, c, h, w), lambda index: computed[index])
    return np.broadcast_to(y, computed.shape)


def refit(changed: Geometry, top: int, left: int, original: Geometry) -> Geometry:
    """``changed`` with the given crops at the beginning, and of the size that ``original`` has."""
    height, width = (
        replace(axis, begin=begin, end=axis.full - begin - right.out)
        for axis, begin, right in zip(changed.axes, (top, left), original.axes, strict=True)
    )
    return replace(changed, height=height, width=width)
