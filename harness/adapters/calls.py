"""A call that is made several times: on the same data, and on other data in between.

Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from operator import index
from typing import Any

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.program import Program
from harness.adapters.text import run_text, text_of
from harness.core.tensors import Array, same_bits

Beat = Callable[[], None]
"""Says that a call begins."""


@dataclass(frozen=True, slots=True)
class Call:
    """``make`` makes the call; ``finish`` copies what it gave into arrays by the name of the output.

    ``unchanged`` gives, after the call, whether its data are still as they were.
    """

    make: Callable[[], Any]
    finish: Callable[[Any], Mapping[str, Any]]
    unchanged: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Form:
    """What an adapter that computes no values states of a result, which may be larger than any array."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What several calls gave for one output: an array, or a form; ``first`` was copied before the next call began."""

    first: Any
    again: Array | None = None
    """What a later call on the same data gave, where its bits are others."""
    other: Array | None = None
    """What the call on other data gave, unless that follows from ``first``."""
    after: Array | None = None
    """What the first result is after the call on other data, where that changed."""


Follows = Callable[[str, Array, Array], bool]
"""Whether an output's second array is right if its first one is."""


def observe(
    call: Call, runs: int, beat: Beat, other: Call | None = None, follows: Follows = lambda *_: False
) -> dict[str, Observed]:
    """Make ``call`` ``runs`` times, with ``other`` after the first; whatever they raise is the caller's.

    A call that overwrites its data is made on what it left before the other one.
    """
    beat()
    kept = call.make()
    first = call.finish(kept)
    second: Mapping[str, Array] = {}
    after: Mapping[str, Array] = first
    again: dict[str, Array] = {}

    def make_again() -> None:
        for _ in range(1, runs):
            beat()
            later = call.finish(call.make())
            names = [name for name in first if name not in again]
            again.update({name: later[name] for name in names if not same_bits(first[name], later[name])})

    overwritten = not call.unchanged()
    if overwritten:
        make_again()
    if other is not None and runs > 1:
        beat()
        second = other.finish(other.make())
        after = call.finish(kept)
    if not overwritten:
        make_again()
    return {
        name: Observed(
            array,
            again.get(name),
            None if name not in second or follows(name, array, second[name]) else second[name],
            None if after[name] is array or same_bits(array, after[name]) else after[name],
        )
        for name, array in first.items()
    }


def noting(call: Call, shapes: list[tuple[int, ...]]) -> Call:
    """``call``, which adds to ``shapes`` that of each output it gives."""

    def finish(results: Any) -> Mapping[str, Any]:
        arrays = call.finish(results)
        shapes.append(arrays["output"].shape)
        return arrays

    return replace(call, finish=finish)


def make_once_more(call: Call | None, prepare: Callable[[], Call], beat: Beat) -> None:
    """Make a call that raised once more, prepared anew unless there is a ``call``; what it raises is no matter."""
    beat()
    with suppress(Exception):
        again = call or prepare()
        beat()
        again.finish(again.make())


def program_calls(
    adapter: Adapter,
    program: Program,
    given: Mapping[str, Array],
    other: Mapping[str, Array] | None,
    requested: Sequence[str],
    beat: Beat = lambda: None,
    *,
    gradient: bool = False,
) -> tuple[Call, Call | None]:
    """``program`` or its gradients on the arrays ``given`` by name, and on ``other`` ones if there are any.

    ``requested`` names the outputs that are of use. To prepare a call may take as long as to make one, so there is a
    ``beat`` before it.
    """
    functions = run_text(text_of(program, adapter.runtime, gradient=gradient), program.handed)
    names = [*program.given, *(["cotangent"] if gradient else [])]

    def arranged(arrays: Mapping[str, Array]) -> list[Array]:
        found = [arrays[name] for name in names]
        return list(functions["arrange"](*found)) if "arrange" in functions else found

    def finish(results: Mapping[str, Any]) -> dict[str, Any]:
        if adapter.shape_only:
            shape, dtype = results["output"]
            return {"output": Form(tuple(map(_size, shape)), dtype)}
        if absent := [name for name in requested if name not in results]:
            raise LookupError(f"the program gives no {absent[0]}: it gives {', '.join(results) or 'nothing'}")
        # always a copy, as a framework may use the memory of its result again
        return {name: np.array(results[name], order="C") for name in requested}

    prepare, first = functions["prepare"], arranged(given)
    beat()
    make = prepare(*first)
    if other is None:
        return Call(make, finish), None
    second = arranged(other)
    if not adapter.reusable:
        return Call(make, finish), Call(partial(_prepared_late, prepare, second, beat), finish)
    held = _Held(first)

    def made(values: list[Array]) -> Any:
        held.hold(values)
        return make()

    return Call(partial(made, held.first), finish, held.are_first), Call(partial(made, second), finish)


def _prepared_late(prepare: Callable[..., Callable[[], Any]], values: Sequence[Array], beat: Beat) -> Any:
    make = prepare(*values)
    beat()
    return make()


def _size(number: Any) -> Any:
    """A size as a plain integer, also where it is one of NumPy's; what is no number stays."""
    return index(number) if hasattr(number, "__index__") else number


class _Held:
    """The arrays that prepared calls read, which hold their ``first`` data or others."""

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays
        self._held = self.first = [array.copy() for array in arrays]

    def are_first(self) -> bool:
        return all(same_bits(array, value) for array, value in zip(self._arrays, self.first, strict=True))

    def hold(self, values: list[Array]) -> None:
        if values is not self._held:
            for array, value in zip(self._arrays, values, strict=True):
                np.copyto(array, value)
        self._held = values
