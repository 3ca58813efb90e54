"""Where calls and translations are run: one worker process per framework, kept from one translation to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.plan import Plan
from harness.core.outcome import Raised, Shaped, Value
from harness.engine.process import WorkerSpec
from harness.engine.protocol import job_of, outcome_of
from harness.operations.conv_transpose.data import Tensors
from harness.porting.layers.layer import Framework, Layer
from harness.porting.layers.texts import TEXT, KerasTexts, PyTorchTexts, TensorFlowTexts
from harness.porting.layers.workers import Workers

ADAPTERS: dict[Framework, type[Adapter]] = {
    "pytorch": PyTorchTexts,
    "keras": KerasTexts,
    "tensorflow": TensorFlowTexts,
}
Job = dict[str, Any]


def probe_job(plan: Plan, tensors: Tensors) -> Job:
    """What a worker is sent: a plan and the tensors of one probe. It runs twice, to notice unstable results."""
    return job_of(plan, tensors, ["output"], runs=2)


def text_plan(text: str, layer: Layer, target: Plan) -> Plan:
    """A plan that runs ``text``, given the kernel as the layer's framework holds it and data as the target reads it."""
    return Plan(
        route="native",
        call={TEXT: text},
        data_layout=target.data_layout,
        given_layout=target.data_layout,
        kernel_layout=layer.kernel_layout,
        bias="native" if layer.case.bias else "none",
    )


class LayerWorkers(Workers):
    """Where translations are run."""

    def __init__(self) -> None:
        targets = {name: f"{adapter.__module__}:{adapter.__name__}" for name, adapter in ADAPTERS.items()}
        specs = {
            name: WorkerSpec(targets[name], adapter.environment, answer_limit=120.0)
            for name, adapter in ADAPTERS.items()
        }
        super().__init__(specs, "verified")

    def run(self, jobs: Mapping[Framework, Sequence[Job]]) -> dict[Framework, list[Value | Raised]]:
        """The outcome of every job; see Workers.ask."""
        return {name: [_output(answer) for answer in answers] for name, answers in self.ask(jobs).items()}


def _output(answer: Mapping[str, Any]) -> Value | Raised:
    outcome = outcome_of(answer["output"])
    if isinstance(outcome, Shaped):
        raise TypeError("a translation gives values")
    return outcome
