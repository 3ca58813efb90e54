"""One worker and the checks under way in it.

A lane keeps a few jobs under way; answers come in order, so when the worker dies or hangs the first unanswered job is
the one it was working on. That job gets the verdict, the others go to a new worker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from harness.adapters import Chosen
from harness.adapters.plan import Inexpressible, Plan
from harness.adapters.program import Program
from harness.case import AnyCase, Case, OutputName
from harness.check import Check, plan_check
from harness.comparator import Failed, Outcome, Raised, judge
from harness.errors import WorkerDiedError, WorkerHungError, WorkerUnavailableError
from harness.exhibit import Showcase
from harness.findings import Separation
from harness.known import KnownDivergences
from harness.operations import operation_of
from harness.outcomes import job_of, outcome_of
from harness.prepared import Prepared, Preparer
from harness.process import Worker, WorkerSpec
from harness.results import Judgement, Row, Verdict
from harness.separating import Separator

AHEAD = 8
AHEAD_BYTES = 64 << 20
RESTARTS = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask: runs of each call, and limits in seconds."""

    runs: int = 2
    answer_limit: float = 60.0
    start_limit: float = 300.0


@dataclass(frozen=True, slots=True)
class _Pending:
    check: Check
    plan: Plan | Program
    prepared: Prepared
    ended: Failed | None = None
    """How the process ended when it was asked for gradients too; then it is asked again, for the output alone."""

    @property
    def outputs(self) -> tuple[OutputName, ...]:
        return ("output",) if self.ended else self.check.outputs

    def job(self, runs: int) -> dict[str, object]:
        return {
            "adapter": self.check.chosen.target,
            **job_of(self.plan, self.prepared.tensors, self.outputs, runs),
        }


class Lane:
    """A worker, and the checks under way in it: of ``chosen`` or of adapters that share its process.

    For use from one thread, but any thread may ``stop`` it.
    """

    def __init__(
        self,
        chosen: Chosen,
        settings: Settings,
        known: KnownDivergences,
        preparer: Preparer | None = None,
        showcase: Showcase | None = None,
        separator: Separator | None = None,
    ) -> None:
        self._chosen = chosen
        self._separator = separator or Separator()
        self._preparer = preparer or Preparer()
        self._showcase = showcase
        self._settings = settings
        self._known = known
        self._worker: Worker | None = None
        self._starts = 0
        self._unavailable = ""
        self._stopped = False
        self._pending: deque[_Pending] = deque()
        self.versions: dict[str, str] = {}

    def run(self, checks: Iterable[Check]) -> Iterator[Row]:
        """The rows of each check, as the answers come."""
        return chain.from_iterable(self.answers(checks))

    def answers(self, checks: Iterable[Check]) -> Iterator[list[Row]]:
        """For each check its rows, one for each output that it came to."""
        for check in checks:
            if isinstance(check.plan, Inexpressible):
                yield [self._row(check, Judgement(Verdict.INEXPRESSIBLE, check.plan.reason))]
                continue
            pending = _Pending(check, check.plan, self._preparer.get(check.case, check.geometry))
            self._submit(pending)
            while self._full():
                yield self._next()
        while self._pending:
            yield self._next()

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def stop(self) -> None:
        """Kill the worker, for good: rows that still come say nothing about the framework."""
        self._stopped = True
        worker = self._worker
        if worker is not None:
            worker.kill()

    def _full(self) -> bool:
        many = len(self._pending) >= AHEAD or sum(item.prepared.size for item in self._pending) > AHEAD_BYTES
        return bool(self._pending) and (many or bool(self._unavailable))

    def _submit(self, pending: _Pending) -> None:
        self._pending.append(pending)
        if self._worker is None and not self._unavailable:
            self._start()
        elif self._worker is not None:
            self._worker.send(pending.job(self._settings.runs))

    def _start(self) -> None:
        """Start a worker and give it everything that is under way."""
        self._starts += 1
        spec = WorkerSpec(
            self._chosen.target,
            self._chosen.adapter.environment,
            start_limit=self._settings.start_limit,
            answer_limit=self._settings.answer_limit,
        )
        try:
            if self._stopped:
                raise WorkerUnavailableError("stopped")
            if self._starts > RESTARTS:
                raise WorkerUnavailableError(f"given up after {RESTARTS} restarts")
            worker = self._worker = Worker(spec)
            if self._stopped:
                worker.kill()
            worker.start()
        except WorkerUnavailableError as error:
            self._unavailable = str(error)
            self.close()
            return
        self.versions = worker.versions
        for item in self._pending:
            worker.send(item.job(self._settings.runs))

    def _next(self) -> list[Row]:
        """The rows of the oldest check under way."""
        outcomes = self._outcomes(self._pending[0])
        item = self._pending.popleft()
        failed = outcomes["output"]
        if self._worker is None and isinstance(failed, Failed) and len(item.outputs) > 1 and not self._unavailable:
            self._pending.appendleft(replace(item, ended=failed))
            self._start()
            return self._next()
        if self._worker is None and self._pending and not self._unavailable:
            self._start()
        if item.ended and not isinstance(failed, Failed | Raised):
            gradients = [name for name in item.check.outputs if name != "output"]
            outcomes |= dict.fromkeys(gradients, item.ended)
        rows: list[Row] = []
        for name, outcome in outcomes.items():
            rows.append(self._judged(item, name, outcome, rows[0] if rows else None))
        return rows

    def _judged(self, item: _Pending, name: OutputName, outcome: Outcome, before: Row | None) -> Row:
        check, case, truth = item.check, item.check.case, item.prepared.truth(name)
        judgement = judge(case, item.prepared.tensors, truth, outcome, name)
        separate = partial(self._separate, check.chosen)
        said = operation_of(case).explain(case, item.prepared, name, outcome, judgement, separate)
        row = self._known.explain(check.row(judgement, said, name, before), self.versions)
        if self._showcase is not None:
            self._showcase.add(row, case.dtype, truth, outcome)
        return row

    def _separate(self, chosen: Chosen, case: Case, names: Sequence[str]) -> Separation | None:
        """A case that ``chosen`` could be asked by name, and that tells the hypotheses called ``names`` apart."""
        named = replace(chosen, asked_by_name=True)

        def expresses(other: AnyCase) -> bool:
            check = plan_check(other, named)
            return check is not None and not isinstance(check.plan, Inexpressible)

        return self._separator.find(case, names, chosen.name, expresses)

    def _outcomes(self, item: _Pending) -> dict[OutputName, Outcome]:
        """What came back for each output; a process that ended says nothing about any but the first."""
        if self._worker is None:
            return {"output": Failed(Verdict.UNAVAILABLE, self._unavailable)}
        try:
            answer = self._worker.receive()
        except WorkerDiedError as error:
            self.close()
            return {"output": Failed(Verdict.CRASHES, str(error))}
        except WorkerHungError as error:
            self.close()
            return {"output": Failed(Verdict.HANGS, str(error))}
        return {name: outcome_of(answer[name]) for name in item.outputs if name in answer}

    def _row(self, check: Check, judgement: Judgement) -> Row:
        return self._known.explain(check.row(judgement), self.versions)
