"""A case of max unpooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.case import Padding, Pads, Pair
from harness.operations.image_case import ImageCase
from harness.operations.index_spaces import NATIVE, Space, SpaceName
from harness.operations.max_pool2d_with_indices.windows import NO_PADS, Axis, named


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
        return self.usual_size if self.output_size is None else self.output_size

    @property
    def space(self) -> Space:
        """That of the indices."""
        return Space(self.index_space or NATIVE[self.dialect], self.output_shape)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The windows over height and width of the output that the values are from."""
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
