"""Strides and dilations that are swapped between the axes, ignored, or one taken for the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.core.case import Pair
from harness.operations.conv_transpose.faults.crops import same_crops
from harness.operations.conv_transpose.faults.fault import Fault, refit
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference

Change = Callable[[Axis, Axis], Axis]
"""From an axis and the other one to the axis of a wrong implementation."""
WITH_CROP = ", and the crops follow from that"


def size_changes(geometry: Geometry) -> Iterator[tuple[str, str, Change]]:
    """Name, words and change of the axes, for each fault of strides and dilations that these allow."""
    height, width = geometry.axes
    if height.s != width.s:
        yield "strides-swapped", "the strides of height and width are swapped", lambda a, b: replace(a, s=b.s)
    if height.d != width.d:
        yield "dilations-swapped", "the dilations of height and width are swapped", lambda a, b: replace(a, d=b.d)
    if max(height.s, width.s) > 1:
        yield "strides-ignored", "the strides are ignored", lambda a, _: replace(a, s=1)
    if max(height.d, width.d) > 1:
        yield "dilations-ignored", "the dilations are ignored", lambda a, _: replace(a, d=1)
        text = "the dilation is applied to the input, not the kernel"
        yield "input-dilated", text, lambda a, _: replace(a, s=a.s * a.d, d=1)
    if min(height.s, width.s) > 1 and height.s != width.s:
        yield "stride-of-height-twice", "both axes have the stride of the height", lambda a, _: replace(a, s=height.s)
        yield "stride-of-width-twice", "both axes have the stride of the width", lambda a, _: replace(a, s=width.s)


def changed_geometry(geometry: Geometry, change: Change) -> Geometry:
    """The geometry with both axes changed and the crops as they were."""
    height, width = geometry.axes
    return geometry.with_axes(change(height, width), change(width, height))


def size_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of strides and dilations, of the right size.

    Each with the crops at the beginning as they are; where these are those of SAME, also with those that SAME gives
    for the wrong axes.
    """
    common = {"strides-swapped", "dilations-swapped", "dilations-ignored"}
    for name, text, change in size_changes(geometry):
        changed = changed_geometry(geometry, change)
        kept = (geometry.height.begin, geometry.width.begin)
        yield Fault(name, text, edit=_edit(change, _kept), common=name in common)
        same = same_crops(refit(changed, *kept, geometry))
        if kept == same_crops(geometry) != same:
            yield Fault(f"{name}(same)", text + WITH_CROP, edit=_edit(change, same_crops))


def _kept(geometry: Geometry) -> Pair:
    return geometry.height.begin, geometry.width.begin


def _edit(
    change: Change, begins: Callable[[Geometry], Pair]
) -> Callable[[ConvTransposeReference], ConvTransposeReference]:
    def edit(r: ConvTransposeReference) -> ConvTransposeReference:
        fitted = refit(changed_geometry(r.geometry, change), *_kept(r.geometry), r.geometry)
        return replace(r, geometry=refit(fitted, *begins(fitted), r.geometry))

    return edit
