"""Mutants about what is legal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest, RefusalError


class RefusesAll(Honest):
    """Raises on every case, also on the legal ones."""

    lie = ("refuses-legal",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        raise RefusalError("not today")


class SaysASet(Honest):
    """Raises on every case, with a set of words in the message."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        raise RefusalError(str({"one", "two", "three", "four", "five", "six"}))


class AcceptsAll(Honest):
    """Zeros where an error is right."""

    lie = ("accepts-illegal",)

    def refuse(self, why: str) -> Callable[[], Array]:
        """See Honest.refuse."""
        return lambda: np.zeros((1, 1, 1, 1), np.float32)
