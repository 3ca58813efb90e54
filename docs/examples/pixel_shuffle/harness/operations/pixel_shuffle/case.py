"""A case of pixel shuffling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.case import Pair
from harness.operations.image_case import ImageCase


@dataclass(frozen=True, slots=True)
class PixelShuffleCase(ImageCase):
    """``factor`` is by how much height and width grow: every ``factor * factor`` channels become a block of pixels."""

    op: ClassVar[str] = "pixel_shuffle"

    factor: int = 2

    @property
    def size(self) -> Pair:
        return self.input_size[0] * self.factor, self.input_size[1] * self.factor

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        return (self.batch, self.channels // self.factor**2, *self.size)

    @property
    def is_block_first(self) -> bool:
        """Whether the place in the block is the slower part of a channel's number, as in TensorFlow."""
        return self.dialect in {"tensorflow", "keras"}
