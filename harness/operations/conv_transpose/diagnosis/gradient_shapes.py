"""Why a gradient has a wrong shape: which order of axes, missing sum or other tensor has that shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import permutations

import numpy as np

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.core.findings import Finding
from harness.operations.conv_transpose.case import AXES
from harness.operations.conv_transpose.diagnosis.gradients import WORDS, Wrong
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import Float64Array

Back = Callable[[Float64Array], Float64Array]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A reason for a shape and, where it also says the values, how these are read in the right shape."""

    name: str
    text: str
    shape: tuple[int, ...]
    back: Back | None = None


def gradient_shape_findings(
    gradient: Gradient,
    got: Float64Array,
    dtype_name: DTypeName,
    exact: bool,  # noqa: FBT001 - as in gradient_findings
) -> tuple[list[Finding], str | None]:
    """What has the shape of ``got``, and the sentence that says so if the values are left open.

    Reasons that also give the values come alone. Where nothing has the shape, the sentence says what differs.
    """
    fitting = [one for one in likenesses(gradient) if one.shape == got.shape != gradient.shape]

    def gives(one: Likeness) -> bool:
        return one.back is not None and not np.any(
            Wrong(gradient, one.back(got), DTYPES[dtype_name], exact).where,
        )

    if confirmed := [Finding(one.name, f"as if {one.text}") for one in fitting if gives(one)]:
        return confirmed, None
    findings = [Finding(one.name, one.text) for one in fitting]
    if findings:
        return findings, f"the shape, if not the values, is as if {'; or '.join(one.text for one in findings)}"
    return [], _difference(gradient, got.shape)


def _difference(gradient: Gradient, shape: tuple[int, ...]) -> str:
    expected = gradient.shape
    if len(shape) != len(expected):
        return f"it has {len(shape)} {'axis' if len(shape) == 1 else 'axes'} instead of {len(expected)}"
    axes = zip(AXES[gradient.name], shape, expected, strict=True)
    return "; ".join(f"{had} for {right} along {WORDS[letter]}s" for letter, had, right in axes if had != right)


def likenesses(gradient: Gradient) -> Iterator[Likeness]:
    """The reasons, those first that say the values."""
    yield from _arrangements(gradient)
    yield from _sums(gradient)
    geometry = gradient.reference.geometry
    for what, shape in (
        ("input", geometry.input_shape),
        ("kernel", geometry.kernel_shape),
        ("output", geometry.output_shape),
        ("bias", (geometry.out_channels,)),
    ):
        yield Likeness(f"shape-of-{what}", f"it had the shape of the {what}", shape)


def _arrangements(gradient: Gradient) -> Iterator[Likeness]:
    """The right values in other axes."""
    expected, letters = gradient.shape, AXES[gradient.name]
    for order in permutations(range(len(expected))):
        held = "".join(letters[axis] for axis in order)
        shape, back = tuple(expected[axis] for axis in order), partial(np.transpose, axes=np.argsort(order))
        if [expected[axis] for axis in order if expected[axis] > 1] != [size for size in expected if size > 1]:
            yield Likeness(f"axes-in-order({held})", f"its axes are in the order {held}", shape, back)

    def reshaped(t: Float64Array) -> Float64Array:
        return t.reshape(expected)

    squeezed = tuple(size for size in expected if size > 1)
    yield Likeness("axes-squeezed", "axes of size 1 are squeezed away", squeezed, reshaped)
    if expected[:1] == (1,) and squeezed != expected[1:]:
        yield Likeness("batch-missing", "the axis of the batch is missing", expected[1:], reshaped)
    if gradient.name == "bias_grad":
        for shape in ((1, *expected, 1, 1), (*expected, 1, 1), (1, *expected), (1, 1, 1, *expected)):
            yield Likeness("axes-kept", "the axes that are summed over are kept", shape, reshaped)
    elif len(squeezed) > 1:
        yield Likeness("gradient-flattened", "it is flattened", (int(np.prod(expected)),), reshaped)


def _sums(gradient: Gradient) -> Iterator[Likeness]:
    """Sums that are missing or one too many."""
    geometry, expected = gradient.reference.geometry, gradient.shape
    batch, c_out, *_ = geometry.output_shape
    if gradient.name == "input_grad":
        if batch > 1:
            yield Likeness("batch-missing", "the axis of the batch is missing", expected[1:])
            text = "there is one element of the batch"
            yield Likeness("batch-of-one", text, (1, *expected[1:]))
        if geometry.groups > 1:
            shape = (batch, expected[1] // geometry.groups, *expected[2:])
            yield Likeness("groups-ignored", "it has the channels of one group", shape)
        sizes = (max((axis.out - axis.extent) // axis.s + 1, 0) for axis in geometry.axes)
        text = "the cotangent is convolved without padding"
        yield Likeness("padding-ignored", text, (*expected[:2], *sizes))
        return
    yield Likeness("batch-not-summed", "it is not summed over the batch", (batch, *expected))
    if gradient.name == "bias_grad":
        yield Likeness("not-summed", "it is not summed: the cotangent itself", gradient.g.shape)
        yield Likeness("channels-summed", "it is summed over the channels too", ())
    elif geometry.groups > 1:
        rows, columns = geometry.in_channels // geometry.groups, c_out // geometry.groups
        text = "the groups are ignored, and the kernel is that of one group for all channels"
        yield Likeness("groups-ignored", text, (geometry.in_channels, c_out, *expected[2:]))
        yield Likeness("kernel-of-one-group", "the kernel has one group", (rows, columns, *expected[2:]))
        text = "the kernel is laid out for an ordinary convolution"
        yield Likeness("ordinary-convolution", text, (c_out, rows, *expected[2:]))
