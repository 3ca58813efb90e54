"""What a mutant is: a row that names one fault and says how it comes about, in functions of arrays and geometries.

Nothing here knows who runs a row, nor what the diagnosis makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

import ml_dtypes
import numpy as np

from harness.core.case import Dialect, Layout, Pads, Pair
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import GROUPED_DIALECTS, lower
from harness.operations.conv_transpose.geometry import NO_PADS, Axis, Geometry
from harness.operations.conv_transpose.oracle import conv_transpose

T = TypeVar("T")
Pair2 = tuple[str, str]
Axes = tuple[Axis, Axis]
AXES = ("height", "width")


class RefusalError(ValueError):
    """What a mutant raises on purpose; any other error is a fault of the mutant itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """A legal call: x (N, C_in, H, W), w (C_in, C_out/G, kH, kW) and b (C_out) or None, all in float64.

    The result is rounded to ``dtype``; ``layout`` is the one that the data were held in.
    """

    geometry: Geometry
    x: Any
    w: Any
    b: Any
    dtype: np.dtype[Any]
    layout: Layout = "NCHW"

    @property
    def roundoff(self) -> float:
        """That of the dtype; 0 for integers."""
        return 0.0 if self.dtype.kind in "iu" else float(ml_dtypes.finfo(self.dtype).eps) / 2

    @property
    def empty(self) -> bool:
        """Whether there is no number in it that could be wrong."""
        return not (self.geometry.batch and self.geometry.in_channels and self.geometry.out_channels)

    def right(self, **changes: Any) -> Array:
        """The right result in float64, of the call with ``changes`` to geometry, x, w or b."""
        call = replace(self, **changes)
        return conv_transpose(call.geometry, call.x, call.w, call.b)

    def within(self, geometry: Geometry) -> Array:
        """The right result for another ``geometry``, or for the requested one where the other leaves nothing."""
        return self.right(geometry=self.geometry if min(geometry.output_size) < 1 else geometry)


Answer = Callable[[Call], Array]
Finish = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class StatedAxis(Axis):
    """An axis, and how its case states it: ``pads`` is a name, (before, after), or None for a dialect's default name.

    ``q`` is the output_padding and ``o`` the output size, where they are stated.
    """

    pads: str | Pair | None = None
    q: int | None = None
    o: int | None = None

    @property
    def same(self) -> bool:
        """Whether the padding is SAME, which is the default of the dialects that have names."""
        return self.pads in {None, "same"}

    @property
    def valid(self) -> bool:
        """Whether the padding is VALID."""
        return self.pads == "valid"

    @property
    def explicit(self) -> bool:
        """Whether the padding is numbers."""
        return isinstance(self.pads, tuple)

    @property
    def least(self) -> int:
        """The size that these numbers leave, the smallest that is legal."""
        return self.full - sum(self.pair)

    @property
    def pair(self) -> Pair:
        """The padding before and after, zeros where it is no pair of numbers."""
        return self.pads if isinstance(self.pads, tuple) else (0, 0)

    @property
    def extra(self) -> int:
        """The output_padding, 0 where none is stated."""
        return self.q or 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault; ``text`` is a sentence that says what is wrong.

    ``faults`` are the names of the diagnosis that are right answers; a name in the form kind(parameters) also by its
    kind alone. ``answer`` gives the result of a legal call in float64, ``finish`` the last change to it in the case's
    dtype; where ``when`` does not hold the call is answered rightly. ``read`` gives the crops that a legal case of
    ``dialect`` is taken to have, ``refuses`` says which of these cases are refused, and ``accepts`` which illegal cases
    are answered with zeros. The mutation score leaves out what is not ``scored``.
    """

    name: str
    text: str
    faults: tuple[str, ...] = ()
    answer: Answer = Call.right
    finish: Finish | None = None
    when: Callable[[Call], bool] | None = None
    dialect: Dialect | None = None
    read: Callable[[StatedAxis], Pair] | None = None
    refuses: Callable[[StatedAxis], bool] | None = None
    accepts: Callable[[Case], bool] | None = None
    scored: bool = True


def dialect_of(name: str) -> Dialect:
    """The dialect that the name of a mutant begins with."""
    return next(one for one in get_args(Dialect) if name.casefold().startswith(one))


HONEST = Mutant("Honest", "Nothing is wrong.", scored=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a mutant makes of a case: a call of ``geometry``, or a refusal; an accepted one gives zeros instead."""

    geometry: Geometry | None
    refusal: str = ""
    accepted: bool = False


def decide(mutant: Mutant, case: Case, geometry: Geometry | None) -> Decision:
    """What ``mutant`` makes of ``case``, whose ``geometry`` is None where it is illegal or ambiguous."""
    refusal, lowered = "", geometry
    if lowered is None:
        try:
            lowered = lower(case)
        except IllegalCaseError as error:
            refusal = str(error)
    if case.expect.error:
        refusal = refusal or f"against the rule {case.rule}"
    if refusal or lowered is None:
        return Decision(None, refusal, mutant.accepts is not None and mutant.accepts(case))
    if geometry is None or case.dialect != mutant.dialect:
        return Decision(lowered)
    axes = stated_axes(case, geometry)
    if mutant.refuses is not None and any(map(mutant.refuses, axes)):
        return Decision(None, "beyond a limit that is not there")
    if mutant.read is not None:
        other = geometry.with_crops((mutant.read(axes[0]), mutant.read(axes[1])))
        return Decision(geometry if min(other.output_size) < 1 else other)
    return Decision(geometry)


def answer(mutant: Mutant, call: Call) -> Array:
    """The result of ``mutant`` in the call's dtype; raises RefusalError where it means to refuse."""
    with np.errstate(over="ignore", invalid="ignore"):
        if not shows(mutant, call):
            return call.right().astype(call.dtype)
        y = mutant.answer(call).astype(call.dtype)
        if mutant.finish is None:
            return y
        try:
            return mutant.finish(y)
        except IndexError:
            if y.size:
                raise
            return y  # an output without elements has none that could be wrong


def shows(mutant: Mutant, call: Call) -> bool:
    """Whether ``mutant`` may be wrong about ``call``."""
    return not call.empty if mutant.when is None else mutant.when(call)


def widened(x: Array, w: Array, b: Array | None) -> tuple[Any, Any, Any]:
    """The tensors of a call in float64."""
    return x.astype(np.float64), w.astype(np.float64), None if b is None else b.astype(np.float64)


def zeros(x: Array) -> Array:
    """What a mutant gives where it accepts an illegal call."""
    return np.zeros((1, 1, 1, 1), x.dtype)


def wrong(name: str, text: str, compute: Answer, *faults: str) -> Mutant:
    """A mutant that answers legal calls in its own way."""
    return Mutant(name, text, faults, compute)


def finished(name: str, text: str, finish: Finish, *faults: str) -> Mutant:
    """A mutant that changes the right result in the case's dtype, which is its own to write into."""
    return Mutant(name, text, faults, finish=finish)


def cropped(name: str, text: str, crops: Callable[[Geometry], Pads], *faults: str, only: int | None = None) -> Mutant:
    """A mutant with other crops, of the axis ``only`` where that is given; those that leave nothing are not taken."""

    def compute(call: Call) -> Array:
        return call.within(call.geometry.with_crops(mixed(call.geometry.crops, crops(call.geometry), only)))

    return wrong(name, text, compute, *faults)


def mixed(right: tuple[T, ...], changed: tuple[T, ...], only: int | None) -> tuple[T, ...]:
    """What was ``changed``, or of that the part with the index ``only`` beside the others, which are right."""
    pairs = enumerate(zip(right, changed, strict=True))
    return tuple(new if only in {None, index} else old for index, (old, new) in pairs)


def twins(names: Pair2, text: str, make: Callable[..., Mutant], change: Any, words: Pair2 = AXES) -> Iterator[Mutant]:
    """Two mutants of ``change``, one for each axis, whose word is put into ``text``."""
    for index, name in enumerate(names):
        yield make(name, text.format(words[index]), change, only=index)


def along(name: str, text: str, compute: Callable[[Call, int], Array], *, only: int) -> Mutant:
    """A mutant that is wrong along the axis ``only``."""
    return wrong(name, text, lambda call: compute(call, only))


def of_one(size: str) -> Callable[[Axis, Axis], Axes]:
    """Height and width with 1 for the ``size`` that has this name in Axis."""
    return lambda height, width: (replace(height, **{size: 1}), replace(width, **{size: 1}))


def swapped(size: str) -> Callable[[Axis, Axis], Axes]:
    """Height and width with the ``size`` of each other."""

    def axes(height: Axis, width: Axis) -> Axes:
        return replace(height, **{size: getattr(width, size)}), replace(width, **{size: getattr(height, size)})

    return axes


def turned(tensor: str, size: str, *, in_size: bool = False) -> Answer:
    """The ``tensor``, which has this ``size`` along its axes, with them swapped; the output's size follows or stays.

    What leaves nothing is answered rightly.
    """

    def compute(call: Call) -> Array:
        axes = swapped(size)(*call.geometry.axes)
        geometry = sized(call.geometry, *axes) if in_size else call.geometry.with_axes(*axes)
        if min(geometry.output_size) < 1:
            return call.right()
        return call.right(geometry=geometry, **{tensor: getattr(call, tensor).transpose(0, 1, 3, 2)})

    return compute


def sized(geometry: Geometry, height: Axis, width: Axis) -> Geometry:
    """``geometry`` with other axes, cropped at the end to the size it had."""
    axes = (
        replace(new, end=new.full - new.begin - old.out)
        for new, old in zip((height, width), geometry.axes, strict=True)
    )
    return geometry.with_axes(*axes)


def stated_axes(case: Case, geometry: Geometry) -> tuple[StatedAxis, StatedAxis]:
    """The axes of ``geometry`` with the words of ``case`` for them."""
    words = case.words
    # what the dialects of numbers mean by leaving padding out; the others have names
    default = NO_PADS if case.dialect in GROUPED_DIALECTS else None
    pads = default if words.padding is None else words.padding

    def stated(index: int) -> StatedAxis:
        axis = geometry.axes[index]
        return StatedAxis(
            *(axis.n, axis.k, axis.s, axis.d, axis.begin, axis.end),
            pads=pads if pads is None or isinstance(pads, str) else pads[index],
            q=None if words.output_padding is None else words.output_padding[index],
            o=None if words.output_size is None else words.output_size[index],
        )

    return stated(0), stated(1)


Step = tuple[slice, int, int, Any]
"""Output channels, the row and the column of a tap, and the products that it brings, (N, channels, H, W)."""


def scatter(call: Call, steps: Iterable[Step], land: Callable[[Any, Any, Any], Any]) -> Array:
    """The output made step by step, without the bias.

    ``land(there, products, landed)`` gives what there is when ``products`` come to what is ``there`` already, of
    ``landed`` steps.
    """
    geometry = call.geometry
    height, width = geometry.axes
    full = np.zeros((geometry.batch, geometry.out_channels, max(height.full, 0), max(width.full, 0)))
    landed = np.zeros(full.shape)
    for channels, row, column, products in steps:
        down, right = (
            slice(tap * axis.d, tap * axis.d + (axis.n - 1) * axis.s + 1, axis.s)
            for tap, axis in ((row, height), (column, width))
        )
        place = np.s_[:, channels, down, right]
        full[place] = land(full[place], products, landed[place])
        landed[place] += 1
    whole = np.pad(full, ((0, 0), (0, 0), *((max(-begin, 0), max(-end, 0)) for begin, end in geometry.crops)))
    return whole[:, :, max(height.begin, 0) :, max(width.begin, 0) :][:, :, : height.out, : width.out]
