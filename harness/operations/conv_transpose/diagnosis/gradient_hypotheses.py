"""Single faults that gradients of transposed convolution have, each as another gradient and a move of its elements.

Most are faults of the operation itself (harness.operations.conv_transpose.faults): then the gradient is that of the
wrong operation. The others are faults of differentiating: of the cotangent, of the sums over batch and groups, or of
how the result is laid out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

import numpy as np
import numpy.typing as npt

from harness.core.case import OutputName
from harness.core.hypotheses import SPARE_ROUNDINGS, Hypothesis
from harness.core.reference import ReferenceValues
from harness.operations.conv_transpose.case import AXES
from harness.operations.conv_transpose.faults import Fault, faults_for
from harness.operations.conv_transpose.faults.roundings import (
    HOW,
    NARROW,
    bits_of,
    narrowings,
    significant_bits,
    words_of,
)
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import Float64Array, count_terms

Move = Callable[[Float64Array], Float64Array]
_COVERED: Mapping[OutputName, set[tuple[int, ...]]] = {
    "input_grad": {(0, 2, 3, 1), (0, 3, 1, 2)},
    "kernel_grad": {(0, 1, 3, 2), (1, 0, 2, 3)},
}
"""Orders of the axes that faults of the operation give as well."""


@dataclass(frozen=True, slots=True)
class GradientHypothesis(Hypothesis):
    """That a gradient is that of another operation or cotangent, its elements moved, then scaled."""

    gradient: Gradient
    move: Move | None = None
    factor: float = 1.0
    copies: int = 1
    """How many elements ``move`` may sum into one."""

    def moved(self, values: Float64Array) -> Float64Array:
        """``values``, of the shape of ``gradient``'s output, where this fault puts them."""
        return values if self.move is None else self.move(values)

    def reference(self) -> ReferenceValues:
        gradient, factor = self.gradient, abs(self.factor)
        met = np.broadcast_to(gradient.terms, gradient.output.shape).astype(np.float64)

        def squares() -> Float64Array:
            norm = np.sqrt(self.moved(np.square(gradient.norm))) * factor
            return np.asarray(np.square(norm * math.sqrt(self.copies)))

        return ReferenceValues(
            self.moved(gradient.output) * self.factor,
            AXES[gradient.name],
            self.moved(gradient.magnitude) * factor,
            self.moved(met).astype(np.int64) + SPARE_ROUNDINGS,
            squares=squares,
        )


def hypotheses(gradient: Gradient, bits: Sequence[int] = ()) -> Iterator[GradientHypothesis]:
    """The faults that the sizes allow, simplest first; roundings to types, and to each number of ``bits``."""
    yield from _scaled(gradient)
    yield from _cotangents(gradient)
    if gradient.name != "bias_grad":
        yield from _operations(gradient)
        yield from _layouts(gradient)
    yield from _roundings(gradient, {*NARROW.values(), *bits})


def _scaled(gradient: Gradient) -> Iterator[GradientHypothesis]:
    batch, _, height, width = gradient.g.shape
    yield GradientHypothesis("gradient-zero", "as if every value is zero", gradient, factor=0.0)
    factors = {
        -1.0: ("gradient-negated", "the sign is wrong"),
        2.0: ("gradient-doubled", "it is counted twice"),
        0.5: ("gradient-halved", "it is halved"),
        float(batch): ("gradient-times-batch", "it is multiplied by the size of the batch"),
        1 / max(batch, 1): ("mean-over-batch", "it is averaged over the batch instead of summed"),
        1 / max(height * width, 1): ("mean-over-positions", "it is averaged over the positions instead of summed"),
        1 / max(batch * height * width, 1): (
            "mean-over-batch-and-positions",
            "it is averaged over batch and positions instead of summed",
        ),
        1 / max(gradient.g.size, 1): ("gradient-of-the-mean", "it is that of the mean of all outputs, not the sum"),
    }
    for factor, (name, text) in factors.items():
        if factor not in {0.0, 1.0}:
            yield GradientHypothesis(name, f"as if {text}", gradient, factor=factor)


def _cotangents(gradient: Gradient) -> Iterator[GradientHypothesis]:
    """Faults of the cotangent: another one, read in another order, or only part of it."""
    g, geometry = gradient.g, gradient.reference.geometry

    def of(name: str, text: str, other: Float64Array) -> GradientHypothesis:
        return GradientHypothesis(name, f"as if {text}", replace(gradient, g=other))

    yield of("cotangent-ignored", "the cotangent is ignored: the gradient is that of the plain sum", np.ones_like(g))
    yield of("cotangent-is-output", "the output stands in the cotangent's place", gradient.reference.output)
    if g.shape[2] == g.shape[3] > 1:
        yield of("cotangent-axes-swapped", "height and width of the cotangent are swapped", g.swapaxes(2, 3))
    if g.shape[1] > 1 and g.shape[2] * g.shape[3] > 1:
        batch, channels, height, width = g.shape
        text = "the cotangent is read in the other layout without being transposed"
        last = np.ascontiguousarray(g).reshape(batch, height, width, channels).transpose(0, 3, 1, 2)
        first = np.ascontiguousarray(g.transpose(0, 2, 3, 1)).reshape(g.shape)
        yield of("cotangent-in-the-other-layout", f"{text}, channels last for channels first", last)
        yield of("cotangent-in-the-other-layout(NHWC)", f"{text}, channels first for channels last", first)
    if g.shape[0] > 1:
        for which, name in ((0, "first"), (-1, "last")):
            text = f"only the {name} element of the batch is counted"
            yield of(f"{name}-of-batch", text, _only(g, 0, range(g.shape[0])[which], 1))
    if (groups := geometry.groups) > 1:
        each = g.shape[1] // groups
        for which, name in ((0, "first"), (groups - 1, "last")):
            yield of(f"{name}-group-only", f"only the {name} group is counted", _only(g, 1, which * each, each))
    if gradient.name == "bias_grad":
        yield from _beyond(gradient)


def _only(g: Float64Array, axis: int, first: int, count: int) -> Float64Array:
    """``g`` with zeros everywhere else along ``axis``."""
    kept = np.zeros_like(g)
    part = (slice(None),) * axis + (slice(first, first + count),)
    kept[part] = g[part]
    return kept


def _beyond(gradient: Gradient) -> Iterator[GradientHypothesis]:
    """What no tap reaches has the bias alone."""
    g, geometry = gradient.g, gradient.reference.geometry
    inside = np.zeros(geometry.output_size)
    rows, columns = (slice(max(-axis.begin, 0), axis.out - max(-axis.end, 0)) for axis in geometry.axes)
    inside[rows, columns] = 1
    if not np.all(inside):
        text = "as if the zeros beyond the full output are left out"
        yield GradientHypothesis("extension-excluded", text, replace(gradient, g=g * inside))
    reached = np.asarray(count_terms(geometry) > 0, dtype=np.float64)
    if not np.array_equal(reached, inside):
        text = "as if only what a tap reaches is counted"
        yield GradientHypothesis("unreached-excluded", text, replace(gradient, g=g * reached))


def _operations(gradient: Gradient) -> Iterator[GradientHypothesis]:
    """The gradients of wrong operations, with respect to the input or kernel as they are before the fault."""
    reference = gradient.reference
    what = "x" if gradient.name == "input_grad" else "w"
    for fault in faults_for(reference):
        if what == "x" and fault.name.startswith(("data-flipped", "data-rotated")):
            # the gradient of mirrored data is the mirrored gradient, which is among the layouts
            continue
        hypothesis = _operation(gradient, fault, what)
        if hypothesis is not None:
            yield hypothesis
    if gradient.name == "kernel_grad":
        name, text, ones = "input-as-ones", "as if every input is 1", replace(reference, x=np.ones_like(reference.x))
    else:
        name, text = "kernel-as-ones", "as if the kernel is 1 everywhere"
        ones = replace(reference, w=np.ones_like(reference.w))
    yield GradientHypothesis(name, text, replace(gradient, reference=ones))


def _operation(gradient: Gradient, fault: Fault, what: str) -> GradientHypothesis | None:
    reference = gradient.reference
    if fault.edit is None or fault.name.startswith("bias") or (fault.numeric and fault.name != "kernel-absolute"):
        return None
    tensor: Float64Array = getattr(reference, what)
    numbered = np.arange(1, tensor.size + 1, dtype=np.float64).reshape(tensor.shape)
    edited = fault.edit(reference)
    marked = replace(reference, x=numbered) if what == "x" else replace(reference, w=numbered)
    moved: Float64Array = getattr(fault.edit(marked), what)
    same = np.array_equal(moved, numbered)
    if same and edited.x is reference.x and edited.w is reference.w and edited.geometry == reference.geometry:
        return None
    text = f"as the gradient of an operation where {fault.text}"
    wrong = replace(gradient, reference=edited)
    if same:
        return GradientHypothesis(fault.name, text, wrong)
    places = moved.astype(np.intp).ravel()
    copies = int(np.max(np.bincount(places)[1:], initial=1))
    return GradientHypothesis(fault.name, text, wrong, _pulled_back(places, tensor.shape), copies=copies)


def _pulled_back(places: npt.NDArray[np.intp], shape: tuple[int, ...]) -> Move:
    """To each element of the tensor what its copies have; ``places`` number the originals from 1, 0 being none."""

    def move(values: Float64Array) -> Float64Array:
        return np.bincount(places, values.ravel(), math.prod(shape) + 1)[1:].astype(np.float64).reshape(shape)

    return move


def _layouts(gradient: Gradient) -> Iterator[GradientHypothesis]:
    """The right values, turned or in another order of the axes."""
    shape, letters = gradient.output.shape, AXES[gradient.name]
    if gradient.name == "input_grad":
        for axes, what in (((2,), "height"), ((3,), "width"), ((2, 3), "height and width")):
            if all(shape[axis] > 1 for axis in axes):
                name = f"gradient-flipped({what})"
                yield GradientHypothesis(name, f"as if it is flipped in {what}", gradient, partial(np.flip, axis=axes))
        if shape[0] > 1:
            text = "as if only the first element of the batch is computed, the others repeat it"
            yield GradientHypothesis("batch-repeated", text, gradient, lambda t: np.broadcast_to(t[:1], shape))
    for axis, what in ((2, "row"), (3, "column")):
        for by in (1, -1):
            if shape[axis] > 1 and (by > 0 or shape[axis] > 2):
                side = {(2, 1): "down", (2, -1): "up", (3, 1): "right", (3, -1): "left"}[axis, by]
                text = f"as if it is rolled 1 {what} {side}"
                move = partial(np.roll, shift=by, axis=axis)
                yield GradientHypothesis(f"gradient-rolled({what} {side})", text, gradient, move)
    for order in permutations(range(4)):
        if order == (0, 1, 2, 3) or order in _COVERED[gradient.name]:
            continue
        if [axis for axis in order if shape[axis] > 1] == [axis for axis in range(4) if shape[axis] > 1]:
            continue
        held = "".join(letters[axis] for axis in order)
        text = f"as if its memory is laid out as {held} and read as {letters}"
        yield GradientHypothesis(f"gradient-laid-out({held})", text, gradient, _reread(order, shape))


def _reread(order: Sequence[int], shape: tuple[int, ...]) -> Move:
    return lambda values: values.transpose(order).reshape(shape)


def _roundings(gradient: Gradient, counts: Container[int]) -> Iterator[GradientHypothesis]:
    """Both operands, or one of them, in a narrower type or number of bits; the sums as wide as they should be."""
    r, g, name = gradient.reference, gradient.g, gradient.name
    # the bias's gradient is a sum of cotangents alone
    other = {"input_grad": "kernel", "kernel_grad": "input"}.get(name)
    own = {"kernel": r.w, "input": r.x}.get(other or "", g)
    for how, what, change in narrowings(significant_bits(own, g)):
        if bits_of(what) not in counts:
            continue
        narrow = {"kernel": replace(r, w=change(r.w)), "input": replace(r, x=change(r.x))}.get(other or "", r)
        tried = [("operands", f"{other} and cotangent are", narrow, change(g))]
        if other is None:
            tried = [("operands", "the cotangent is", r, change(g))]
        else:
            tried += [(other, f"the {other} is", narrow, g), ("cotangent", "the cotangent is", r, change(g))]
        for which, words, reference, cotangent in tried:
            text = f"as if {words} {HOW[how]} {words_of(what)}"
            yield GradientHypothesis(f"{which}-{how}({what})", text, Gradient(name, reference, cotangent))
