"""Where calls and translations are run: one worker process per framework, kept from one translation to the next."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from harness.adapters.base import Adapter
from harness.adapters.plan import Plan
from harness.adapters.texts import TEXT, KerasTexts, PyTorchTexts, TensorFlowTexts
from harness.comparator import Raised, Shaped, Value
from harness.data import Tensors
from harness.errors import WorkerFailedError, WorkerUnavailableError
from harness.outcomes import job_of, outcome_of
from harness.process import Worker, WorkerSpec
from harness.translate.layer import TITLES, Framework, Layer, TranslationError

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


class Lab:
    """Workers by framework, started when first needed. A context manager; for use from one thread."""

    def __init__(self, start_limit: float = 300.0, answer_limit: float = 120.0) -> None:
        self._limits = (start_limit, answer_limit)
        self._workers: dict[Framework, Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers."""
        while self._workers:
            self._workers.popitem()[1].close()

    def versions(self, frameworks: Sequence[Framework]) -> dict[str, str]:
        """The versions in play, by name. Raises TranslationError where a framework cannot be started."""
        missing = [name for name in frameworks if name not in self._workers]
        with ThreadPoolExecutor(max(len(missing), 1)) as pool:
            started = [(name, pool.submit(self._start, name)) for name in missing]
        problems = []
        for name, future in started:
            try:
                self._workers[name] = future.result()
            except WorkerUnavailableError as error:
                problems.append(f"{TITLES[name]} could not be started, so nothing can be verified: {error}")
        if problems:
            raise TranslationError("; ".join(problems))
        found = {key: value for name in frameworks for key, value in self._workers[name].versions.items()}
        return dict(sorted(found.items()))

    def run(self, jobs: Mapping[Framework, Sequence[Job]]) -> dict[Framework, list[Value | Raised]]:
        """The outcome of every job, framework by framework; the frameworks work at the same time.

        Raises TranslationError where a process dies or does not answer.
        """
        self.versions(list(jobs))
        for name, asked in jobs.items():
            for job in asked:
                self._workers[name].send(job)
        outcomes: dict[Framework, list[Value | Raised]] = {}
        for name, asked in jobs.items():
            try:
                outcomes[name] = [_output(self._workers[name].receive()) for _ in asked]
            except WorkerFailedError as error:
                self.close()
                raise TranslationError(f"{TITLES[name]} gave no answer: {error}") from error
        return outcomes

    def _start(self, name: Framework) -> Worker:
        adapter = ADAPTERS[name]
        target = f"{adapter.__module__}:{adapter.__name__}"
        start_limit, answer_limit = self._limits
        worker = Worker(WorkerSpec(target, adapter.environment, sys.executable, start_limit, answer_limit))
        try:
            worker.start()
        except WorkerUnavailableError:
            worker.close()
            raise
        return worker


def _output(answer: Mapping[str, Any]) -> Value | Raised:
    outcome = outcome_of(answer["output"])
    if isinstance(outcome, Shaped):
        raise TypeError("a translation gives values")
    return outcome
