"""The number types of cases: roundoffs, exact ranges and what NumPy calls them. Importing this needs no NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from harness.core.case import DTypeName

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class DType:
    """One working precision.

    ``unit_roundoff`` is u, ``exact_limit`` the largest integer up to which all integers are exact,
    ``subnormal`` the smallest positive value, ``reach`` the largest magnitude drawn for exact data, ``overflow`` the
    least number that the dtype cannot hold, ``itemsize`` the bytes of one.
    """

    name: DTypeName
    unit_roundoff: float
    exact_limit: int
    subnormal: float
    reach: int
    overflow: float
    itemsize: int
    kind: Literal["float", "integer", "complex"] = "float"
    signed: bool = True

    @cached_property
    def numpy(self) -> np.dtype[Any]:
        """As NumPy has it; bfloat16 is that of ml_dtypes."""
        import ml_dtypes
        import numpy as np

        return np.dtype(ml_dtypes.bfloat16 if self.name == "bfloat16" else self.name)

    @property
    def text(self) -> str:
        """The type as a program writes it that has imported ``numpy as np``, and ``ml_dtypes`` for bfloat16."""
        return f"{'ml_dtypes' if self.name == 'bfloat16' else 'np'}.{self.name}"

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number with all significant bits; those below are subnormal."""
        return self.subnormal / (2 * self.unit_roundoff) if self.unit_roundoff else 0.0

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and the largest number of an integer dtype."""
        bits = 8 * self.itemsize
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if self.signed else (0, 2**bits - 1)

    def holds(self, stored: str) -> bool:
        """Whether every number of NumPy's integer or floating point dtype ``stored`` is one of this one too."""
        if stored.startswith("float"):
            other: DType = DTYPES[stored]  # type: ignore[index]
            narrower = other.unit_roundoff >= self.unit_roundoff and other.subnormal >= self.subnormal
            return self.kind != "integer" and narrower and other.overflow <= self.overflow
        other = replace(self, itemsize=int(stored.lstrip("uint")) // 8, signed=not stored.startswith("u"))
        if self.kind == "integer":
            return self.range[0] <= other.range[0] and other.range[1] <= self.range[1]
        return other.range[1] <= self.exact_limit

    @property
    def differentiable(self) -> bool:
        """Whether gradients exist in this dtype."""
        return self.kind == "float"

    @property
    def accumulator(self) -> DType | None:
        """The wider precision in which half precisions are commonly summed; None for the others."""
        return DTYPES["float32"] if self.name in {"float16", "bfloat16"} else None


DTYPES: dict[DTypeName, DType] = {
    "float64": DType("float64", 2.0**-53, 2**53, 2.0**-1074, 8, math.inf, 8),
    "float32": DType("float32", 2.0**-24, 2**24, 2.0**-149, 8, 2.0**128 - 2.0**103, 4),
    "float16": DType("float16", 2.0**-11, 2**11, 2.0**-24, 3, 65520.0, 2),
    "bfloat16": DType("bfloat16", 2.0**-8, 2**8, 2.0**-133, 2, 2.0**128 - 2.0**119, 2),
    "int64": DType("int64", 0.0, 2**53, 0.0, 8, 2.0**63, 8, "integer"),
    "int32": DType("int32", 0.0, 2**31 - 1, 0.0, 8, 2.0**31, 4, "integer"),
    "int8": DType("int8", 0.0, 2**7 - 1, 0.0, 2, 2.0**7, 1, "integer"),
    "uint8": DType("uint8", 0.0, 2**8 - 1, 0.0, 2, 2.0**8, 1, "integer", signed=False),
    # half of the exact integers: a product of complex numbers by three real ones doubles the magnitude
    "complex64": DType("complex64", 2.0**-24, 2**23, 2.0**-149, 4, 2.0**128 - 2.0**103, 8, "complex"),
    "complex128": DType("complex128", 2.0**-53, 2**52, 2.0**-1074, 4, math.inf, 16, "complex"),
}
ORACLE = DTYPES["float64"]
TRANSLATED: tuple[DTypeName, ...] = ("float64", "float32", "float16")
"""The types that translations of layers are verified in."""
