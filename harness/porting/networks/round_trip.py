"""A published network through the frameworks and back, each in a process of its own; this one imports none of them."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.tensors import Array
from harness.engine.process import WorkerSpec
from harness.porting.layers.layer import TITLES, Framework, TranslationError
from harness.porting.networks.compare import changed_weights, drawn_input, findings_of, renamed
from harness.porting.networks.example_models import WIDTH, ExampleModel
from harness.porting.networks.fault_injection import Planted, plant
from harness.porting.networks.graph import Network
from harness.porting.networks.layer_checks import LayerFinding, Recall
from harness.porting.networks.reader import Ran
from harness.porting.workers import ADAPTERS, Workers

OTHER: dict[Framework, Framework] = {"pytorch": "keras", "keras": "pytorch"}
_ADAPTERS = {name: ADAPTERS[name] for name in OTHER}


@dataclass(frozen=True, slots=True)
class Stage:
    """A network in one framework: its layers' findings against the original, and which weights are not the same."""

    framework: Framework
    findings: tuple[LayerFinding, ...]
    changed: tuple[str, ...]
    again: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.framework] + (" again" if self.again else "")

    @property
    def first(self) -> LayerFinding | None:
        """The first layer that differs."""
        return next((finding for finding in self.findings if finding.differs), None)


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What became of a network: its stages, in order, and the layer in which a fault was planted, if one was."""

    published: ExampleModel
    network: Network
    elements: int
    stages: tuple[Stage, ...]
    planted: str = ""

    @property
    def conforms(self) -> bool:
        """Whether no layer differs in any stage and no weight was changed."""
        return all(stage.first is None and not stage.changed for stage in self.stages)


class NetworkWorkers(Workers):
    """The processes that make, read and run networks."""

    def __init__(self) -> None:
        specs = {
            name: WorkerSpec(name, adapter.environment, answer_limit=300.0, far_side="harness.porting.networks.worker")
            for name, adapter in _ADAPTERS.items()
        }
        super().__init__(specs, "ported")

    def run(self, framework: Framework, job: Mapping[str, Any]) -> Ran:
        """Make, read and run a network. Raises TranslationError where the framework cannot, or gives no answer."""
        process: Framework = "keras" if framework == "tensorflow" else framework
        (answer,) = self.answers({process: [{**job, "framework": framework}]})[process]
        if "refused" in answer:
            raise TranslationError(f"{TITLES[framework]}: {answer['refused']}")
        ran: Ran = pickle.loads(answer["ran"])  # noqa: S301 - from the process that this one started
        return ran


def run_round_trip(
    workers: NetworkWorkers,
    published: ExampleModel,
    start: Framework = "pytorch",
    fault: Planted | None = None,
    width: int = WIDTH,
) -> RoundTrip | None:
    """``published`` from ``start`` to the other framework and back, and to plain ``tf.nn``.

    A ``fault`` is planted in every port; None where no layer of the network can have it. Raises TranslationError where
    a framework cannot state a layer, or gives no answer.
    """
    x = drawn_input(published.shape).astype("float32")
    job: dict[str, Any] = {"shape": published.shape, "x": x}
    source = workers.run(start, {**job, "published": published.name, "width": width})
    network, weights, layer = source.network, source.weights, ""
    if fault is not None:
        planted = plant(fault, network, weights)
        if planted is None:
            return None
        layer, network, weights = planted
    recall = Recall()
    stages = [_stage(source, source, start, x, recall)]
    job |= {"network": network, "weights": weights}
    other = workers.run(OTHER[start], job)
    stages.append(_stage(source, other, OTHER[start], x, recall))
    again = workers.run(start, {**job, "network": other.network, "weights": other.weights})
    stages.append(_stage(source, again, start, x, recall, again=True))
    stages.append(_stage(source, workers.run("tensorflow", job), "tensorflow", x, recall))
    elements = sum(array.size for array in source.weights.values())
    return RoundTrip(published, source.network, elements, tuple(stages), layer)


def _stage(source: Ran, ran: Ran, framework: Framework, x: Array, recall: Recall, *, again: bool = False) -> Stage:
    """Held against the source's network and weights, layer by layer."""
    findings = findings_of(source, renamed(source, ran, ran.answer), x, recall)
    return Stage(framework, tuple(findings), tuple(changed_weights(source, ran)), again)
