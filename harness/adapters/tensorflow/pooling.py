"""TensorFlow's programs for max pooling and its inverse, and those of Keras on TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.text import CHANNELS_LAST
from harness.operations.index_spaces import NAMES, Space, dividing, translating, translation
from harness.operations.max_pool2d_with_indices.windows import Axis, named

if TYPE_CHECKING:
    from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
    from harness.operations.max_unpool2d.case import MaxUnpoolCase

BY_TRANSPOSE = "{} reads NHWC only: transposed"
SCATTERED = (
    "TensorFlow has no max unpooling: scatter_nd adds the values to zeros, at (image, row, column, channel), which are"
    " divided out of the indices"
)
NO_DILATION = "{} has no dilations"
NO_NUMBERS = "{} has no padding in numbers"
INFINITE = "{} would be padded with minus infinity, which the data hold too"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the windows are laid out: by a name, after ``pads`` (height, width) of minus infinity where there are any."""

    name: str
    pads: tuple[tuple[int, int], tuple[int, int]] | None = None


def max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``max_pool_with_argmax``; indices of another space than its two are translated."""
    function = "tf.nn.max_pool_with_argmax"
    layout = _lay_out(case, function, by_name=case.dialect == "tensorflow")
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
        reasons.append(_padded(function, layout))
    native = Space("nhwc" if batched else "hwc", shape)
    if translated := translating(native, case.space, moved):
        reasons.append(translation(native, case.space))
    if case.layout == "NCHW":
        reasons.append(BY_TRANSPOSE.format(function))
    after = ("indices = indices.numpy().transpose(0, 3, 1, 2)", *translated)
    outputs = ("output", "indices")
    return _program(case, call, lines, reasons=reasons, values=_around(layout), after=after, outputs=outputs)


def keras_max_pool2d_with_indices(case: MaxPoolCase) -> Program | Inexpressible:
    """``MaxPooling2D``, which returns no indices."""
    layout = _lay_out(case, "MaxPooling2D", by_name=case.dialect == "keras")
    if isinstance(layout, Inexpressible):
        return layout
    call = {"pool_size": case.pool_size, "strides": case.step, "padding": layout.name.lower()}
    lines = [f"y = keras.layers.MaxPooling2D(**call, dtype={case.dtype!r})(x)"]
    reasons = []
    if layout.pads is not None:
        lines.insert(0, "x = keras.ops.pad(x, pads, constant_values=float('-inf'))")
        reasons.append(_padded("MaxPooling2D", layout))
    if case.layout == "NCHW":
        reasons.append("the data are transposed to channels_last")
    return _program(case, call, lines, reasons=reasons, values=_around(layout))


def max_unpool2d(case: MaxUnpoolCase) -> Program:
    """As a porter writes it: coordinates out of the indices, then ``scatter_nd``."""
    height, width = case.size
    shape = [case.batch, height, width, case.channels]
    before = dividing(case.space, "NHWC", case.input_shape[:2])
    names = ", ".join(NAMES[letter] for letter in "NHWC")
    before.append(f"indices = np.stack(np.broadcast_arrays({names}), axis=-1).transpose(0, 2, 3, 1, 4)")
    lines = ["y = tf.scatter_nd(tf.constant(indices), x, **call)"]
    rest: dict[str, Any] = {"arrays": ("indices",), "before": tuple(before)}
    return _program(case, {"shape": shape}, lines, reasons=[SCATTERED], **rest)


def _lay_out(case: MaxPoolCase, function: str, *, by_name: bool) -> _Layout | Inexpressible:
    if max(case.dilations) > 1 or case.dilations != (1, 1):
        return Inexpressible(NO_DILATION.format(function))
    if by_name and isinstance(case.padding or "valid", str):
        return _Layout(str(case.padding or "valid").upper())
    if case.nominal:
        return Inexpressible(NO_NUMBERS.format(function))
    for name in ("valid", "same"):
        if all(_named(name, axis) == axis for axis in case.axes):
            return _Layout(name.upper())
    if _holds_minus_infinity(case):
        return Inexpressible(INFINITE.format("the image"))
    rows, columns = case.axes
    return _Layout("VALID", ((rows.before, rows.after), (columns.before, columns.after)))


def _named(name: Any, axis: Axis) -> Axis:
    return named(name, axis.n, axis.k, axis.s, axis.d)


def _holds_minus_infinity(case: MaxPoolCase) -> bool:
    return any("-inf" in str(literal.values) for _, literal in case.literals)


def _around(layout: _Layout) -> dict[str, Any]:
    return {} if layout.pads is None else {"pads": [[0, 0], *(list(pads) for pads in layout.pads), [0, 0]]}


def _padded(function: str, layout: _Layout) -> str:
    return f"no padding of {function} lays the windows out: minus infinity is put around the image, {layout.pads}"


def _program(
    case: MaxPoolCase | MaxUnpoolCase, call: dict[str, Any], lines: list[str], *, reasons: list[str], **parts: Any
) -> Program:
    """``lines`` leave ``y`` (N, H, W, C) from the tensor ``x``."""
    layouts = {name: CHANNELS_LAST[name] for name in ("input", "output")}
    return Program(call, ("input",), tuple(lines), layouts=layouts, dtype=case.dtype, reasons=tuple(reasons), **parts)
