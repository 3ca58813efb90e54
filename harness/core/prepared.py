"""The data of a case and its right answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.core.case import AnyCase, OutputName
from harness.core.reference import Reference
from harness.core.tensors import AnyTensors

OTHER = ", other data"
"""What follows the id of a case whose other data are drawn by its name."""
_OBJECTS = 2 << 10
_COPIES = 3
"""Tensors and their float64 twins, in units of the tensors' own size; gradients take two more."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``references`` holds the right answer for each output; none where the case is illegal or ambiguous.

    They are computed when first requested.
    """

    case: AnyCase
    tensors: AnyTensors
    references: Mapping[OutputName, Reference] = field(default_factory=dict)

    def reference(self, output: OutputName) -> Reference | None:
        """The right answer for ``output``; None where no single one is right."""
        return self.references.get(output, self.references.get("output"))

    @property
    def size(self) -> int:
        """Bytes of the data."""
        return self.tensors.nbytes

    @property
    def footprint(self) -> int:
        """Bytes that keeping it takes, about."""
        output = math.prod(self.references["output"].shape) if self.references else 1
        return _OBJECTS + (_COPIES + 2 * (len(self.references) > 1)) * self.size + 8 * output
