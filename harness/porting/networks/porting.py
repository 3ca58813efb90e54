"""Ports of whole live models, in the caller's process, returned only after they were run at several sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from typing import Any

from harness.core.results import Verdict
from harness.core.tensors import Array
from harness.porting.layers.layer import TITLES, DiffersError, Framework, TranslationError
from harness.porting.layers.live_layers import owner_of
from harness.porting.networks.compare import (
    Example,
    changed_weights,
    drawn_input,
    findings_of,
    input_of,
    renamed,
    require_whole,
    side,
)
from harness.porting.networks.graph import Network, Only
from harness.porting.networks.reader import Answer, RaisesError, Reading, refuse
from harness.porting.networks.sizes import many_sizes, other_sizes, settled

OTHERS = 2
"""Sizes besides that of the example at which a port is run."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The model as it is read at one size, an input and what it gave for it."""

    reading: Reading
    x: Array
    answer: Answer


def port(model: Any, to: Framework, example: Example) -> Any:
    """A live model of ``to`` that computes what ``model`` does in inference, with a copy of its weights.

    ``model`` is a torch.nn.Module in evaluation mode, a built Functional or Sequential keras.Model, or what a port
    returned. ``example`` is an input (N, C, H, W), whatever the framework, or the shape of one to be drawn; the result
    reads its framework's usual layout (PyTorch NCHW, the others NHWC). It reads any size: padding that depends on it,
    as that of Keras' ``same`` with strides above 1, is computed when it is called. Where other settings depend on the
    size, or the model takes no two other sizes, the result takes that of the example alone, and raises at another.

    Both are run on the example and at two other sizes, of other parity and with a batch of one more, at which the model
    does not raise; each layer must lie within the rounding bound of what is right for the inputs that it got, and the
    weights of the result must be equal bit by bit. Raises harness.porting.TranslationError where they are not,
    naming the first layer that differs and what it did, and for layers of other kinds and settings and what is not
    followed.
    """
    owner = owner_of(model)
    if to not in TITLES:
        raise TranslationError(f"there is no framework {to!r}; networks are ported to {', '.join(TITLES)}")
    if to == owner:
        raise TranslationError(f"the model is one of {TITLES[to]} already")
    x, shape = input_of(example)
    source = side(owner).read(model, shape)
    x = x.astype(source.network.dtype)
    first = _Seen(source, x, source.run(x))
    _require_read(first, TITLES[owner])
    network, others = _for_all_sizes(model, owner, first)
    made = side(to).write(network, source.weights)
    for seen in [first, *others]:
        if seen is not first:
            _require_read(seen, TITLES[owner])
        result = side(to).read(made, seen.reading.network.shape)
        _require_same(seen, result, f"its port to {TITLES[to]}")
        if changed := changed_weights(source, result):
            raise DiffersError(f"the weights of {', '.join(changed)} are not those of the original")
    return made


def _for_all_sizes(model: Any, owner: Framework, first: _Seen) -> tuple[Network, list[_Seen]]:
    """What the model computes at every size, or at that of ``first`` alone, and other inputs on which that was seen."""
    network = first.reading.network
    batch, _, *size = network.shape
    for other, only in ((batch + 1, None), (batch, batch)):
        tries = (_attempt(model, owner, first, (other, *pair)) for pair in other_sizes((size[0], size[1])))
        others = list(islice(filter(None, tries), OTHERS))
        if len(others) < OTHERS:
            continue
        try:
            found = _settled(model, owner, [first, *others])
        except TranslationError:  # a layer is another one at another size
            break
        return replace(found, only=None if only is None else (only, None, None)), others
    again = _attempt(model, owner, first, (batch + 1, size[0], size[1]))
    if again is not None and again.reading.network.nodes != network.nodes:
        again = None
    alone: Only = (batch if again is None else None, size[0], size[1])
    return replace(network, only=alone), [] if again is None else [again]


def _settled(model: Any, owner: Framework, seen: list[_Seen]) -> Network:
    """The settings that hold at all sizes; where they are computed from sizes, at many of them."""
    readings = [one.reading for one in seen]
    networks = [one.network for one in readings]
    if any(one.sized for one in readings) or any(one.nodes != networks[0].nodes for one in networks):
        batch, channels, *_ = networks[0].shape
        sizes = [(one.shape[2], one.shape[3]) for one in networks]
        for height, width in chain.from_iterable(many_sizes(*pair) for pair in pairwise(sizes)):
            try:
                networks.append(side(owner).read(model, (batch, channels, height, width)).network)
            except RaisesError:
                continue
    return settled(networks)


def _attempt(model: Any, owner: Framework, first: _Seen, shape: tuple[int, int, int]) -> _Seen | None:
    """The model at another (N, H, W), unless it raises there. Raises TranslationError for what is not ported there."""
    batch, height, width = shape
    whole = (batch, first.x.shape[1], height, width)
    try:
        reading = side(owner).read(model, whole)
    except RaisesError:
        return None
    x = drawn_input(whole).astype(first.x.dtype)
    answer = reading.run(x)
    return None if answer.error else _Seen(reading, x, answer)


def _require_read(seen: _Seen, title: str) -> None:
    """Raise TranslationError where the model does not give what was read of it; that is no fault of it."""
    require_whole(seen.reading, seen.answer, f"{title}'s model")
    for finding in findings_of(seen.reading, seen.answer, seen.x):
        if finding.differs:
            where = f"on an input of shape {list(seen.x.shape)}, what is read of {title}'s model is not what it gives"
            raise TranslationError(f"{where}, so it is not ported: first in layer {finding}")


def _require_same(seen: _Seen, result: Reading, what: str) -> None:
    """Raise DiffersError about the first layer that differs in the port."""
    answer = renamed(seen.reading, result, result.run(seen.x))
    for finding in findings_of(seen.reading, answer, seen.x):
        if finding.judgement.verdict is Verdict.REJECTS:
            raise refuse(finding.name, finding.kind, f"{what} raises: {finding.judgement.message}")
        if finding.differs:
            where = f"on an input of shape {list(seen.x.shape)}"
            raise DiffersError(f"{what} differs, {where}, first in layer {finding}")
