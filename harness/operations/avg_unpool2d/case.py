"""A case of average unpooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.core.case import Pair
from harness.operations.image_case import ImageCase


@dataclass(frozen=True, slots=True)
class AvgUnpoolCase(ImageCase):
    """``pool_size`` is the window, and the step."""

    op: ClassVar[str] = "avg_unpool2d"

    pool_size: Pair = (2, 2)
    output_size: Pair | None = None

    @property
    def size(self) -> Pair:
        if self.output_size is not None:
            return self.output_size
        return self.input_size[0] * self.pool_size[0], self.input_size[1] * self.pool_size[1]
