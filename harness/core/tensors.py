"""The tensors of a case, whatever operation it is one of, and the seed of those that are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, OutputName, Reading
from harness.core.reference import Reference

Array = npt.NDArray[Any]


@cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """``float32``; NumPy makes the text anew each time."""
    return str(dtype)


def same_bits(one: Array, other: Array) -> bool:
    """Whether dtype, shape and every bit are the same."""
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def same_numbers(one: Array, other: Array) -> bool:
    """Whether the shape and every number are the same, a NaN being the same as a NaN."""
    # without a NaN, which is most often, the first takes a third of the time
    return np.array_equal(one, other) or np.array_equal(one, other, equal_nan=True)


class AnyTensors(Protocol):
    """The data of a case, whatever operation it is one of."""

    @property
    def nbytes(self) -> int:
        """How large they are together."""

    def readings(self, case: Any, output: OutputName) -> Iterator[tuple[Reading, Reference | None]]:
        """The readings of an ambiguous case, each with what ``output`` then is; None where the call is refused."""

    @property
    def named(self) -> Mapping[str, npt.NDArray[Any]]:
        """The tensors that there are, by name."""


@dataclass(frozen=True)
class NamedTensors:
    """The data of a case by name, ``cotangent`` among them where gradients are requested.

    ``read`` gives what an output of an ambiguous case is by one of its readings; None where the call is refused.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    read: Callable[[Reading, OutputName], Reference | None] = lambda *_: None

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())

    def readings(self, case: AnyCase, output: OutputName) -> Iterator[tuple[Reading, Reference | None]]:
        return ((reading, self.read(reading, output)) for reading in case.expect.readings)

    @property
    def named(self) -> Mapping[str, npt.NDArray[Any]]:
        return self.arrays


def seed_of(case: AnyCase) -> int:
    """The seed of a case's drawn data, from its name."""
    return int.from_bytes(_digest(case)[:8], "little")


def turn_of(case: AnyCase) -> int:
    """A number from the case's name, which chooses the operands that carry bits; not the seed, which is for these."""
    return _digest(case)[8]


def _digest(case: AnyCase) -> bytes:
    return hashlib.sha256(case.name.encode()).digest()
