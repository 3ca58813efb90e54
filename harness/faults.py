"""Single faults that implementations of transposed convolution have, each as an edit of the right operation.

A fault turns a reference into the reference of a wrong implementation (another kernel, other data, other crops), or
changes the finished output. Where a fault would also change the output's size, the size stays and the crop at the
beginning is kept, as an implementation with the right shape would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.geometry import Axis, Geometry
from harness.oracle import Float64Array, Reference

Edit = Callable[[Reference], Reference]
Finish = Callable[[Float64Array], Float64Array]
SHIFTS = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if i or j]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong. ``common`` faults are also tried in pairs."""

    name: str
    text: str
    edit: Edit | None = None
    finish: Finish | None = None
    common: bool = False


def faults_for(reference: Reference) -> Iterator[Fault]:
    """The faults that these sizes leave room for, simplest first."""
    yield from _kernel_faults(reference)
    yield from _bias_faults(reference)
    yield from _crop_faults(reference.geometry)
    yield from _parameter_faults(reference.geometry)
    yield from _channel_faults(reference)
    yield from _data_faults(reference)
    yield from _output_faults(reference)


def _kernel_faults(reference: Reference) -> Iterator[Fault]:
    geometry, w = reference.geometry, reference.w
    height, width = geometry.axes
    if height.k > 1 and width.k > 1:
        yield _kernel("kernel-rotated", "the kernel is rotated by 180 degrees", w[:, :, ::-1, ::-1], common=True)
    if height.k > 1:
        yield _kernel("kernel-flipped-in-height", "the kernel is flipped in height", w[:, :, ::-1])
    if width.k > 1:
        yield _kernel("kernel-flipped-in-width", "the kernel is flipped in width", w[..., ::-1])
    if height.k == width.k > 1:
        yield _kernel("kernel-axes-swapped", "height and width of the kernel are swapped", w.swapaxes(2, 3))
    rows, columns = w.shape[0] // geometry.groups, w.shape[1]
    if rows == columns > 1:
        split = w.reshape(geometry.groups, rows, columns, height.k, width.k)
        swapped = split.swapaxes(1, 2).reshape(w.shape)
        yield _kernel("kernel-channels-swapped", "input and output channels of the kernel are swapped", swapped)
    elif min(rows, columns) > 1 and geometry.groups == 1:
        reread = w.reshape(columns, rows, height.k, width.k).swapaxes(0, 1)
        yield _kernel(
            "kernel-channels-reread", "the kernel's memory is read with input and output channels swapped", reread
        )
    if {axis.s for axis in geometry.axes} == {1} and max(height.k, width.k) > 1:
        yield _kernel(
            "ordinary-convolution", "an ordinary convolution instead of a transposed one", w[:, :, ::-1, ::-1]
        )


def _kernel(name: str, text: str, w: Float64Array, *, common: bool = False) -> Fault:
    held = np.ascontiguousarray(w)
    return Fault(name, text, edit=lambda r: replace(r, w=held), common=common)


def _bias_faults(reference: Reference) -> Iterator[Fault]:
    geometry, b = reference.geometry, reference.b
    if b is None or not np.any(b):
        return
    yield Fault("bias-missing", "the bias is missing", edit=lambda r: replace(r, b=None), common=True)
    yield Fault("bias-doubled", "the bias is added twice", edit=lambda r: replace(r, b=2 * b), common=True)
    if b.size > 1:
        yield Fault("bias-of-channel-0", "every channel has the bias of channel 0", edit=_bias(np.full_like(b, b[0])))
        for by in (1, -1):
            text = f"the bias is that of the channel {'before' if by == 1 else 'after'}"
            yield Fault(f"bias-rolled-by-{by}", text, edit=_bias(np.roll(b, by)))
        yield Fault("bias-reversed", "the biases of the channels are in reverse order", edit=_bias(b[::-1].copy()))
        yield Fault("bias-sorted", "the biases of the channels are sorted", edit=_bias(np.sort(b)))
    if geometry.groups > 1 and b.size > geometry.groups:
        first = np.tile(b[: b.size // geometry.groups], geometry.groups)
        yield Fault("bias-of-group-0", "every group has the bias of group 0", edit=_bias(first))
    for axis, name, length in ((2, "height", geometry.height.out), (3, "width", geometry.width.out)):
        if length == b.size > 1:
            shape = [1, 1, 1, 1]
            shape[axis] = length
            offset = b.reshape(shape) - b[:, None, None]
            yield Fault(
                f"bias-along-{name}", f"the bias is added along the {name}, not the channels", finish=_plus(offset)
            )
    if any(side < 0 for crops in geometry.crops for side in crops):
        yield Fault(
            "bias-before-extension", "the zeros beyond the full output have no bias", finish=_unbias(geometry, b)
        )


def _bias(b: Float64Array) -> Edit:
    return lambda r: replace(r, b=b)


def _plus(offset: Float64Array) -> Finish:
    return lambda y: y + offset


def _unbias(geometry: Geometry, b: Float64Array) -> Finish:
    outside = np.ones((geometry.height.out, geometry.width.out), dtype=bool)
    rows, columns = (slice(max(-axis.begin, 0), axis.out - max(-axis.end, 0)) for axis in geometry.axes)
    outside[rows, columns] = False
    return lambda y: y - outside * b[:, None, None]


def _crop_faults(geometry: Geometry) -> Iterator[Fault]:
    (top, bottom), (left, right) = geometry.crops
    if (top, left) != (bottom, right):
        odd = max(abs(top - bottom), abs(left - right)) == 1
        name = "crop-of-the-other-half" if odd else "crops-exchanged"
        text = "the crops of beginning and end are exchanged"
        text += ", as SAME_LOWER does for SAME_UPPER" if odd else ""
        yield _recrop(name, text, bottom, right, common=True)
    if (top, left) != (0, 0) and top >= 0 and left >= 0:
        yield _recrop("crop-at-the-end", "everything is cropped at the end", 0, 0)
    if max(bottom, right) > 0 and min(bottom, right) >= 0:
        yield _recrop("crop-at-the-start", "everything is cropped at the beginning", top + bottom, left + right)
    if geometry.crops[0] != geometry.crops[1]:
        yield _recrop("padding-axes-swapped", "the padding of height and width is swapped", left, top)
    yield from _output_padding_faults(geometry)
    for i, j in SHIFTS:
        text = f"everything stands {_offset(-i, -j)} from its place"
        yield _recrop(f"shifted({-i},{-j})", text, top + i, left + j, common=abs(i) + abs(j) == 1)


def _offset(rows: int, columns: int) -> str:
    """For example "1 row down and 2 columns left"."""
    parts = [
        f"{abs(count)} {what}{'s' if abs(count) > 1 else ''} {sides[count > 0]}"
        for count, what, sides in ((rows, "row", ("up", "down")), (columns, "column", ("left", "right")))
        if count
    ]
    return " and ".join(parts)


def _output_padding_faults(geometry: Geometry) -> Iterator[Fault]:
    padding = tuple(max(axis.begin - axis.end, 0) for axis in geometry.axes)
    if not any(padding) or any(axis.begin < 0 for axis in geometry.axes):
        return
    q_h, q_w = padding
    text = "output_padding uncovers values at the beginning instead of the end"
    yield _recrop("output-padding-at-the-start", text, geometry.height.begin - q_h, geometry.width.begin - q_w)
    rows, columns = geometry.height.out - q_h, geometry.width.out - q_w

    def zeros(y: Float64Array) -> Float64Array:
        y = y.copy()
        y[:, :, rows:], y[..., columns:] = 0, 0
        return y

    yield Fault("output-padding-as-zeros", "output_padding appends zeros instead of uncovering values", finish=zeros)


def _recrop(name: str, text: str, top: int, left: int, *, common: bool = False) -> Fault:
    """Other crops at the beginning; those at the end follow from the size, which stays."""

    def edit(r: Reference) -> Reference:
        return replace(r, geometry=_refit(r.geometry, top, left, r.geometry))

    return Fault(name, text, edit=edit, common=common)


def _refit(changed: Geometry, top: int, left: int, original: Geometry) -> Geometry:
    """``changed`` with the given crops at the beginning, and of the size that ``original`` has."""
    height, width = (
        replace(axis, begin=begin, end=axis.full - begin - right.out)
        for axis, begin, right in zip(changed.axes, (top, left), original.axes, strict=True)
    )
    return replace(changed, height=height, width=width)


def _parameter_faults(geometry: Geometry) -> Iterator[Fault]:
    height, width = geometry.axes
    if height.s != width.s:
        yield _resized("strides-swapped", "the strides of height and width are swapped", s=(width.s, height.s))
    if height.d != width.d:
        yield _resized("dilations-swapped", "the dilations of height and width are swapped", d=(width.d, height.d))
    if max(height.s, width.s) > 1:
        yield _resized("strides-ignored", "the strides are ignored", s=(1, 1))
    if max(height.d, width.d) > 1:
        yield _resized("dilations-ignored", "the dilations are ignored", d=(1, 1), common=True)
        spread = (height.s * height.d, width.s * width.d)
        yield _resized("input-dilated", "the dilation is applied to the input, not the kernel", s=spread, d=(1, 1))


def _resized(
    name: str, text: str, s: tuple[int, int] | None = None, d: tuple[int, int] | None = None, *, common: bool = False
) -> Fault:
    def edit(r: Reference) -> Reference:
        axes: list[Axis] = []
        for index, axis in enumerate(r.geometry.axes):
            axes.append(replace(axis, s=s[index] if s else axis.s, d=d[index] if d else axis.d))
        changed = replace(r.geometry, height=axes[0], width=axes[1])
        return replace(r, geometry=_refit(changed, r.geometry.height.begin, r.geometry.width.begin, r.geometry))

    return Fault(name, text, edit=edit, common=common)


def _channel_faults(reference: Reference) -> Iterator[Fault]:
    geometry, w = reference.geometry, reference.w
    if geometry.groups == 1:
        return
    groups, per_group = geometry.groups, geometry.out_channels // geometry.groups
    first = np.tile(w[: w.shape[0] // groups], (groups, 1, 1, 1))
    yield _kernel("kernel-of-group-0", "every group uses the kernel of group 0", first)

    def dense(r: Reference) -> Reference:
        whole = np.tile(r.w, (1, groups, 1, 1))
        return replace(r, geometry=replace(r.geometry, groups=1), w=whole)

    yield Fault("groups-ignored", "the groups are ignored: every output sums all input channels", edit=dense)
    if per_group > 1:
        order = np.arange(geometry.out_channels).reshape(groups, per_group).T.ravel()
        yield Fault("groups-interleaved", "the channels of the groups are interleaved", finish=lambda y: y[:, order])


def _data_faults(reference: Reference) -> Iterator[Fault]:
    batch, channels, height, width = reference.x.shape
    if channels > 1 and height * width > 1:
        reread = reference.x.reshape(batch, height, width, channels).transpose(0, 3, 1, 2)
        text = "the data are read in the other layout without being transposed"
        yield Fault("data-in-the-other-layout", text, edit=lambda r: replace(r, x=np.ascontiguousarray(reread)))
    if height == width > 1:
        turned = np.ascontiguousarray(reference.x.swapaxes(2, 3))
        yield Fault(
            "data-axes-swapped", "height and width of the data are swapped", edit=lambda r: replace(r, x=turned)
        )


def _output_faults(reference: Reference) -> Iterator[Fault]:
    batch, channels, height, width = reference.geometry.output_shape
    if channels > 1 and height * width > 1:
        text = "the output is laid out channels last in memory that is read as channels first"
        yield Fault("output-in-the-other-layout", text, finish=lambda y: y.transpose(0, 2, 3, 1).reshape(y.shape))
    if batch > 1:
        text = "only the first element of the batch is computed"
        first = (np.arange(batch) == 0)[:, None, None, None]
        yield Fault("batch-of-one", text, finish=lambda y: np.where(first, y, 0.0))
        yield Fault("batch-repeated", f"{text}, the others repeat it", finish=lambda y: np.repeat(y[:1], batch, axis=0))
    for axis, length, what in ((2, height, "row"), (3, width, "column")):
        if length > 1:
            last = np.arange(length) == length - 1
            mask = last[:, None] if axis == 2 else last
            yield Fault(f"last-{what}-zero", f"the last {what} is zero", finish=_zero(mask))
    for i, j in SHIFTS:
        text = f"everything is rolled {_offset(i, j)}"
        yield Fault(f"rolled({i},{j})", text, finish=_roll(i, j))


def _zero(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Finish:
    return lambda y: np.where(mask, 0.0, y)


def _roll(i: int, j: int) -> Finish:
    return lambda y: np.roll(y, (i, j), axis=(2, 3))
