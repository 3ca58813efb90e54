"""Worker processes in which translations and networks are run: one per framework, kept from one job to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from harness.adapters.crops import ConvTransposeAdapter, Expression
from harness.adapters.keras import Keras
from harness.adapters.program import Program
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.errors import WorkerFailedError, WorkerUnavailableError
from harness.core.outcome import Raised, Shaped, Value
from harness.engine.process import Worker, WorkerSpec
from harness.engine.protocol import job_of, outcome_of
from harness.operations.conv_transpose.data import Tensors
from harness.porting.layers.layer import TITLES, Framework, Layer, TranslationError

ADAPTERS: dict[Framework, type[ConvTransposeAdapter]] = {
    "pytorch": PyTorch,
    "keras": Keras,
    "tensorflow": TensorFlow,
}


class Workers:
    """One for each framework of ``specs``, started when first needed. A context manager; for use from one thread.

    ``idle`` is the word for what can't be done without them.
    """

    def __init__(self, specs: Mapping[Framework, WorkerSpec], idle: str) -> None:
        self._specs = specs
        self._idle = idle
        self._workers: dict[Framework, Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        while self._workers:
            self._workers.popitem()[1].close()

    def versions(self, frameworks: Sequence[Framework] = ()) -> dict[str, str]:
        """The versions in play, by name, of all frameworks unless some are given.

        Raises TranslationError where one cannot be started.
        """
        frameworks = frameworks or list(self._specs)
        missing = [name for name in frameworks if name not in self._workers]
        with ThreadPoolExecutor(max(len(missing), 1)) as pool:
            started = [(name, pool.submit(_start, self._specs[name])) for name in missing]
        problems = []
        for name, future in started:
            try:
                self._workers[name] = future.result()
            except WorkerUnavailableError as error:
                problems.append(f"{TITLES[name]} could not be started, so nothing can be {self._idle}: {error}")
        if problems:
            raise TranslationError("; ".join(problems))
        found = {key: value for name in frameworks for key, value in self._workers[name].versions.items()}
        return dict(sorted(found.items()))

    def answers(self, jobs: Mapping[Framework, Sequence[Mapping[str, Any]]]) -> dict[Framework, list[dict[str, Any]]]:
        """The answer to every job, framework by framework; the frameworks work at the same time.

        Raises TranslationError where a process dies or does not answer, after which all are closed.
        """
        self.versions(list(jobs))
        for name, requested in jobs.items():
            for job in requested:
                self._workers[name].send(job)
        answers: dict[Framework, list[dict[str, Any]]] = {}
        for name, requested in jobs.items():
            try:
                answers[name] = [self._workers[name].receive() for _ in requested]
            except WorkerFailedError as error:
                self.close()
                raise TranslationError(f"{TITLES[name]} gave no answer: {error}") from error
        return answers


def _start(spec: WorkerSpec) -> Worker:
    worker = Worker(spec)
    try:
        worker.start()
    except WorkerUnavailableError:
        worker.close()
        raise
    return worker


def text_program(text: str, layer: Layer, to: Framework, target: Expression) -> Program:
    """A program that runs ``text``, given the kernel as the layer's framework holds it and data as the target reads it.

    Gradients are recorded while PyTorch makes the layer, as in a program of its own.
    """
    arrays = ("kernel", "bias") if layer.case.bias else ("kernel",)
    build, last = [f"layer = make_layer({', '.join(arrays)})"], ""
    if to == "pytorch":
        build, last = ["with torch.enable_grad():", f"    {build[0]}"], ".detach()"
    seen = target.data_layout
    return Program(
        {},
        ("input",),
        (f"y = layer(x){last}",),
        build=tuple(build),
        arrays=arrays,
        imports=(text,),
        layouts={
            "input": ("NCHW", seen, seen),
            "output": ("NCHW", seen, seen),
            "kernel": ("IOHW", layer.kernel_layout, layer.kernel_layout),
        },
        dtype=layer.case.dtype,
    )


class LayerWorkers(Workers):
    """Where translations are run."""

    def __init__(self) -> None:
        specs = {
            name: WorkerSpec(f"{adapter.__module__}:{adapter.__name__}", adapter.environment, answer_limit=120.0)
            for name, adapter in ADAPTERS.items()
        }
        super().__init__(specs, "verified")

    def run(
        self, programs: Mapping[Framework, Sequence[Program]], tensors: Sequence[Tensors]
    ) -> dict[Framework, list[Value | Shaped | Raised]]:
        """The outcomes of programs on ``tensors``, each run twice to notice unstable results; see Workers.answers."""
        jobs = {
            name: [job_of(one, data, ["output"], runs=2) for one, data in zip(each, tensors, strict=True)]
            for name, each in programs.items()
        }
        return {name: [outcome_of(one["output"]) for one in found] for name, found in self.answers(jobs).items()}
