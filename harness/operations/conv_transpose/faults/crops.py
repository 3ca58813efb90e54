"""Crops at the wrong place, and output_padding that is no uncovering at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.core.case import Pair
from harness.operations.conv_transpose.faults.fault import Fault, refit
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference

SHIFTS = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if i or j]


def crop_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of the crops. The size stays, so the crop at the beginning says it all."""
    (top, bottom), (left, right) = geometry.crops
    if (top, left) != (bottom, right):
        yield _exchanged(geometry)
    how = "cropped" if min(top, bottom, left, right) >= 0 else "cropped or extended"
    if (top, left) != (0, 0):
        yield _recrop("crop-at-the-end", f"everything is {how} at the end", lambda _: (0, 0))
    if (bottom, right) != (0, 0):
        text = f"everything is {how} at the beginning"
        yield _recrop("crop-at-the-start", text, lambda g: (sum(g.crops[0]), sum(g.crops[1])))
    if geometry.crops[0] != geometry.crops[1]:
        text = "the padding of height and width is swapped"
        yield _recrop("padding-axes-swapped", text, lambda g: (g.width.begin, g.height.begin))
    if same_crops(geometry) != (top, left):
        yield _recrop("crops-of-same", "everything is cropped as SAME does", same_crops)
    yield from _output_padding_faults(geometry)
    yield from SHIFTED


def same_crops(geometry: Geometry) -> Pair:
    """Where TensorFlow's SAME begins, for the size that is requested."""
    top, left = (max(axis.full - axis.out, 0) // 2 for axis in geometry.axes)
    return top, left


def _exchanged(geometry: Geometry) -> Fault:
    """Beginning for end; a half that differs by one is what SAME_UPPER and SAME_LOWER differ in."""
    missing = [end - begin for begin, end in geometry.crops]
    name, text = "crops-exchanged", "the crops of beginning and end are exchanged"
    if set(missing) <= {0, 1}:
        name, text = "crop-lower-for-upper", f"{text}, as SAME_LOWER does for SAME_UPPER"
    elif set(missing) <= {0, -1}:
        name, text = "crop-upper-for-lower", f"{text}, as SAME_UPPER does for SAME_LOWER"
    return _recrop(name, text, lambda g: (g.height.end, g.width.end), common=True)


def _shifted(i: int, j: int) -> Fault:
    text = f"everything stands {offset_words(-i, -j)} from its place"
    common = abs(i) + abs(j) == 1
    return _recrop(f"shifted({-i},{-j})", text, lambda g: (g.height.begin + i, g.width.begin + j), common=common)


def offset_words(rows: int, columns: int) -> str:
    """For example "1 row down and 2 columns left"."""
    parts = [
        f"{abs(count)} {what}{'s' if abs(count) > 1 else ''} {sides[count > 0]}"
        for count, what, sides in ((rows, "row", ("up", "down")), (columns, "column", ("left", "right")))
        if count
    ]
    return " and ".join(parts)


def _output_padding_faults(geometry: Geometry) -> Iterator[Fault]:
    q_h, q_w = (max(axis.begin - axis.end, 0) for axis in geometry.axes)
    if not (q_h or q_w) or any(axis.begin < 0 for axis in geometry.axes):
        return
    text = "output_padding uncovers values at the beginning instead of the end"
    yield _recrop("output-padding-at-the-start", text, lambda g: (g.height.begin - q_h, g.width.begin - q_w))
    text = "output_padding appends zeros instead of uncovering values"
    yield _cut("output-padding-as-zeros", text, geometry, (q_h, q_w), common=True)
    over_h, over_w = (max(q - axis.s + 1, 0) for q, axis in zip((q_h, q_w), geometry.axes, strict=True))
    if over_h or over_w:
        text = "output_padding is clamped to stride - 1, and what lies beyond is zero"
        yield _cut("output-padding-clamped", text, geometry, (over_h, over_w))


def _cut(name: str, text: str, geometry: Geometry, last: Pair, *, common: bool = False) -> Fault:
    """The last rows and columns are zero."""
    rows, columns = geometry.height.out - last[0], geometry.width.out - last[1]
    return Fault(name, text, zero=lambda index: (index[2] >= rows) | (index[3] >= columns), common=common)


def _recrop(name: str, text: str, begins: Callable[[Geometry], Pair], *, common: bool = False) -> Fault:
    """Other crops at the beginning; those at the end follow from the size, which stays."""

    def edit(r: ConvTransposeReference) -> ConvTransposeReference:
        return replace(r, geometry=refit(r.geometry, *begins(r.geometry), r.geometry))

    return Fault(name, text, edit=edit, common=common)


SHIFTED = [_shifted(i, j) for i, j in SHIFTS]
"""Shared, since they are alike in all geometries."""
