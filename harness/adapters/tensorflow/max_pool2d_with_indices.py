"""TensorFlow: ``tf.nn.max_pool_with_argmax``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.text import program
from harness.core.case import PaddingName
from harness.operations.index_spaces import Space, translating, translation
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_pool2d_with_indices.windows import named

_NAMES: tuple[PaddingName, ...] = ("valid", "same")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the windows are laid out: by a name, after ``pads`` (height, width) of minus infinity where there are any."""

    name: str
    pads: tuple[tuple[int, int], tuple[int, int]] | None = None


def max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``max_pool_with_argmax``; indices of another space than its two are translated."""
    function = "tf.nn.max_pool_with_argmax"
    layout = lay_out(case, function, by_name=case.dialect == "tensorflow")
    if isinstance(layout, Inexpressible):
        return layout
    batched = case.space.name == "nhwc"
    call = {"ksize": case.pool_size, "strides": case.step, "padding": layout.name, "include_batch_in_index": batched}
    lines = [f"y, indices = {function}(x, **call)"]
    reasons, moved, shape = [], (0, 0), case.input_shape
    if layout.pads is not None:
        (top, bottom), (left, right) = layout.pads
        moved, shape = (top, left), (*shape[:2], top + shape[2] + bottom, left + shape[3] + right)
        lines.insert(0, "x = tf.pad(x, pads, constant_values=float('-inf'))")
        reasons.append(padded(function, layout))
    native = Space("nhwc" if batched else "hwc", shape)
    if translated := translating(native, case.space, moved):
        reasons.append(translation(native, case.space))
    if case.layout == "NCHW":
        reasons.append(f"{function} reads NHWC only: transposed")
    after = ("indices = indices.numpy().transpose(0, 3, 1, 2)", *translated)
    outputs = ("output", "indices")
    rest: dict[str, Any] = {"values": around(layout), "after": after, "outputs": outputs}
    return program(case, call, lines, transposed="", reasons=reasons, **rest)


def lay_out(case: MaxPoolCase, function: str, *, by_name: bool) -> Layout | Inexpressible:
    """How ``function``, which knows ``valid`` and ``same``, lays out the windows; ``by_name`` takes the case's own."""
    if case.dilations != (1, 1):
        return Inexpressible(f"{function} has no dilations")
    if by_name and isinstance(case.padding or "valid", str):
        return Layout(str(case.padding or "valid").upper())
    if case.nominal:
        return Inexpressible(f"{function} has no padding in numbers")
    for name in _NAMES:
        if all(named(name, axis.n, axis.k, axis.s, axis.d) == axis for axis in case.axes):
            return Layout(name.upper())
    if any("-inf" in str(literal.values) for _, literal in case.literals):
        return Inexpressible("the image would be padded with minus infinity, which the data hold too")
    rows, columns = case.axes
    return Layout("VALID", ((rows.before, rows.after), (columns.before, columns.after)))


def around(layout: Layout) -> dict[str, Any]:
    """``pads``, as TensorFlow and Keras take them, where there are any."""
    return {} if layout.pads is None else {"pads": [[0, 0], *(list(pads) for pads in layout.pads), [0, 0]]}


def padded(function: str, layout: Layout) -> str:
    """Why the image is padded beforehand."""
    return f"no padding of {function} lays the windows out: minus infinity is put around the image, {layout.pads}"
