"""A case of max unpooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.case import Pair, pair
from harness.operations.index_spaces import NATIVE, Space, SpaceName
from harness.operations.max_pool2d_with_indices.case import PoolCase
from harness.operations.max_pool2d_with_indices.windows import Axis, named


@dataclass(frozen=True, slots=True)
class MaxUnpoolCase(PoolCase):
    """The words are those of the pooling that is undone: ``input_size`` is what it made of ``output_size``."""

    op: ClassVar[str] = "max_unpool2d"

    output_size: Pair | None = None
    index_space: SpaceName | None = None

    @property
    def usual_size(self) -> Pair:
        """Height and width where no output_size is given: (n - 1) s - before - after + k, and n s for ``same``."""
        return pair(tuple(map(self._usual, (0, 1))))

    @property
    def size(self) -> Pair:
        return self.usual_size if self.output_size is None else self.output_size

    @property
    def space(self) -> Space:
        """That of the indices."""
        return Space(self.index_space or NATIVE[self.dialect], self.output_shape)

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
