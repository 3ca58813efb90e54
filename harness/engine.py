"""Ask every adapter every case, each adapter in a process of its own, and turn what comes back into rows.

Lanes run in parallel. A lane keeps a few jobs under way in one worker; answers come in order, so when the
worker dies or hangs the first unanswered job is the one it was working on. That job gets the verdict, the
others go to a new worker.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from shlex import quote

from harness.adapters import Chosen
from harness.adapters.plan import Inexpressible, Plan
from harness.case import Case
from harness.comparator import Failed, Outcome, Raised, Value, judge
from harness.diagnosis import explain
from harness.dialects import lower
from harness.errors import WorkerDiedError, WorkerHungError, WorkerUnavailableError
from harness.geometry import Geometry
from harness.known import KnownDivergences
from harness.prepared import Prepared, Preparer
from harness.process import Worker, WorkerSpec
from harness.results import Judgement, Row, Verdict
from harness.worker import pack, unpack

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
class Check:
    """One case on one adapter, planned."""

    case: Case
    chosen: Chosen
    geometry: Geometry | None
    plan: Plan | Inexpressible

    def row(self, judgement: Judgement, diagnosis: str = "") -> Row:
        """The report row for ``judgement``."""
        plan = self.plan
        return Row(
            case=self.case.name,
            adapter=self.chosen.name,
            mode=self.chosen.adapter.modes[0],
            output="output",
            route=plan.route if isinstance(plan, Plan) else "inexpressible",
            verdict=judgement.verdict,
            observed=judgement.verdict,
            error_over_bound=judgement.error_over_bound,
            ulps=judgement.ulps,
            message=judgement.message,
            diagnosis=diagnosis,
            repeat=f"harness run {quote(self.case.selector)} -a {quote(self.chosen.asked_as)}",
        )


def is_asked(case: Case, chosen: Chosen) -> bool:
    """Whether ``case`` concerns an adapter.

    Its own dialect's cases always do. Errors and ambiguities are a matter of one dialect; every other case is asked
    of every adapter, except of a variant that was not asked for by name.
    """
    if case.dialect == chosen.adapter.dialect:
        return True
    return not case.nominal and (chosen.asked_by_name or not chosen.adapter.variant)


def plan_check(case: Case, chosen: Chosen) -> Check | None:
    """The check of ``case`` on ``chosen``; None where it does not concern the adapter."""
    adapter = chosen.adapter
    if not is_asked(case, chosen):
        return None
    geometry = None if case.nominal else lower(case)
    if case.dtype not in adapter.dtypes:
        plan: Plan | Inexpressible = Inexpressible(f"{chosen.name} does not compute in {case.dtype}")
    else:
        plan = adapter.plan(case, geometry)
    return Check(case, chosen, geometry, plan)


@dataclass(frozen=True, slots=True)
class _Pending:
    check: Check
    plan: Plan
    prepared: Prepared

    def job(self, runs: int) -> dict[str, object]:
        tensors = self.prepared.tensors
        return {
            "plan": self.plan.to_dict(),
            "tensors": tuple(None if t is None else pack(t) for t in (tensors.x, tensors.w, tensors.b)),
            "runs": runs,
        }


class Lane:
    """One adapter's worker and the checks under way in it. For use from one thread, but any thread may ``stop`` it."""

    def __init__(
        self, chosen: Chosen, settings: Settings, known: KnownDivergences, preparer: Preparer | None = None
    ) -> None:
        self._chosen = chosen
        self._preparer = preparer or Preparer()
        self._settings = settings
        self._known = known
        self._worker: Worker | None = None
        self._starts = 0
        self._unavailable = ""
        self._stopped = False
        self._pending: deque[_Pending] = deque()
        self.versions: dict[str, str] = {}

    def run(self, checks: Iterable[Check]) -> Iterator[Row]:
        """A row for each check, as the answers come."""
        for check in checks:
            if isinstance(check.plan, Inexpressible):
                yield self._row(check, Judgement(Verdict.INEXPRESSIBLE, check.plan.reason))
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

    def _next(self) -> Row:
        """The row of the oldest check under way."""
        outcome = self._outcome()
        item = self._pending.popleft()
        case, prepared = item.check.case, item.prepared
        judgement = judge(case, prepared.tensors, prepared.reference, outcome)
        if self._worker is None and self._pending and not self._unavailable:
            self._start()
        return self._row(item.check, judgement, explain(case, prepared.reference, outcome, judgement))

    def _outcome(self) -> Outcome:
        if self._worker is None:
            return Failed(Verdict.UNAVAILABLE, self._unavailable)
        try:
            answer = self._worker.receive()
        except WorkerDiedError as error:
            self.close()
            return Failed(Verdict.CRASHES, str(error))
        except WorkerHungError as error:
            self.close()
            return Failed(Verdict.HANGS, str(error))
        if "error" in answer:
            return Raised(answer["error"], answer["message"])
        return Value(unpack(answer["output"]), answer["stable"])

    def _row(self, check: Check, judgement: Judgement, diagnosis: str = "") -> Row:
        return self._known.explain(check.row(judgement, diagnosis), self.versions)


@dataclass(slots=True)
class _Queue:
    """Checks of one adapter, handed out to its lanes one by one."""

    checks: Iterator[Check]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __iter__(self) -> Iterator[Check]:
        while True:
            with self.lock:
                check = next(self.checks, None)
            if check is None:
                return
            yield check


@dataclass(frozen=True, slots=True)
class Asked:
    """All rows of a run, sorted, and each adapter's versions."""

    rows: tuple[Row, ...]
    versions: dict[str, dict[str, str]]


def ask_all(
    cases: Callable[[], Iterable[Case]],
    chosen: Sequence[Chosen],
    known: KnownDivergences,
    settings: Settings,
    jobs: int,
    on_row: Callable[[Row], None],
) -> Asked:
    """Run every case that ``cases()`` yields on every chosen adapter, in up to ``jobs`` processes at once.

    ``on_row`` is called from several threads, one call at a time.
    """
    rows: list[Row] = []
    versions: dict[str, dict[str, str]] = {}
    lock, stop = threading.Lock(), threading.Event()
    lanes: list[Lane] = []
    preparer = Preparer()

    def drive(one: Chosen, queue: _Queue) -> None:
        lane = Lane(one, settings, known, preparer)
        with lock:
            lanes.append(lane)
        try:
            for row in () if stop.is_set() else lane.run(queue):
                with lock:
                    if stop.is_set():
                        return
                    rows.append(row)
                    on_row(row)
        finally:
            with lock:
                versions[one.name] = versions.get(one.name) or lane.versions
            lane.close()

    queues = {one.name: _Queue(_checks(cases(), one)) for one in chosen}
    by_weight = sorted(chosen, key=lambda one: -one.adapter.weight)
    shares = max(jobs // max(len(chosen), 1), 1)
    with ThreadPoolExecutor(max_workers=max(jobs, 1)) as pool:
        try:
            futures = [pool.submit(drive, one, queues[one.name]) for one in by_weight for _ in range(shares)]
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with lock:
                halted = list(lanes)
            for lane in halted:
                lane.stop()
            raise
    return Asked(tuple(sorted(rows, key=lambda row: row.key)), versions)


def _checks(cases: Iterable[Case], chosen: Chosen) -> Iterator[Check]:
    for case in cases:
        check = plan_check(case, chosen)
        if check is not None:
            yield check
