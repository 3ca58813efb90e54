"""What a fault is: an edit of the operation, and what happens to the finished output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from harness.core.numerics import IntArray
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

BoolArray = npt.NDArray[np.bool_]
Index = tuple[IntArray, IntArray, IntArray, IntArray]
"""Where elements stand in the output: n, c, h and w, which broadcast to one shape."""
Edit = Callable[[ConvTransposeReference], ConvTransposeReference]
Source = Callable[[Index], Index]
"""For places in the wrong output, the places in the computed one whose values they hold."""
Mask = Callable[[Index], BoolArray]
Change = Callable[[Float64Array], Float64Array]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong: another operation, then elements of its output moved, set to zero or offset.

    ``add`` broadcasts to (N, C_out, H_out, W_out). ``common`` faults are also tried in pairs. A name in the form
    ``kind(parameters)`` is one of a kind.

    ``operands`` changes the elements of input and kernel one by one, so that it can be tried on a few of them, and
    ``value`` those of the output; it makes a rounding error at most ``gain`` times as large. ``numeric`` faults are
    about the numbers themselves, not about where they stand: no data need show them.
    """

    name: str
    text: str
    edit: Edit | None = None
    source: Source | None = None
    zero: Mask | None = None
    add: Float64Array | None = None
    common: bool = False
    operands: tuple[Change | None, Change | None] | None = None
    value: Change | None = None
    gain: float = 1.0
    numeric: bool = False

    @property
    def on_bounds(self) -> Fault:
        """What happens to a bound on the rounding errors where this happens to the output."""
        gain = self.gain
        return replace(self, add=None, value=None if gain == 1 else lambda bound: bound * gain)


def of_tensor(
    tensor: Literal["x", "w", "b"], name: str, text: str, change: Change, *, common: bool = False, numeric: bool = False
) -> Fault:
    """The right operation on another input, kernel or bias, which ``change`` makes of it where there is one."""

    def edit(r: ConvTransposeReference) -> ConvTransposeReference:
        changed: dict[str, Any] = {} if getattr(r, tensor) is None else {tensor: change(getattr(r, tensor))}
        return replace(r, **changed)

    return Fault(name, text, edit=edit, common=common, numeric=numeric)


def axes_swapped(tensor: Literal["x", "w"], size: Literal["n", "k"]) -> Edit:
    """The ``tensor`` with its axes swapped, and the geometry for it, whose output keeps its size."""

    def edit(r: ConvTransposeReference) -> ConvTransposeReference:
        (top, _), (left, _) = r.geometry.crops
        geometry = refit(r.geometry.with_swapped(size), top, left, r.geometry)
        return replace(r, geometry=geometry, **{tensor: getattr(r, tensor).swapaxes(2, 3)})

    return edit


def kind(name: str) -> str:
    """``shifted`` for ``shifted(1,0)``."""
    return name.partition("(")[0]


def edit_all(faults: Sequence[Fault], reference: ConvTransposeReference) -> ConvTransposeReference:
    """``reference`` with the edits of all faults, one after the other, those of single operands included."""
    return edit_operands(faults, edit_places(faults, reference))


def edit_places(faults: Sequence[Fault], reference: ConvTransposeReference) -> ConvTransposeReference:
    """``reference`` with all edits but those that change operands one by one."""
    for fault in faults:
        if fault.edit is not None:
            reference = fault.edit(reference)
    return reference


def edit_operands(faults: Sequence[Fault], reference: ConvTransposeReference) -> ConvTransposeReference:
    """``reference`` with the operands changed one by one."""
    for fault in faults:
        if fault.operands is not None:
            reference = replace(reference, x=changed(reference.x, fault, 0), w=changed(reference.w, fault, 1))
    return reference


def changed(operands: Float64Array, fault: Fault, which: int) -> Float64Array:
    """``operands``, some elements of the input (``which`` 0) or the kernel (1), as ``fault`` changes them."""
    change = None if fault.operands is None else fault.operands[which]
    return operands if change is None else change(operands)


def take(
    faults: Sequence[Fault], shape: tuple[int, ...], index: Index, computed: Callable[[Index], Float64Array]
) -> Float64Array:
    """The values at ``index`` of an output of ``shape`` when all faults are present, ``computed`` being the edited one.

    The last fault acts last, so it is the first to say where a value comes from.
    """
    if not faults:
        return computed(index)
    *before, last = faults
    y = take(before, shape, index if last.source is None else last.source(index), computed)
    if last.zero is not None:
        y = np.where(last.zero(index), 0.0, y)
    if last.value is not None:
        y = last.value(y)
    if last.add is not None:
        y = y + np.broadcast_to(last.add, shape)[index]
    return y


def wrong_output(faults: Sequence[Fault], reference: ConvTransposeReference) -> Float64Array:
    """The whole output with all faults, float64 (N, C_out, H_out, W_out)."""
    return finished(faults, edit_all(faults, reference).output)


def finished(faults: Sequence[Fault], computed: Float64Array) -> Float64Array:
    """What the faults do to ``computed``, the whole output (N, C_out, H_out, W_out) of the edited operation."""
    if not any(fault.source or fault.zero or fault.value or fault.add is not None for fault in faults):
        return computed
    n, c, h, w = np.ogrid[tuple(slice(size) for size in computed.shape)]
    y = take(faults, computed.shape, (n, c, h, w), lambda index: computed[index])
    return np.broadcast_to(y, computed.shape)


def refit(changed: Geometry, top: int, left: int, original: Geometry) -> Geometry:
    """``changed`` with the given crops at the beginning, and of the size that ``original`` has."""
    (height, width), (rows, columns) = changed.axes, original.axes
    return changed.with_axes(height.refitted(top, rows.out), width.refitted(left, columns.out))
