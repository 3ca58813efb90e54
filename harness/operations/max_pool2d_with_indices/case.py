"""A case of max pooling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isnan
from typing import ClassVar

from harness.core.case import Padding, Pads, Pair
from harness.operations.image_case import ImageCase
from harness.operations.index_spaces import NATIVE, Space, SpaceName
from harness.operations.max_pool2d_with_indices.windows import NO_PADS, Axis, explicit, named


@dataclass(frozen=True, slots=True)
class PoolCase(ImageCase):
    """``strides`` are ``pool_size`` where they are left out; without ``padding`` there is none."""

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding | None = None

    @property
    def step(self) -> Pair:
        """The strides."""
        return self.pool_size if self.strides is None else self.strides

    @property
    def pads(self) -> Pads:
        """What is written as numbers; zeros where it is a name."""
        return NO_PADS if self.padding is None or isinstance(self.padding, str) else self.padding

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The windows along height and width of the image that is pooled."""
        rows, columns = (self._axis(axis) for axis in (0, 1))
        return rows, columns

    def _axis(self, axis: int) -> Axis:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class MaxPoolCase(PoolCase):
    op: ClassVar[str] = "max_pool2d_with_indices"

    dilations: Pair = (1, 1)
    ceil_mode: bool = False
    index_space: SpaceName | None = None

    @property
    def space(self) -> Space:
        """That of the indices."""
        return Space(self.index_space or NATIVE[self.dialect], self.input_shape)

    @property
    def size(self) -> Pair:
        rows, columns = self.axes
        return rows.count, columns.count

    @property
    def is_tied(self) -> bool:
        """Whether a window of an input that is written out has several maxima, or no number for one."""
        written = dict(self.literals).get("input")
        if written is None:
            return False
        x = dict(written.elements("NCHW"))
        if any(map(isnan, x.values())):
            return True
        rows, columns = (_windows(axis) for axis in self.axes)
        for n, c, tall, wide in product(range(self.batch), range(self.channels), rows, columns):
            values = [x[n, c, h, w] for h, w in product(tall, wide)]
            if values.count(max(values)) > 1:
                return True
        return False

    def _axis(self, axis: int) -> Axis:
        sizes = (self.input_size[axis], self.pool_size[axis], self.step[axis], self.dilations[axis])
        if isinstance(self.padding, str):
            return named(self.padding, *sizes)
        return explicit(self.pads[axis], *sizes, ceil=self.ceil_mode)


def _windows(axis: Axis) -> list[list[int]]:
    """The elements in each window."""
    return [[place for place in axis.taps(window) if 0 <= place < axis.n] for window in range(axis.count)]
