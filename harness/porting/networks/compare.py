"""Comparison of two live models that are meant to be the same, layer by layer, in the caller's process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import takewhile
from typing import Any

import numpy as np

from harness.core.results import Judgement, Verdict
from harness.core.tensors import Array, same_bits
from harness.porting.layers.layer import Framework, TranslationError
from harness.porting.layers.live_layers import owner_of
from harness.porting.networks.graph import Network, Shape, ordered
from harness.porting.networks.layer_checks import LayerFinding, Recall, judge_layers
from harness.porting.networks.reader import Answer, Reading, Weighted, refuse

Example = Array | Sequence[int]
ANOTHER_OUTPUT = "as it is called gives another output than its layers one by one"
MOST_TURNED = 16
"""Concatenations whose inputs are looked at in the opposite order."""


@dataclass(frozen=True, slots=True)
class PairFinding:
    """One layer of two models: the finding on either, ``ported`` under the name that the layer has there.

    Where the models are not joined alike from here on, ``apart`` describes it and there are no further findings.
    """

    original: LayerFinding | None
    ported: LayerFinding | None
    apart: str = ""

    @property
    def differs(self) -> bool:
        """Whether one of the two gives something else than the original's layer must."""
        return bool(self.apart) or any(one is not None and one.differs for one in (self.original, self.ported))

    def __str__(self) -> str:
        found = [one for one in (self.original, self.ported) if one is not None]
        wrong = [one for one in found if one.differs]
        return self.apart or "; ".join(map(str, wrong or found[-1:]))


def compare(model: Any, ported: Any, example: Example) -> list[PairFinding]:
    """Layer by layer, two models that are meant to compute the same, of any two frameworks or of one.

    The layers and weights of ``model`` define what is right; each layer of either is judged by the inputs that it got
    itself, so that what is found is found where it arises. ``example`` is an input (N, C, H, W) or the shape of one;
    what is right at one size may be wrong at another. Raises TranslationError for models with layers of other kinds,
    and where a model gives something else than its layers, which are then not known.
    """
    x, shape = input_of(example)
    one, other = side(owner_of(model)).read(model, shape), side(owner_of(ported)).read(ported, shape)
    x = x.astype(one.network.dtype)
    answers = one.run(x), other.run(x)
    for reading, answer, which in zip((one, other), answers, ("first", "second"), strict=True):
        require_whole(reading, answer, f"the {which} model")
    own = findings_of(one, answers[0], x)
    found = _paired(one, own, other, answers[1], x)
    if not any(pair.differs for pair in found):
        return found
    joined = [node.name for node in other.network.nodes if node.kind == "concat"][:MOST_TURNED]
    tries = [found, *(_paired(one, own, _turned(other, name), answers[1], x) for name in joined)]
    return min(tries, key=lambda pairs: (any(pair.apart for pair in pairs), sum(pair.differs for pair in pairs)))


def _turned(reading: Reading, name: str) -> Reading:
    """The same with the layers that lead to a concatenation in the opposite order, to find out whose inputs are."""
    network = reading.network
    nodes = ordered(network.nodes, network.nodes[-1].name, {name})
    return replace(reading, network=replace(network, nodes=nodes))


def _paired(one: Reading, own: Sequence[LayerFinding], other: Reading, answer: Answer, x: Array) -> list[PairFinding]:
    """The layers of two networks in their orders, those of the second judged as those of the first."""
    count = alike(one.network, other.network)
    findings = findings_of(one, renamed(one, other, answer), x)[:count]
    names = {node.name: same.name for node, same in zip(one.network.nodes, other.network.nodes, strict=False)}
    pairs = [
        PairFinding(finding, replace(found, name=names[found.name]))
        for finding, found in zip(own, findings, strict=False)
    ]
    if count == len(one.network.nodes) == len(other.network.nodes):
        return pairs
    return [*pairs, PairFinding(None, None, _parting(one.network, other.network, count))]


def require_whole(reading: Reading, answer: Answer, what: str) -> None:
    """Raise TranslationError where ``what`` as it is called gives another output than its layers one by one."""
    last = reading.network.nodes[-1]
    if not _is_whole(reading.network, answer):
        raise refuse(last.name, last.kind, f"{what} {ANOTHER_OUTPUT}, so what it computes is not followed")


def _is_whole(network: Network, answer: Answer) -> bool:
    """Whether the model as it is called gave the output of its last layer, where both are known."""
    last = answer.outputs.get(network.nodes[-1].name)
    return answer.called is None or last is None or np.array_equal(answer.called, last, equal_nan=True)


def side(framework: Framework) -> Any:
    """The module that reads and writes the models of a framework."""
    return import_module(f"harness.porting.networks.{framework}")


def alike(one: Network, other: Network) -> int:
    """How many layers of two networks, from the first on, are of the same kinds."""
    pairs = zip(one.nodes, other.nodes, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].kind == pair[1].kind, pairs))


def renamed(source: Weighted, result: Weighted, answer: Answer) -> Answer:
    """``answer`` under the names that the source gives to the layers, as far as the networks are alike."""
    pairs = list(zip(source.network.nodes, result.network.nodes, strict=False))[: alike(source.network, result.network)]
    outputs = {node.name: answer.outputs[same.name] for node, same in pairs if same.name in answer.outputs}
    return replace(answer, outputs=outputs)


def findings_of(source: Weighted, answer: Answer, x: Array, recall: Recall | None = None) -> list[LayerFinding]:
    """A finding for each layer; the last is wrong, too, where the model as it is called gives another output."""
    network = source.network
    findings = judge_layers(network, source.weights, x, answer.outputs, answer.error, recall)
    if any(one.differs for one in findings):
        return findings
    last = network.nodes[-1]
    if not _is_whole(network, answer):
        judgement = Judgement(Verdict.UNSTABLE, f"the model {ANOTHER_OUTPUT}")
        findings[-1] = LayerFinding(last.name, last.kind, judgement)
    elif answer.error:
        findings[-1] = LayerFinding(last.name, last.kind, Judgement(Verdict.REJECTS, answer.error))
    return findings


def changed_weights(source: Weighted, result: Weighted) -> list[str]:
    """The weights of the source, by name, that are not the same bit by bit in the result."""
    changed = []
    for index, node in enumerate(source.network.nodes):
        name = result.network.nodes[index].name if index < len(result.network.nodes) else node.name
        for role in node.operation.roles:
            one, other = source.weights.get(f"{node.name}.{role}"), result.weights.get(f"{name}.{role}")
            same = one is other or (one is not None and other is not None and same_bits(one, other))
            changed += [] if same else [f"{node.name}.{role}"]
    return changed


def _parting(one: Network, other: Network, count: int) -> str:
    ends = [
        f"{network.nodes[count].name} ({network.nodes[count].kind})" if count < len(network.nodes) else "nothing more"
        for network in (one, other)
    ]
    after = f"after {one.nodes[count - 1].name} ({one.nodes[count - 1].kind})" if count else "at the beginning"
    return f"{after} the models part: {ends[0]} comes in the first, {ends[1]} in the second"


def input_of(example: Example) -> tuple[Array, Shape]:
    """The input and its shape; drawn with a fixed seed where only a shape is given."""
    if isinstance(example, np.ndarray):
        x = example
    else:
        if not (len(example) == 4 and all(isinstance(n, int) and n > 0 for n in example)):
            raise TranslationError("the example is neither an array (N, C, H, W) nor such a shape")
        x = drawn_input(example)
    if x.ndim != 4 or not np.issubdtype(x.dtype, np.floating):
        raise TranslationError("the example is no array (N, C, H, W) of floating point numbers")
    n, c, h, w = x.shape
    return x, (n, c, h, w)


def drawn_input(shape: Sequence[int]) -> Array:
    """Normal numbers in float64, always the same for a shape."""
    return np.random.default_rng(0).normal(size=tuple(shape))
