"""What the mutants of the mutation score derive from: faults that show sometimes, misread words, wrong limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from harness.adapters.plan import Plan
from harness.adapters.program import Inexpressible
from harness.core.case import Dialect, Pair
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import GROUPED_DIALECTS, lower
from harness.operations.conv_transpose.geometry import NO_PADS, Axis, Geometry, full_geometry
from harness.operations.conv_transpose.mutants.crops import Cropped
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.sizes import Reaxed


class Sometimes(Honest):
    """The last number of the output is one too large where ``when`` says so, and nothing else is wrong."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        if y.size and self.when(geometry):
            self.spoil(y)
        return y

    def when(self, geometry: Geometry) -> bool:
        """Whether the fault shows."""
        return any(self.hits(axis) for axis in geometry.axes)

    def hits(self, axis: Axis) -> bool:
        """Whether the fault shows for what ``axis`` is, whatever the other is."""
        return False

    def spoil(self, y: Array) -> None:
        """The fault, in place."""
        y[-1, -1, -1, -1] += 1


class SometimesInHeight(Sometimes):
    """The same, where the height alone decides."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return self.hits(geometry.height)


class SometimesInWidth(Sometimes):
    """The same, where the width alone decides."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return self.hits(geometry.width)


class SometimesAsked(Honest):
    """The last number of the output is one too large for some layouts, dtypes and biases."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        run = super().prepare(call, x, w, b)
        if not self.asked(call["layout"], x.dtype.name, biased=b is not None):
            return run

        def spoilt() -> Array:
            y = run().copy()
            if y.size:
                y[-1, -1, -1, -1] += 1
            return y

        return spoilt

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """Whether the fault shows."""
        return False


class ReaxedInHeight(Reaxed):
    """Other numbers for the height alone."""

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return super().axes(height, width)[0], width


class ReaxedInWidth(Reaxed):
    """Other numbers for the width alone."""

    def axes(self, height: Axis, width: Axis) -> tuple[Axis, Axis]:
        """See Reaxed.axes."""
        return height, super().axes(height, width)[1]


class CroppedInHeight(Cropped):
    """Other crops of the height alone."""

    def crops(self, geometry: Geometry) -> tuple[Pair, Pair]:
        """See Cropped.crops."""
        return super().crops(geometry)[0], geometry.crops[1]


class CroppedInWidth(Cropped):
    """Other crops of the width alone."""

    def crops(self, geometry: Geometry) -> tuple[Pair, Pair]:
        """See Cropped.crops."""
        return geometry.crops[0], super().crops(geometry)[1]


class Resized(Cropped):
    """The size of one axis is off by ``by`` at the end; an axis of one element stays."""

    index: ClassVar[int] = 0
    by: ClassVar[int] = 1

    def crops(self, geometry: Geometry) -> tuple[Pair, Pair]:
        """See Cropped.crops."""
        pairs = list(geometry.crops)
        begin, end = pairs[self.index]
        pairs[self.index] = (begin, end - self.by)
        return pairs[0], pairs[1]


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a case for one axis: ``pads`` is a name, (before, after), or None for a dialect's default name."""

    pads: str | Pair | None
    q: int | None
    o: int | None


def each_said(case: Case) -> Iterator[Said]:
    """The words for the height, then for the width."""
    words = case.words
    # what the dialects of numbers mean by leaving padding out; the others have names
    unsaid = NO_PADS if case.dialect in GROUPED_DIALECTS else None
    pads = unsaid if words.padding is None else words.padding
    for index in range(2):
        yield Said(
            pads if pads is None or isinstance(pads, str) else pads[index],
            None if words.output_padding is None else words.output_padding[index],
            None if words.output_size is None else words.output_size[index],
        )


class Misread(Honest):
    """Reads the words of one dialect wrongly. The size follows; what would leave nothing is read rightly."""

    speaks: ClassVar[Dialect]

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        if geometry is None or case.dialect != self.speaks:
            return super().plan(case, geometry)
        pairs = [self.read(axis, said) for axis, said in zip(geometry.axes, each_said(case), strict=True)]
        other = geometry.with_crops((pairs[0], pairs[1]))
        return super().plan(case, geometry if min(other.output_size) < 1 else other)

    def read(self, axis: Axis, said: Said) -> Pair:
        """The crops of an axis as misread; ``axis`` has the right ones."""
        return axis.begin, axis.end


class TooStrict(Honest):
    """Refuses some legal cases of one dialect."""

    speaks: ClassVar[Dialect]

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if geometry is None or case.dialect != self.speaks or not isinstance(plan, Plan):
            return plan
        if any(self.refuses(axis, said) for axis, said in zip(geometry.axes, each_said(case), strict=True)):
            return Plan(**(plan.to_dict() | {"call": {**plan.call, "refusal": "beyond a limit that is not there"}}))
        return plan

    def refuses(self, axis: Axis, said: Said) -> bool:
        """Whether an axis is beyond the false limit."""
        return False


class TooLax(Honest):
    """Answers some illegal cases of one dialect with zeros."""

    speaks: ClassVar[Dialect]
    broken: ClassVar[str]
    """The parameter at fault."""

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        plan = super().plan(case, geometry)
        if case.dialect != self.speaks or not case.expect.error or not isinstance(plan, Plan):
            return plan
        if fault_of(case) == self.broken and self.allows(case):
            return Plan(**(plan.to_dict() | {"call": {**plan.call, "accepted": True}}))
        return plan

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        if "accepted" in call:
            return lambda: np.zeros((1, 1, 1, 1), x.dtype)
        return super().prepare(call, x, w, b)

    def allows(self, case: Case) -> bool:
        """Whether this illegal case is among those that are answered; all of them unless an axis must say so."""
        full = full_geometry(case)
        return any(self.lets(axis, said) for axis, said in zip(full.axes, each_said(case), strict=True))

    def lets(self, axis: Axis, said: Said) -> bool:
        """Whether an axis is just beyond the limit; ``axis`` is not cropped."""
        return True


def fault_of(case: Case) -> str:
    """The parameter that makes ``case`` illegal, or nothing."""
    try:
        lower(case)
    except IllegalCaseError as error:
        return error.key
    return ""


class MisreadTensorFlow(Misread):
    """Misread for tensorflow."""

    speaks = "tensorflow"


class MisreadKeras(Misread):
    """Misread for keras."""

    speaks = "keras"


class MisreadPyTorch(Misread):
    """Misread for pytorch."""

    speaks = "pytorch"


class MisreadOnnx(Misread):
    """Misread for onnx."""

    speaks = "onnx"


class MisreadJax(Misread):
    """Misread for jax."""

    speaks = "jax"


class MisreadCanonical(Misread):
    """Misread for canonical."""

    speaks = "canonical"


class TooStrictPyTorch(TooStrict):
    """TooStrict for pytorch."""

    speaks = "pytorch"


class TooStrictTensorFlow(TooStrict):
    """TooStrict for tensorflow."""

    speaks = "tensorflow"


class TooStrictKeras(TooStrict):
    """TooStrict for keras."""

    speaks = "keras"


class TooStrictOnnx(TooStrict):
    """TooStrict for onnx."""

    speaks = "onnx"


class TooStrictJax(TooStrict):
    """TooStrict for jax."""

    speaks = "jax"


class TooStrictCanonical(TooStrict):
    """TooStrict for canonical."""

    speaks = "canonical"


class TooLaxPyTorch(TooLax):
    """TooLax for pytorch."""

    speaks = "pytorch"


class TooLaxTensorFlow(TooLax):
    """TooLax for tensorflow."""

    speaks = "tensorflow"


class TooLaxKeras(TooLax):
    """TooLax for keras."""

    speaks = "keras"


def moved(axis: Axis, begin: int) -> Pair:
    """The crops of ``axis`` at its size that begin with ``begin``."""
    return begin, axis.begin + axis.end - begin


def placed(axis: Axis, begin: int, size: int) -> Pair:
    """The crops of ``axis`` that begin with ``begin`` and leave ``size``."""
    return begin, axis.full - begin - size
