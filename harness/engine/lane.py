"""One worker and the checks under way in it.

A lane keeps a few jobs under way; answers come in order, so when the worker dies or hangs the first unanswered job is
the one it was working on. Its call or its gradients get the verdict, by the parts of the answer that came; whether a
crash comes again is seen in a process that this check has to itself. The other jobs go to a new worker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from harness.adapters import Chosen
from harness.adapters.program import Inexpressible, Mistaken, Program
from harness.core.case import AnyCase, OutputName
from harness.core.comparator import whatever_the_order
from harness.core.errors import WorkerBrokenError, WorkerDiedError, WorkerHungError, WorkerUnavailableError
from harness.core.findings import Explanation, Separation
from harness.core.outcome import Failed, Outcome, Value
from harness.core.prepared import Prepared
from harness.core.readings import Judged, judge_together
from harness.core.results import Judgement, Row, Verdict
from harness.engine.cache import Preparer
from harness.engine.check import Check, plan_check
from harness.engine.disambiguation import Separator
from harness.engine.excerpts import Excerpts
from harness.engine.process import Worker, WorkerSpec
from harness.engine.protocol import fault_of, job_of, outcome_of, with_other_data
from harness.engine.repeated import judge_repeated
from harness.operations import operation_of
from harness.operations.conv_transpose.case import Case
from harness.suites.causes import Seen
from harness.suites.known_divergences import KnownDivergences

AHEAD = 24
AHEAD_BYTES = 64 << 20
TOGETHER = 8
"""Small jobs that go to a worker in one message: to wake it for each would cost as much as a small call does."""
SMALL_BYTES = 64 << 10
RESTARTS = 50
_ENDS = frozenset({Verdict.CRASHES, Verdict.HANGS})
_RIGHT_VALUES = frozenset({Verdict.EXACT, Verdict.WITHIN_BOUND})


@dataclass(frozen=True, slots=True)
class Settings:
    """How checks are run: runs of each call, and limits in seconds."""

    runs: int = 2
    answer_limit: float = 60.0
    start_limit: float = 300.0


@dataclass(frozen=True, slots=True)
class _Pending:
    check: Check
    plan: Program
    prepared: Prepared
    other: Prepared | None = None
    """Other data that it is run with too."""
    implied: bool = False
    """Whether the worker makes these."""

    def job(self, runs: int) -> dict[str, object]:
        job = job_of(self.plan, self.prepared.tensors, self.check.outputs, runs)
        case = self.check.case
        again = runs > 1 and not case.expect.error and not self.check.chosen.adapter.shape_only
        if again and (self.other is not None or self.implied):
            job = with_other_data(job, self.plan, None if self.other is None else self.other.tensors)
        refusable = case.expect.error or any(reading.refused for reading in case.expect.readings)
        return {"adapter": self.check.chosen.target, "refusable": refusable, **job}


Outcomes = dict[OutputName, Outcome]


class Lane:
    """A worker, and the checks under way in it: of ``chosen`` or of adapters that share its process.

    Its first one is ``worker``, where there is one in which ``chosen`` has begun.
    For use from one thread, but any thread may ``stop`` it.
    """

    def __init__(
        self,
        chosen: Chosen,
        settings: Settings,
        known: KnownDivergences,
        preparer: Preparer | None = None,
        showcase: Excerpts | None = None,
        separator: Separator | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._chosen = chosen
        self._separator = separator or Separator()
        self._preparer = preparer or Preparer()
        self._showcase = showcase
        self._settings = settings
        self._known = known
        self._worker = worker
        self._failures = 0
        self._unavailable: Failed | None = None
        self._stopped = False
        self._pending: deque[_Pending] = deque()
        self._unsent: list[_Pending] = []
        self.versions = {} if worker is None else worker.versions

    def run(self, checks: Iterable[Check]) -> Iterator[Row]:
        """The rows of each check, as the answers come."""
        return chain.from_iterable(self.answers(checks))

    def answers(self, checks: Iterable[Check]) -> Iterator[list[Row]]:
        """For each check its rows, one for each output that it came to.

        Those that need a process of their own come last, so that each costs one start.
        """
        alone: list[_Pending] = []
        for check in checks:
            if isinstance(check.plan, Mistaken):
                yield [self._row(check, Judgement(Verdict.ADAPTER_ERROR, check.plan.reason))]
                continue
            if isinstance(check.plan, Inexpressible):
                yield [self._row(check, Judgement(Verdict.INEXPRESSIBLE, check.plan.reason))]
                continue
            known = self._bounded(check)
            pending = self._prepared(known, check.plan)
            if known.isolated:
                alone.append(pending)
                continue
            self._submit(pending)
            while self._full():
                yield self._next()
        while self._pending:
            yield self._next()
        for pending in alone:
            yield self.judge(pending.check, pending.prepared, self._alone(pending) or self._outcomes(pending))

    def _bounded(self, check: Check) -> Check:
        """``check`` as the list has it be requested, which depends on the versions."""
        if self._worker is None and not (self.versions or self._unavailable):
            self._start()
        case, name, mode = check.case, check.chosen.name, check.chosen.adapter.mode
        withheld = self._known.withheld(case, name, mode, check.outputs, self.versions)
        isolated = check.isolated or self._known.isolates(case, name)
        return replace(check, withheld=withheld, isolated=isolated) if withheld or isolated else check

    def _prepared(self, check: Check, plan: Program) -> _Pending:
        prepared = self._preparer.get(check.case)
        again = self._settings.runs > 1 and not check.case.expect.error
        implied = again and operation_of(check.case).oracle.implies_other(check.case, prepared)
        other = self._preparer.other(prepared) if again and not (implied or plan.replaced) else None
        return _Pending(check, plan, prepared, other, implied)

    def close(self) -> None:
        """End the worker."""
        if (worker := self.release()) is not None:
            worker.close()

    def release(self) -> Worker | None:
        """The worker, if there is one, which is no longer the lane's to end."""
        worker, self._worker = self._worker, None
        return worker

    def stop(self) -> None:
        """Kill the worker, for good: rows that still come mean nothing for the framework."""
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
            self._unsent.append(pending)
            if len(self._unsent) >= TOGETHER or pending.prepared.size > SMALL_BYTES:
                self._send(self._unsent)

    def _send(self, items: Iterable[_Pending]) -> None:
        if self._worker is not None:
            self._worker.send(*(item.job(self._settings.runs) for item in items))
        self._unsent = []

    def _start(self) -> None:
        """Start a worker and give it everything that is under way."""
        if self._failures >= RESTARTS:
            self._unavailable = Failed(Verdict.BROKEN, f"given up after {RESTARTS} restarts")
        else:
            self._start_with(self._pending)

    def _start_with(self, items: Iterable[_Pending]) -> None:
        spec = WorkerSpec(
            self._chosen.target,
            self._chosen.adapter.environment,
            start_limit=self._settings.start_limit,
            answer_limit=self._settings.answer_limit,
        )
        try:
            if self._stopped:
                raise WorkerUnavailableError("stopped")
            worker = self._worker = Worker(spec)
            if self._stopped:
                worker.kill()
            worker.start()
        except WorkerUnavailableError as error:
            broken = isinstance(error, WorkerBrokenError)
            self._unavailable = Failed(Verdict.BROKEN if broken else Verdict.UNAVAILABLE, str(error))
            self.close()
            return
        self.versions = worker.versions
        self._send(items)

    def _next(self) -> list[Row]:
        """The rows of the oldest check under way."""
        item = self._pending[0]
        if self._unsent and self._unsent[0] is item:
            self._send(self._unsent)
        handed_on = self._worker is not None and self._worker.handed_on
        outcomes = self._outcomes(item)
        self._pending.popleft()
        if self._worker is None and not self._unavailable:
            self._failures += 1
            if self._is_news(item, outcomes) and not self._stopped:
                outcomes = _both(outcomes, self._alone(item), handed_on=handed_on)
            if self._pending and not self._unavailable:
                self._start()
        return self.judge(item.check, item.prepared, outcomes)

    def _is_news(self, item: _Pending, outcomes: Outcomes) -> bool:
        """Whether a crash is none that is listed, so that it matters whether it comes again."""
        return any(
            self._row(item.check, Judgement(Verdict.CRASHES, end.message), name).verdict is Verdict.CRASHES
            for name, outcome in outcomes.items()
            if (end := _end(outcome)) is not None and end.verdict is Verdict.CRASHES
        )

    def _alone(self, item: _Pending) -> Outcomes:
        """What comes of a check in a process that gets nothing else."""
        self.close()
        if not self._unavailable:
            self._start_with([item])
        outcomes = {} if self._worker is None else self._outcomes(item)
        self.close()
        return outcomes

    def judge(self, check: Check, prepared: Prepared, outcomes: Outcomes) -> list[Row]:
        """The rows of ``check``, of which ``outcomes`` came from the ``prepared`` data; this needs no worker."""
        other = partial(self._preparer.other, prepared)

        def judge_one(case: AnyCase, name: OutputName) -> Judged:
            return judge_repeated(case, prepared, outcomes[name], name, other)

        rows: list[Row] = []
        for name, judged in judge_together(check.case, outcomes, judge_one).items():
            rows.append(self._explained(check, name, judged, rows[0] if rows else None))
        if isinstance(outcomes["output"], Value):
            withheld = Judgement(Verdict.KNOWN)
            rows += [self._row(check, withheld, name, rows[0]) for name in check.withheld]
        return rows

    def _explained(self, check: Check, name: OutputName, judged: Judged, before: Row | None) -> Row:
        """The row of an output, with the reason for its verdict."""
        case, prepared, outcome = check.case, judged.prepared, judged.outcome
        judgement = whatever_the_order(case, prepared.reference(name), judged.judgement)
        found = judged.explanation
        if found is None and judgement.verdict in _RIGHT_VALUES:
            found = Explanation()  # there is nothing to explain
        elif found is None:
            separate = partial(self._separate, check.chosen)
            found = operation_of(case).explain(case, prepared, name, outcome, judgement, separate)
        seen = Seen(case, prepared, name, outcome, found.names, partial(self._preparer.other, prepared))
        row = self._known.explain(check.row(judgement, found.text, name, before), self.versions, case, seen)
        by_chance = row.message != judgement.message and row.verdict is Verdict.KNOWN
        if self._showcase is not None and not by_chance:
            self._showcase.add(row, case.dtype, prepared.reference(name), outcome)
        return row

    def _separate(self, chosen: Chosen, case: Case, names: Sequence[str]) -> Separation | None:
        """A case that ``chosen`` can express, and that distinguishes the hypotheses called ``names``."""
        named = replace(chosen, requested_by_name=True)

        def expresses(other: AnyCase) -> bool:
            check = plan_check(other, named)
            return check is not None and not isinstance(check.plan, Inexpressible)

        return self._separator.find(case, names, chosen.name, expresses)

    def _outcomes(self, item: _Pending) -> Outcomes:
        """What came back for each output.

        Where the process ended before it answered, that is the outcome of the call; where it ended afterwards, of the
        gradients.
        """
        worker = self._worker
        if worker is None:
            return {"output": self._unavailable or Failed(Verdict.BROKEN, "there is no worker")}
        try:
            answer, ended = worker.receive(), None
        except WorkerDiedError as error:
            answer, ended = worker.so_far, Failed(Verdict.CRASHES, str(error))
        except WorkerHungError as error:
            answer, ended = worker.so_far, Failed(Verdict.HANGS, str(error))
        outcomes: Outcomes = {
            name: fault_of(answer[name]) or outcome_of(answer[name]) for name in item.check.outputs if name in answer
        }
        if ended is not None:
            self.close()
            gradients = [name for name in item.check.outputs if name not in outcomes]
            outcomes = outcomes | dict.fromkeys(gradients, ended) if outcomes else {"output": ended}
        return outcomes

    def _row(self, check: Check, judgement: Judgement, output: OutputName = "output", before: Row | None = None) -> Row:
        return self._known.explain(check.row(judgement, output=output, before=before), self.versions, check.case)


def _both(first: Outcomes, second: Outcomes, *, handed_on: bool) -> Outcomes:
    """What to report of a check that crashed, from two processes: no end of either is lost, nor charged elsewhere.

    Where the first process was ``handed_on`` by another adapter, a crash that does not come again may be its doing.
    """
    if not second:
        return first
    found: Outcomes = {}
    for name in dict.fromkeys([*first, *second]):
        before, after = (_end(outcomes.get(name)) for outcomes in (first, second))
        end, when = before or after, ""
        if before is None:
            when = "in a second process, not in the first"
        elif after is None:
            when = f"did not come again in a second process{'; another adapter had the first one' if handed_on else ''}"
        elif after.verdict is not before.verdict:
            when = f"in a second process it {after.verdict}: {after.message}"
        if end is None:
            found[name] = first.get(name) or second[name]
        else:
            found[name] = replace(end, message=f"{end.message} ({when})") if when else end
    return found


def _end(outcome: Outcome | None) -> Failed | None:
    """How the process ended, a crash or a hang, or None."""
    return outcome if isinstance(outcome, Failed) and outcome.verdict in _ENDS else None
