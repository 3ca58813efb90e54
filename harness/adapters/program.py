"""A program: how an adapter says a case in Python text, and the code that runs it.

What a worker runs is what ``harness show --script`` prints. Runs inside a worker, which has NumPy and one framework, so
it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.adapters.plan import Array, Route, same_bits
from harness.case import GRADIENTS

Results = Mapping[str, Array]
"""By the name of the output."""


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a call and of its gradients.

    ``forward`` is the body of a function of the NumPy arrays that ``tensors`` names; it returns a dict of arrays by the
    name of the output. ``gradient`` likewise, of these and ``cotangent``, for the gradients of
    ``sum(cotangent * output)``. ``call`` shows the framework's own parameters.
    """

    call: Mapping[str, Any]
    tensors: tuple[str, ...]
    outputs: tuple[str, ...]
    imports: tuple[str, ...]
    forward: tuple[str, ...]
    gradient: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why the route is composed, one sentence for each step."""
    versions: tuple[str, ...] = ()
    """Expressions that give the versions in play."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is set before the imports, where a program stands alone."""

    @property
    def route(self) -> Route:
        """``native`` where the framework's own parameters alone say the case."""
        return "composed" if self.reasons else "native"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def text(self) -> str:
        """The functions ``forward`` and, where there is one, ``gradient``, in Python."""
        parts = [_function("forward", self.tensors, self.forward)]
        if self.gradient:
            parts.append(_function("gradient", (*self.tensors, "cotangent"), self.gradient))
        return "\n\n\n".join(parts)


def _function(name: str, parameters: Sequence[str], body: Sequence[str]) -> str:
    return "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" if line else "" for line in body)])


@dataclass(frozen=True, slots=True)
class Found:
    """What came of some outputs: their arrays with whether all runs gave the same bits, or the error of the call."""

    arrays: Mapping[str, Array]
    stable: Mapping[str, bool]
    error: Exception | None = None


def run_program(
    program: Program, tensors: Mapping[str, Array], cotangent: Array | None, outputs: Sequence[str], runs: int
) -> tuple[Found, Found | None]:
    """Run ``program`` ``runs`` times; returns what came of the call, and of its gradients where any is asked."""
    names: dict[str, Any] = {"__name__": "program", "np": np}
    text = "\n".join([*program.imports, "", program.text])
    if "ml_dtypes" in text:
        import ml_dtypes

        names["ml_dtypes"] = ml_dtypes  # which a script that stands alone imports for itself
    exec(compile(text, "<program>", "exec"), names)  # noqa: S102 - written by an adapter from a checked case
    given = [tensors[name] for name in program.tensors]
    forward = _repeat(names["forward"], given, [name for name in outputs if name in program.outputs], runs)
    asked = [name for name in outputs if name in GRADIENTS]
    if forward.error is not None or cotangent is None or not asked or not program.gradient:
        return forward, None
    return forward, _repeat(names["gradient"], [*given, cotangent], asked, runs)


def _repeat(function: Callable[..., Results], given: Sequence[Array], asked: Sequence[str], runs: int) -> Found:
    try:
        results = [function(*(tensor.copy() for tensor in given)) for _ in range(runs)]
        # a copy, as a framework may use the memory of its result again
        first = {name: np.array(results[0][name], order="C") for name in asked}
        stable = {name: all(same_bits(first[name], np.asarray(other[name])) for other in results) for name in asked}
    except Exception as error:
        return Found({}, {}, error)
    return Found(first, stable)
