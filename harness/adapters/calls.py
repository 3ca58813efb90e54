"""A call that is made several times: on the same data, and on other data in between.

Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.adapters.plan import Form, Plan, cotangents, finish, finish_form, finish_gradients, parts
from harness.adapters.program import Program
from harness.adapters.text import run_text, text_of
from harness.core.tensors import Array, same_bits
from harness.operations.conv_transpose.other_data import Given

if TYPE_CHECKING:
    from harness.adapters.base import Adapter

Beat = Callable[[], None]
"""Says that a call begins."""


@dataclass(frozen=True, slots=True)
class Call:
    """``make`` makes the call; ``finish`` copies what it gave into arrays by the name of the output.

    ``unspoilt`` says, after the call, whether its data are still as they were.
    """

    make: Callable[[], Any]
    finish: Callable[[Any], Mapping[str, Any]]
    unspoilt: Callable[[], bool] = lambda: True


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
    """Make ``call`` ``runs`` times, with ``other`` after the first; whatever they raise is the caller's."""
    beat()
    kept = call.make()
    first = call.finish(kept)
    second: Mapping[str, Array] = {}
    after: Mapping[str, Array] = first
    if other is not None and runs > 1 and call.unspoilt():
        beat()
        second = other.finish(other.make())
        after = call.finish(kept)
    again: dict[str, Array] = {}
    for _ in range(1, runs):
        beat()
        later = call.finish(call.make())
        again |= {name: later[name] for name in first if name not in again and not same_bits(first[name], later[name])}
    return {
        name: Observed(
            array,
            again.get(name),
            None if name not in second or follows(name, array, second[name]) else second[name],
            None if after[name] is array or same_bits(array, after[name]) else after[name],
        )
        for name, array in first.items()
    }


def forward_calls(adapter: Adapter, plan: Plan, given: Given, other: Given | None) -> tuple[Call, Call | None]:
    """``plan`` on ``given``, and on ``other`` data if there are any.

    The output is (N, C_out, H_out, W_out) when the framework conforms.
    """

    def finished(data: Given) -> Callable[[Any], Mapping[str, Any]]:
        if adapter.shape_only:
            return lambda results: {"output": finish_form(plan, results)}
        return lambda results: {"output": finish(plan, results, data.b)}

    def tensors(data: Given) -> list[Tensors]:
        return list(parts(plan, data.x, data.w, data.b))

    return _calls(adapter, partial(adapter.prepare, plan.call), tensors, finished, given, other)


def gradient_calls(adapter: Adapter, plan: Plan, given: Given, other: Given | None) -> tuple[Call, Call | None]:
    """The gradients of ``sum(g * y)``, each shaped as its tensor, the bias's where the call adds it."""

    def tensors(data: Given) -> list[Tensors]:
        if data.g is None:
            raise ValueError("gradients need a cotangent")
        split = zip(parts(plan, data.x, data.w, data.b), cotangents(plan, data.g), strict=True)
        return [(*tensors, cotangent) for tensors, cotangent in split]

    prepare = partial(adapter.differentiate, plan.call)
    return _calls(adapter, prepare, tensors, lambda _: partial(finish_gradients, plan), given, other)


def program_calls(
    adapter: Adapter,
    program: Program,
    given: Mapping[str, Array],
    other: Mapping[str, Array] | None,
    requested: Sequence[str],
    *,
    gradient: bool = False,
) -> tuple[Call, Call | None]:
    """``program`` or its gradients on the arrays ``given`` by name, and on ``other`` ones if there are any.

    ``requested`` names the outputs that are of use.
    """
    functions = run_text(text_of(program, adapter.runtime, gradient=gradient), program.handed)
    names = [*program.given, *(["cotangent"] if gradient else [])]

    def arranged(arrays: Mapping[str, Array]) -> list[Tensors]:
        found = [arrays[name] for name in names]
        return [tuple(functions["arrange"](*found)) if "arrange" in functions else tuple(found)]

    def finish(results: list[Any]) -> dict[str, Any]:
        if adapter.shape_only:
            return {"output": Form(*results[0]["output"])}
        return {name: np.array(results[0][name], order="C") for name in requested}

    prepare = functions["prepare"]
    return _calls(adapter, prepare, arranged, lambda _: finish, given, other)


Tensors = tuple[Array | None, ...]


def _calls(
    adapter: Adapter,
    prepare: Callable[..., Callable[[], Any]],
    tensors: Callable[[Any], list[Tensors]],
    finished: Callable[[Any], Callable[[Any], Mapping[str, Any]]],
    given: Any,
    other: Any,
) -> tuple[Call, Call | None]:
    first = tensors(given)
    calls = [prepare(*one) for one in first]

    def make() -> list[Any]:
        return [call() for call in calls]

    if other is None:
        return Call(make, finished(given)), None
    second = tensors(other)
    if not adapter.reusable:
        return Call(make, finished(given)), Call(lambda: [prepare(*one)() for one in second], finished(other))
    held = _Held(first, second)

    def made(hold: Callable[[], None]) -> list[Any]:
        hold()
        return make()

    return (
        Call(partial(made, held.hold_first), finished(given), held.are_first),
        Call(partial(made, held.hold_second), finished(other)),
    )


class _Held:
    """The arrays that prepared calls read, which hold one or the other data."""

    def __init__(self, arrays: list[Tensors], second: list[Tensors]) -> None:
        self._arrays = [array for one in arrays for array in one if array is not None]
        self._first = [array.copy() for array in self._arrays]
        self._second = [array for one in second for array in one if array is not None]
        self._changed = False

    def are_first(self) -> bool:
        return all(same_bits(array, value) for array, value in zip(self._arrays, self._first, strict=True))

    def hold_first(self) -> None:
        if self._changed:
            self._hold(self._first)
        self._changed = False

    def hold_second(self) -> None:
        self._hold(self._second)
        self._changed = True

    def _hold(self, values: list[Array]) -> None:
        for array, value in zip(self._arrays, values, strict=True):
            np.copyto(array, value)
