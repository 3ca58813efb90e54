"""Max unpooling: values go back to the indices that a max pooling recorded, zeros elsewhere.

``y[indices[i]] = x[i]`` over an output of ``output_size``, or of the size that the pooling's parameters make; the
parameters say nothing else. ``indices`` are of the index space ``index_space`` of the output (see
harness.operations.index_spaces). The gradient is picked at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.core.case import OutputName, Padding, Pads, Pair
from harness.core.dtypes import DTYPES
from harness.core.errors import require
from harness.core.fields import PaddingField, PairField
from harness.operations.base import ImageCase, ImageOperation
from harness.operations.image_forms import ImageParameters
from harness.operations.index_spaces import NATIVE, Space, SpaceName
from harness.operations.max_pool2d_with_indices.windows import NO_PADS, Axis, named

if TYPE_CHECKING:
    from harness.core.entry import Entry

DIALECTS = ("pytorch", "tensorflow", "onnx")


@dataclass(frozen=True, slots=True)
class MaxUnpoolCase(ImageCase):
    """The words are those of the pooling that is undone: ``input_size`` is what it made of ``output_size``."""

    op: ClassVar[str] = "max_unpool2d"

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding | None = None
    output_size: Pair | None = None
    index_space: SpaceName | None = None

    @property
    def step(self) -> Pair:
        """The strides."""
        return self.pool_size if self.strides is None else self.strides

    @property
    def pads(self) -> Pads:
        """What is written as numbers; zeros where it is a name."""
        return NO_PADS if self.padding is None or isinstance(self.padding, str) else self.padding

    @property
    def usual_size(self) -> Pair:
        """Height and width where no output_size is given: (n - 1) s - before - after + k, and n s for ``same``."""
        rows, columns = (self._usual(axis) for axis in (0, 1))
        return rows, columns

    @property
    def size(self) -> Pair:
        """Height and width of the output."""
        return self.usual_size if self.output_size is None else self.output_size

    @property
    def space(self) -> Space:
        """That of the indices."""
        return Space(self.index_space or NATIVE[self.dialect], (self.batch, self.channels, *self.size))

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The windows over height and width of the output that the values came from."""
        rows, columns = (self._axis(axis) for axis in (0, 1))
        return rows, columns

    @property
    def overlaps(self) -> bool:
        """Whether windows share elements, so that an index may come twice."""
        return any(s < k for s, k in zip(self.step, self.pool_size, strict=True))

    def _usual(self, axis: int) -> int:
        n, k, s = self.input_size[axis], self.pool_size[axis], self.step[axis]
        if self.padding in ("same", "same_lower"):
            return n * s
        return (n - 1) * s - sum(self.pads[axis]) + k

    def _axis(self, axis: int) -> Axis:
        n, k, s = self.input_size[axis], self.pool_size[axis], self.step[axis]
        if isinstance(self.padding, str):
            return named(self.padding, self.size[axis], k, s, 1)
        return Axis(self.size[axis], k, s, 1, self.pads[axis][0], n)


class Parameters(ImageParameters):
    """The words of a case."""

    pool_size: PairField | None = None
    strides: PairField | None = None
    padding: PaddingField | None = None
    output_size: PairField | None = None
    index_space: SpaceName | None = None


class MaxUnpool2d(ImageOperation):
    """See the module."""

    name = "max_unpool2d"
    place = "harness.operations.max_unpool2d"
    parameters = Parameters
    case_type = MaxUnpoolCase
    readings = ("first", "last", "sum")

    def make(self, entry: Entry) -> MaxUnpoolCase:
        """See ImageOperation.make; refuses indices that come twice unless the readings are listed."""
        case = super().make(entry)
        if not isinstance(case, MaxUnpoolCase):
            raise TypeError(case)
        if case.dialect not in DIALECTS:
            raise entry.bad("dialect", f"no max unpooling is known in {case.dialect}", f"known: {', '.join(DIALECTS)}")
        if DTYPES[case.dtype].kind != "float":
            raise entry.bad("dtype", "max unpooling is asked in floating point", "for example float32")
        if case.expect.error:
            if case.space.name != NATIVE[case.dialect]:
                hint = "leave index_space out"
                raise entry.bad("index_space", "indices that are translated first may no longer be wrong", hint)
            return case
        for key, message in self._limits(case):
            raise entry.bad(key, message, "write another one")
        height, width = case.size
        if height * width > 2 * DTYPES[case.dtype].exact_limit:
            raise entry.bad("input_size", f"{case.dtype} has no {height * width} different numbers", "use fewer")
        written = "indices" in dict(case.literals)
        if not written and any(axis.bare for axis in case.axes):
            raise entry.bad("output_size", "a window holds no element to draw an index from", "write the indices out")
        if not case.nominal and (self._repeats(case) if written else case.overlaps):
            raise entry.bad("indices" if written else "strides", "an index comes twice", "list the admissible readings")
        return case

    def check(self, case: MaxUnpoolCase) -> None:
        """See ImageOperation.check."""
        for key, values in (("pool_size", case.pool_size), ("strides", case.step)):
            require(min(values) >= 1, key, f"an entry of {key} is below 1", "use numbers >= 1")
        named_in = {"pytorch": (), "tensorflow": ("same", "valid")}.get(case.dialect, ("same", "valid", "same_lower"))
        if isinstance(case.padding, str):
            wanted = " or ".join(named_in) or "numbers"
            require(case.padding in named_in, "padding", f"{case.dialect} has no padding {case.padding}", wanted)
        self._check_size(case)
        self._check_indices(case)

    def asks(self, case: MaxUnpoolCase) -> tuple[OutputName, ...]:
        """See ImageOperation.asks."""
        return ("output", "input_grad")

    def size(self, case: MaxUnpoolCase) -> int:
        """See ImageOperation.size."""
        height, width = case.size
        return case.batch * case.channels * height * width

    def _check_size(self, case: MaxUnpoolCase) -> None:
        """Every size that pools to the input's, rounded down or, where padding has no name, up."""
        for o, usual, n, k, s in zip(
            case.size, case.usual_size, case.input_size, case.pool_size, case.step, strict=True
        ):
            require(o >= 1, "pool_size", f"the output has {o} elements along an axis", "use larger sizes")
            if case.padding in ("same", "same_lower"):
                least, most = (n - 1) * s + 1, n * s
            else:
                # what a pooling that rounds up reads is smaller
                least = usual if case.dialect == "tensorflow" else max(usual - s + 1, 1)
                most = usual + s - 1
            pooled = f"no pooling of {o} elements by {k}, step {s}, makes {n}"
            require(least <= o <= most, "output_size", pooled, f"use {least} to {most}")

    def _check_indices(self, case: MaxUnpoolCase) -> None:
        from harness.operations.max_unpool2d.oracle import misshapen, outside

        said = misshapen(case)
        require(not said, "indices", said, "write one index for each value")
        index = outside(case)
        require(index is None, "indices", f"index {index} is outside of the output", f"use 0 to {case.space.size - 1}")

    def _limits(self, case: MaxUnpoolCase) -> Iterator[tuple[str, str]]:
        """Key and sentence on what breaks no rule of a framework, and yet is no case."""
        from harness.operations.max_unpool2d.oracle import odd_index

        if min(map(min, case.pads)) < 0:
            yield "padding", "an entry of padding is below 0"
        if case.dialect == "tensorflow" and case.pads != NO_PADS:
            yield "padding", "TensorFlow has no padding in numbers"
        if case.dialect == "pytorch" and any(before != after for before, after in case.pads):
            yield "padding", "PyTorch has one padding for both sides of an axis"
        if said := odd_index(case):
            yield "indices", said

    def _repeats(self, case: MaxUnpoolCase) -> bool:
        from harness.operations.max_unpool2d.oracle import repeats

        return repeats(case)
