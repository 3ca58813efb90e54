"""A call that is made several times: on the same data, and on other data in between.

Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.adapters.plan import Array, Plan, cotangents, finish, finish_form, finish_gradients, parts, same_bits

if TYPE_CHECKING:
    from harness.adapters.base import Adapter

Beat = Callable[[], None]
"""Says that a call begins."""


@dataclass(frozen=True, slots=True)
class Call:
    """``make`` makes the call; ``finish`` copies what it gave into arrays by the name of the output."""

    make: Callable[[], Any]
    finish: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Observed:
    """What several calls gave for one output: an array, or a form; ``first`` was copied before the next call began."""

    first: Any
    again: Array | None = None
    """What a later call on the same data gave, where its bits are others."""


def observe(call: Call, runs: int, beat: Beat) -> dict[str, Observed]:
    """Make ``call`` ``runs`` times; whatever it raises is the caller's."""
    beat()
    first = call.finish(call.make())
    again: dict[str, Array] = {}
    for _ in range(1, runs):
        beat()
        later = call.finish(call.make())
        again |= {name: later[name] for name in first if name not in again and not same_bits(first[name], later[name])}
    return {name: Observed(array, again.get(name)) for name, array in first.items()}


@dataclass(frozen=True, slots=True)
class Given:
    """The tensors of a plan: x (N, C_in, H, W), w (C_in, C_out/G, kH, kW), b (C_out) and g like the output."""

    x: Array
    w: Array
    b: Array | None = None
    g: Array | None = None


def forward_call(adapter: Adapter, plan: Plan, given: Given) -> Call:
    """``plan`` prepared on ``given``: its output (N, C_out, H_out, W_out) when the framework conforms."""
    calls = [adapter.prepare(plan.call, *tensors) for tensors in parts(plan, given.x, given.w, given.b)]
    if adapter.shape_only:
        return Call(lambda: [call() for call in calls], lambda results: {"output": finish_form(plan, results)})
    return Call(lambda: [call() for call in calls], lambda results: {"output": finish(plan, results, given.b)})


def gradient_call(adapter: Adapter, plan: Plan, given: Given) -> Call:
    """The gradients of ``sum(g * y)``, each shaped as its tensor, the bias's where the call adds it."""
    if given.g is None:
        raise ValueError("gradients need a cotangent")
    calls = [
        adapter.differentiate(plan.call, *tensors, cotangent)
        for tensors, cotangent in zip(parts(plan, given.x, given.w, given.b), cotangents(plan, given.g), strict=True)
    ]
    return Call(lambda: [call() for call in calls], lambda results: finish_gradients(plan, results))
