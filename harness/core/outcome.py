"""What a call gave: values, a shape alone, an error, or a process that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from harness.core.results import Verdict


@dataclass(frozen=True, slots=True)
class Value:
    """An adapter returned an array, meant as the shape requested; ``stable`` if all runs agreed bit by bit."""

    output: npt.NDArray[Any]
    stable: bool = True
    again: npt.NDArray[Any] | None = None
    """What another run gave where its bits differ; see ``harness.engine.repeated`` for this and the next two."""
    other: npt.NDArray[Any] | None = None
    """What the call on other data gave, unless it follows from the first result."""
    after: npt.NDArray[Any] | None = None
    """What the first result is after the call on other data, where that changed."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """An adapter computed no values, but gave the shape and dtype that they would have."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An adapter raised; the type's name and the first line of the message."""

    type: str
    message: str
    own: str = ""
    """Where in the adapter's own code, if it was that: then it says nothing about the framework."""
    also: tuple[int, ...] | None = None
    """The shape of the array that another run of the same call gave."""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True)
class Failed:
    """The process failed: the verdict says how (crashes, hangs or unavailable)."""

    verdict: Verdict
    message: str


Outcome = Value | Shaped | Raised | Failed
