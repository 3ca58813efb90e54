"""Why an outcome has a wrong shape: which formula gives it, on both axes together or on each apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from harness.core.case import Dialect, Pads, Sizes
from harness.core.errors import IllegalCaseError
from harness.core.findings import Finding
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.diagnosis.hypothesis_test import HypothesisTest
from harness.operations.conv_transpose.dialects import lower, lower_words
from harness.operations.conv_transpose.faults.sizes import changed_geometry, size_changes
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array

MOST_CUT = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A wrong rule: the shape it gives and, where it also says the values, how the outcome is read to check them."""

    name: str
    text: str
    shape: tuple[int, ...]
    right: ConvTransposeReference | None = None
    back: Callable[[Float64Array], Float64Array] | None = None
    """From an outcome of this shape to (N, C_out, H_out, W_out) of ``right``."""
    only_with_values: bool = False
    """The shape alone says nothing."""

    def gives(self, case: Case, got: Float64Array) -> bool:
        """Whether the values are those of this rule; False where it does not say them."""
        if self.right is None or self.shape != got.shape:
            return False
        seen = got if self.back is None else self.back(got)
        return not np.any(HypothesisTest(case, self.right, seen).wrong)


def shape_findings(
    case: Case, reference: ConvTransposeReference, got: Float64Array
) -> tuple[list[Finding], str | None]:
    """The rules that give the shape of ``got``, and the sentence that says so if they say nothing of the values.

    Rules that also give the values come alone. Where no rule gives the whole shape, each axis is explained apart.
    """
    listed = list(candidates(case, reference))
    confirmed = [one for one in listed if one.gives(case, got)]
    if confirmed:
        findings = [Finding(one.name, f"as if {one.text}") for one in _once(confirmed)]
        return findings, None
    listed = [one for one in listed if not one.only_with_values]
    if fitting := [one for one in listed if one.shape == got.shape]:
        findings = [Finding(one.name, one.text) for one in _once(fitting)]
        return findings, f"the shape, if not the values, is as if {'; or '.join(one.text for one in findings)}"
    return _axis_by_axis(listed, reference.geometry.output_shape, got.shape)


def _once(fitting: Sequence[Candidate]) -> list[Candidate]:
    return list({one.name: one for one in reversed(fitting)}.values())[::-1]


def _axis_by_axis(
    listed: Sequence[Candidate], expected: tuple[int, ...], got: tuple[int, ...]
) -> tuple[list[Finding], str]:
    if len(got) != len(expected):
        return [], f"the output has {len(got)} axes instead of 4"
    findings, parts = list[Finding](), list[str]()
    for index, what in enumerate(("batch", "channels", "height", "width")):
        if got[index] == expected[index]:
            continue
        named = _once([one for one in listed if len(one.shape) == len(expected) and one.shape[index] == got[index]])
        fitting = [Finding(one.name, one.text) for one in named]
        findings += fitting
        reason = f", as if {' or '.join(one.text for one in fitting)}" if fitting else ""
        parts.append(f"{what} {got[index]} for {expected[index]}{reason}")
    return findings, "; ".join(parts)


def candidates(case: Case, reference: ConvTransposeReference) -> Iterator[Candidate]:
    """Wrong rules for the shape, simplest first; none that gives the right one."""
    expected = reference.geometry.output_shape
    return (one for one in rules(case, reference) if one.shape != expected)


def rules(case: Case, reference: ConvTransposeReference) -> Iterator[Candidate]:
    """Wrong rules for the shape, also where they give the right one."""
    for one in (
        *_arrangements(reference),
        *_sizes(case, reference),
        *_convolutions(reference.geometry),
        *_cuts(reference),
    ):
        if min(one.shape, default=-1) >= 0:
            yield one


def _arrangements(reference: ConvTransposeReference) -> Iterator[Candidate]:
    """The right values in other axes, or part of the channels or the batch."""
    n, c, h, w = expected = reference.geometry.output_shape
    last = "the axes are in the order (N, H, W, C)"
    yield Candidate("axes-channels-last", last, (n, h, w, c), reference, lambda y: y.transpose(0, 3, 1, 2))
    turned = "height and width of the output are swapped"
    yield Candidate("output-axes-swapped", turned, (n, c, w, h), reference, lambda y: y.swapaxes(2, 3))
    for shape in ((c, h, w), (n, h, w), tuple(size for size in expected if size > 1)):
        if len(shape) < len(expected) and np.prod(shape) == np.prod(expected):
            text = "axes of size 1 are squeezed away"
            yield Candidate("axes-squeezed", text, tuple(map(int, shape)), reference, lambda y: y.reshape(expected))
    one = replace(reference, geometry=replace(reference.geometry, batch=1), x=reference.x[:1])
    yield Candidate("batch-of-one", "only the first element of the batch is computed", (1, c, h, w), one)
    groups = reference.geometry.groups
    text = "the groups are ignored, and the output has the channels of one"
    yield Candidate("groups-ignored", text, (n, c // groups, h, w), _one_group(reference))
    text = "input and output channels of the kernel are swapped"
    yield Candidate("kernel-channels-swapped", text, (n, reference.geometry.in_channels, h, w))


def _one_group(reference: ConvTransposeReference) -> ConvTransposeReference:
    """All input channels summed into the channels that one group has."""
    geometry = reference.geometry
    each = geometry.out_channels // geometry.groups
    b = None if reference.b is None else reference.b[:each]
    return replace(reference, geometry=replace(geometry, out_channels=each, groups=1), b=b)


def _sizes(case: Case, reference: ConvTransposeReference) -> Iterator[Candidate]:
    """Other geometries of the same tensors."""
    geometry = reference.geometry
    for name, text, change in size_changes(geometry):
        changed = changed_geometry(geometry, change)
        yield _candidate(name, text, reference, changed)
        axes = {"strides": tuple(a.s for a in changed.axes), "dilations": tuple(a.d for a in changed.axes)}
        yield from _reworded(name, text, case, reference, **axes)
    yield from _paddings(case, reference)
    text, swapped = "height and width of the kernel are swapped", geometry.with_swapped("k")
    yield _candidate("kernel-axes-swapped", text, replace(reference, w=reference.w.swapaxes(2, 3)), swapped)
    text, swapped = "height and width of the data are swapped", geometry.with_swapped("n")
    yield _candidate("data-axes-swapped", text, replace(reference, x=reference.x.swapaxes(2, 3)), swapped)
    yield from _other_rules(reference)


def _candidate(name: str, text: str, reference: ConvTransposeReference, geometry: Geometry) -> Candidate:
    if min(geometry.output_size) < 0:
        return Candidate(name, text, ())
    return Candidate(name, text, geometry.output_shape, replace(reference, geometry=geometry))


def _reworded(
    name: str, text: str, case: Case, reference: ConvTransposeReference, **changes: object
) -> Iterator[Candidate]:
    """What the case's own dialect makes of other parameters."""
    with suppress(IllegalCaseError):
        changed = replace(case, expect=case.expect.of_legal, **changes)  # type: ignore[arg-type]
        yield _candidate(name, text, reference, lower(changed))


def _paddings(case: Case, reference: ConvTransposeReference) -> Iterator[Candidate]:
    geometry = reference.geometry
    text = "the padding of height and width is swapped"
    yield _candidate("padding-axes-swapped", text, reference, geometry.with_crops(geometry.crops[::-1]))
    cropped = tuple(max(begin - end, 0) for begin, end in geometry.crops)
    stated = case.words.output_padding
    for name, text, other in _output_paddings(geometry, stated or cropped):
        if stated is not None:
            yield from _reworded(name, text, case, reference, words=replace(case.words, output_padding=other))
    for q in dict.fromkeys((stated or cropped, cropped)):
        for name, text, other in _output_paddings(geometry, q):
            crops = zip(geometry.crops, q, other, strict=True)
            changed = geometry.with_crops(tuple((begin, end + was - now) for (begin, end), was, now in crops))
            yield _candidate(name, text, reference, changed)


def _output_paddings(geometry: Geometry, q: Sizes) -> tuple[tuple[str, str, Sizes], ...]:
    """What may be made of the output_padding ``q``."""
    clamped = tuple(min(one, axis.s - 1) for one, axis in zip(q, geometry.axes, strict=True))
    return (
        ("output-padding-swapped", "the output_padding of height and width is swapped", q[::-1]),
        ("output-padding-ignored", "the output_padding is ignored", (0,) * len(q)),
        ("output-padding-clamped", "the output_padding is clamped to stride - 1", clamped),
    )


def _other_rules(reference: ConvTransposeReference) -> Iterator[Candidate]:
    """Other rules for the same input, kernel, strides and dilations."""
    geometry = reference.geometry
    begins: Pads = tuple((axis.begin, axis.begin) for axis in geometry.axes)
    unpadded, zeros = geometry.uncropped.crops, (0,) * len(geometry.axes)
    rules: tuple[tuple[str, str, Dialect, Words], ...] = (
        ("size-of-same", "the size is that of SAME", "tensorflow", Words("same")),
        ("size-of-same(keras)", "the size is that of SAME with output_padding 0", "keras", Words("same", zeros)),
        ("size-of-valid", "the size is that of VALID in TensorFlow and Keras", "tensorflow", Words("valid")),
        ("size-of-no-padding", "the size is that of no padding in PyTorch and ONNX", "pytorch", Words(unpadded)),
        ("size-of-padding-alone", "the padding is on both sides, without output_padding", "pytorch", Words(begins)),
    )
    for name, text, dialect, words in rules:
        with suppress(IllegalCaseError):
            yield _candidate(name, text, reference, lower_words(dialect, geometry, words))


def _convolutions(geometry: Geometry) -> Iterator[Candidate]:
    """An ordinary convolution makes the input smaller, not larger; its rules differ in what they round."""
    n, c, *_ = geometry.output_shape
    down = [max((a.n + a.begin + a.end - a.extent) // a.s + 1, 0) for a in geometry.axes]
    up = [max(-(-(a.n + a.begin + a.end - a.extent) // a.s) + 1, 0) for a in geometry.axes]
    same = [-(-a.n // a.s) for a in geometry.axes]
    valid = [max(-(-(a.n - a.extent + 1) // a.s), 0) for a in geometry.axes]
    text = "an ordinary convolution instead of a transposed one"
    for how, size in ((", the size rounded down", down), (", SAME", same), (", VALID", valid), (", rounded up", up)):
        yield Candidate("ordinary-convolution", text + how, (n, c, *size))


def _cuts(reference: ConvTransposeReference) -> Iterator[Candidate]:
    """The right output without its last rows or columns."""
    (top, bottom), (left, right) = reference.geometry.crops
    for rows, columns in product(range(MOST_CUT + 1), repeat=2):
        cut = reference.geometry.with_crops(((top, bottom + rows), (left, right + columns)))
        counts = [(count, what) for count, what in ((rows, "row"), (columns, "column")) if count]
        lost = " and ".join(f"the last {f'{count} {what}s' if count > 1 else what}" for count, what in counts)
        text = f"{lost} {'is' if rows + columns == 1 else 'are'} missing"
        yield replace(_candidate(f"cut-short({rows},{columns})", text, reference, cut), only_with_values=True)
