"""The canonical operation: sizes and crops, from which everything else follows.

Per axis with input size ``n``, kernel ``k``, stride ``s`` and dilation ``d``::

    E = (k - 1) * d + 1            extent of the dilated kernel
    F = (n - 1) * s + E            length of the full scatter
    y[j] = full[j + begin]         for j in [0, F - begin - end); a negative crop extends with zeros
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from harness.core.case import Pads, Sizes
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case

NO_PADS: Pads = ((0, 0), (0, 0))
"""Of two axes."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis: sizes in elements, crops in elements of the full output."""

    n: int
    k: int
    s: int
    d: int
    begin: int = 0
    end: int = 0

    @property
    def extent(self) -> int:
        """E: elements that the dilated kernel spans."""
        return (self.k - 1) * self.d + 1

    @property
    def full(self) -> int:
        """F: length of the output before cropping."""
        return (self.n - 1) * self.s + (self.k - 1) * self.d + 1

    @property
    def out(self) -> int:
        """o: length of the output."""
        return self.full - self.begin - self.end

    @property
    def sizes(self) -> tuple[int, ...]:
        """All that there is to know of it."""
        return self.n, self.k, self.s, self.d, self.begin, self.end

    def cropped(self, begin: int, end: int) -> Axis:
        """The same axis with other crops."""
        return Axis(self.n, self.k, self.s, self.d, begin, end)

    def refitted(self, begin: int, out: int) -> Axis:
        """The axis cropped from ``begin`` on to a length of ``out``."""
        return self.cropped(begin, self.full - begin - out)


@dataclass(frozen=True, slots=True)
class Geometry:
    """The canonical operation: any number of spatial axes, and the channel structure."""

    axes: tuple[Axis, ...]
    batch: int
    in_channels: int
    out_channels: int
    groups: int

    @property
    def height(self) -> Axis:
        """The first of two axes."""
        return self.axes[0]

    @property
    def width(self) -> Axis:
        """The second of two axes."""
        return self.axes[1]

    @property
    def crops(self) -> Pads:
        return tuple((axis.begin, axis.end) for axis in self.axes)

    @property
    def output_size(self) -> Sizes:
        return tuple(axis.out for axis in self.axes)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(N, C_out, then the output's size: of two axes H_out, W_out)."""
        return (self.batch, self.out_channels, *self.output_size)

    @property
    def output_elements(self) -> int:
        """Elements of the output."""
        return math.prod(self.output_shape)

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """(C_in, C_out / G, then the kernel's size: of two axes kH, kW)."""
        return (self.in_channels, self.out_channels // self.groups, *(axis.k for axis in self.axes))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(N, C_in, then the input's size: of two axes H, W)."""
        return (self.batch, self.in_channels, *(axis.n for axis in self.axes))

    @property
    def uncropped(self) -> Geometry:
        """The same operation without crops."""
        return self.with_crops(((0, 0),) * len(self.axes))

    def with_axes(self, *axes: Axis) -> Geometry:
        """The same channel structure with other axes."""
        # written out: dataclasses.replace takes ten times as long, and every plan of every case comes here
        return Geometry(axes, self.batch, self.in_channels, self.out_channels, self.groups)

    def with_swapped(self, size: str) -> Geometry:
        """The same operation with height and width exchanged in the ``size`` that has this name in Axis."""
        height, width = self.axes
        swapped = (replace(height, **{size: getattr(width, size)}), replace(width, **{size: getattr(height, size)}))
        return self.with_axes(*swapped)

    def with_crops(self, crops: Pads) -> Geometry:
        """The same operation with other crops."""
        pairs = zip(self.axes, crops, strict=True)
        return self.with_axes(*(axis.cropped(begin, end) for axis, (begin, end) in pairs))


def named_axes(geometry: Geometry) -> list[tuple[str, Axis]]:
    """The axes by name: the last one is the width, before it is the height, before that the depth."""
    names = ("depth", "height", "width")[-len(geometry.axes) :]
    return list(zip(names, geometry.axes, strict=True))


def full_geometry(case: Case) -> Geometry:
    """The geometry of ``case`` before any crop; raises IllegalCaseError for sizes no dialect allows."""
    smallest = 0 if case.expect.readings or case.expect.shape is not None else 1
    known = ", or state the shape of the output under expect where it is known" if case.has_empty_axis else ""
    for key, least in (("batch", smallest), ("in_channels", smallest), ("out_channels", smallest), ("groups", 1)):
        if (value := getattr(case, key)) < least:
            raise IllegalCaseError(key, f"{key} is {value}", f"use a number >= {least}{known}")
    for key, least in (("input_size", smallest), ("kernel_size", 1), ("strides", 1), ("dilations", 1)):
        if min(sizes := getattr(case, key)) < least:
            message = f"{key} {list(sizes)} has an entry below {least}"
            raise IllegalCaseError(key, message, f"use numbers >= {least}{known}")
    for key in ("in_channels", "out_channels"):
        if (value := getattr(case, key)) % case.groups:
            message = f"groups={case.groups} does not divide {key}={value}"
            hint = "use a number of groups that divides in_channels and out_channels"
            raise IllegalCaseError("groups", message, hint)
    axes = zip(case.input_size, case.kernel_size, case.strides, case.dilations, strict=True)
    return Geometry(tuple(Axis(*axis) for axis in axes), case.batch, case.in_channels, case.out_channels, case.groups)


def remaining_crops(have: Geometry, want: Geometry) -> Pads:
    """What is still to be cut off ``have`` (negative: added as zeros) to make ``want``."""
    axes = zip(have.axes, want.axes, strict=True)
    return tuple((wanted.begin - had.begin, wanted.end - had.end) for had, wanted in axes)
