"""One drawn network: its ports and hand-made copies, held against what the original gives when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.core.tensors import Array
from harness.porting.layers.layer import DiffersError, Framework, TranslationError
from harness.porting.networks.compare import compare
from harness.porting.networks.drawn import by_hand_keras, by_hand_pytorch
from harness.porting.networks.drawn.drawing import drawn, whole
from harness.porting.networks.drawn.faults import faults
from harness.porting.networks.drawn.steps import Drawing
from harness.porting.networks.porting import port
from harness.porting.networks.reader import to_nchw, to_nhwc
from harness.porting.networks.references import BATCH_NORM_ROUNDINGS, SIGMOID_ROUNDINGS

TRIES = 50
"""Networks that are drawn for a seed until one has a fault that shows."""


class Outcome(StrEnum):
    """What became of a port or a copy."""

    RIGHT = "right"
    ALONE = "right at one size alone"
    REFUSED = "refused by name"
    ACCUSED = "right and called wrong"
    WRONG = "wrong and called right"
    NAMED = "wrong and named"
    MISNAMED = "wrong and another layer named"


FAILING = (Outcome.ACCUSED, Outcome.WRONG, Outcome.MISNAMED)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a port or a copy, and why."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A network by its seed: its ports by framework, a right copy, and a copy with a fault, by the fault's name."""

    seed: int
    owner: Framework
    layers: int
    ports: Mapping[Framework, Finding]
    copy: Finding
    fault: str
    faulty: Finding


def prove(seed: int) -> Proof:
    """Draw, write, port and compare. Raises LookupError where none that is drawn runs, with a fault that shows."""
    import torch

    torch.set_num_threads(1)
    for attempt in range(TRIES):
        drawing = drawn(seed * TRIES + attempt)
        model = written(drawing, drawing.owner)
        first, second, third = drawing.sizes
        shapes = [(1, first), (2, first), (2, second), (1, third)]
        data = [whole((n, drawing.channels, *size), seed) for n, size in shapes]
        expected = _all_called(model, drawing.owner, data)
        if expected is None:
            continue
        shown = _shown(drawing, data, expected)
        if shown is None:
            continue
        targets: list[Framework] = [to for to in ("pytorch", "keras", "tensorflow") if to != drawing.owner]
        ports = {to: _ported(drawing, model, to, data, expected) for to in targets}
        copy = _copied(drawing, model, data)
        return Proof(seed, drawing.owner, len(drawing.steps), ports, copy, shown.fault, _judged(drawing, model, shown))
    raise LookupError(f"no network that is drawn for seed {seed} has a fault that shows")


def copied_in(drawing: Drawing) -> Framework:
    """The other framework, where it can state the network."""
    return "keras" if drawing.owner == "pytorch" and by_hand_keras.can_write(drawing) else "pytorch"


def written(drawing: Drawing, framework: Framework) -> Any:
    """By hand."""
    return by_hand_pytorch.write(drawing) if framework == "pytorch" else by_hand_keras.write(drawing)


def called(model: Any, framework: Framework, x: Array) -> Array:
    """The output of a model as it is called, (N, C, H, W)."""
    if framework == "pytorch":
        import torch

        with torch.no_grad():
            y: Array = model(torch.from_numpy(np.array(x))).numpy()
        return y
    import tensorflow as tf

    return to_nchw(model(tf.constant(to_nhwc(x))).numpy())


def same(drawing: Drawing, one: Array, other: Array) -> bool:
    """Whether two outputs are equal: in every bit, but for what sigmoids and batch normalizations may round.

    The numbers are whole, and variances such that the root is exact, so that nothing else is rounded. A vectorised
    reciprocal root need not be exact even then; each of the two outputs may be off by that of the largest number, and a
    sigmoid, which is at most a quarter as steep, by that of the largest number that it does not turn into one.
    """
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    y, unit = np.maximum(np.abs(one), np.abs(other)).astype(np.float64), DTYPES["float32"].unit_roundoff
    roundings = BATCH_NORM_ROUNDINGS * sum(step.kind == "batch_norm" for step in drawing.steps)
    if drawing.steps[-1].kind == "sigmoid":
        bound = error_bound(y, y, np.full((1, 1), SIGMOID_ROUNDINGS), DTYPES["float32"]) + np.finfo(np.float32).tiny
        bound = bound + roundings * unit * -np.log(unit) / 4
    else:
        bound = np.asarray(roundings * unit * np.max(y, initial=0.0))
    return bool(np.all(np.abs(one.astype(np.float64) - other) <= 2 * bound))


def _ported(drawing: Drawing, model: Any, to: Framework, data: list[Array], expected: list[Array]) -> Finding:
    try:
        made = port(model, to, data[0].shape)
    except DiffersError as error:
        return Finding(Outcome.ACCUSED, str(error))
    except TranslationError as error:
        accuses = "is not what it gives" in str(error) or "gives another output" in str(error)
        return Finding(Outcome.ACCUSED if accuses else Outcome.REFUSED, str(error))
    outcome = Outcome.RIGHT
    for x, y in zip(data, expected, strict=True):
        try:
            got = called(made, to, x)
        except Exception as error:
            if x.shape[2:] == data[0].shape[2:]:
                return Finding(Outcome.WRONG, f"it raises on {list(x.shape)}: {error}")
            outcome = Outcome.ALONE
            continue
        if not same(drawing, got, y):
            return Finding(Outcome.WRONG, f"another output on {list(x.shape)}")
    return Finding(outcome)


def _all_called(model: Any, framework: Framework, data: list[Array]) -> list[Array] | None:
    """The outputs of a model; None where the framework refuses its layers or their sizes."""
    try:
        return [called(model, framework, x) for x in data]
    except Exception:
        return None


def _copied(drawing: Drawing, model: Any, data: list[Array]) -> Finding:
    """Whether a right copy is called right."""
    framework = copied_in(drawing)
    copy = written(drawing, framework)
    if _all_called(copy, framework, data) is None:
        return Finding(Outcome.REFUSED, f"{framework} raises")
    try:
        found = [one for x in data for one in compare(model, copy, x) if one.differs]
    except TranslationError as error:
        return Finding(Outcome.REFUSED, str(error))
    return Finding(Outcome.ACCUSED, str(found[0])) if found else Finding(Outcome.RIGHT)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A copy with a fault in the step ``layer``, and the inputs for which its output is another one."""

    fault: str
    layer: str
    copy: Any
    data: list[Array]


def _shown(drawing: Drawing, data: list[Array], expected: list[Array]) -> _Shown | None:
    """The first fault, in a drawn order, that shows in an output."""
    choices = list(faults(drawing))
    order = np.random.default_rng(len(choices) + int(np.abs(data[0]).sum())).permutation(len(choices))
    for fault, layer, wrong in (choices[int(index)] for index in order):
        framework = copied_in(wrong)
        copy = written(wrong, framework)
        got = _all_called(copy, framework, data)
        if got is None:  # the fault leaves no output: nobody would miss it
            continue
        seen = [x for x, y, other in zip(data, expected, got, strict=True) if not same(drawing, other, y)]
        if seen:
            return _Shown(fault, layer, copy, seen)
    return None


def _judged(drawing: Drawing, model: Any, shown: _Shown) -> Finding:
    """Whether the fault is found wherever it shows, and its layer is named there."""
    name = node_named(drawing, shown.layer)
    for x in shown.data:
        try:
            found = [one for one in compare(model, shown.copy, x) if one.differs]
        except TranslationError as error:
            return Finding(Outcome.REFUSED, str(error))
        where = f"{shown.fault} in {name}, on {list(x.shape)}"
        if not found:
            return Finding(Outcome.WRONG, where)
        one = found[0]
        if not (f"{name} (" in one.apart if one.original is None else one.original.name == name):
            return Finding(Outcome.MISNAMED, f"{where}: {one}")
    return Finding(Outcome.NAMED)


def node_named(drawing: Drawing, layer: str) -> str:
    """What the harness calls a step of the original, by the rules of its framework."""
    step = next(one for one in drawing.steps if one.name == layer)
    if drawing.owner == "keras":
        within = {after: before for before, after in by_hand_keras.within(drawing).items()}
        return f"{within[layer]}_relu" if layer in within else layer
    if not by_hand_pytorch.is_function(step):
        return layer
    title = "cat" if step.kind == "concat" else step.kind
    before = [one for one in drawing.steps if one.kind == step.kind and by_hand_pytorch.is_function(one)].index(step)
    return f"{title}_{before}" if before else title
