"""Run every case on every adapter, in parallel lanes, and turn what comes back into rows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain, islice

from harness.adapters import Chosen, Place, Start
from harness.core.case import AnyCase
from harness.core.results import Row
from harness.engine.cache import Preparer
from harness.engine.check import Check, plan_checks
from harness.engine.disambiguation import Separator
from harness.engine.excerpts import Excerpts
from harness.engine.lane import Lane, Settings
from harness.engine.process import Worker
from harness.suites.known_divergences import KnownDivergences

LANES = "harness-lane"
"""How the names of the threads begin that drive lanes."""
HELPED = 1000
"""Checks of one process that are left when it is worth while to start it once more, beside the first."""
CONTINUED = 50
"""Likewise, when a process that is there can go on with them."""
POLL = 0.1
"""Seconds after which a signal is noticed at the latest."""
ENDING = 1.0
"""Seconds that a run which ends early waits for its threads; their workers are killed by then."""


@dataclass(slots=True)
class _Queue:
    """Checks of one process, handed out to its lanes one by one."""

    checks: Iterator[Check]
    lock: threading.Lock = field(default_factory=threading.Lock)
    planned: deque[Check] = field(default_factory=deque)
    """Those taken from ``checks`` to see how many are left."""

    def __iter__(self) -> Iterator[Check]:
        while True:
            with self.lock:
                check = self.planned.popleft() if self.planned else next(self.checks, None)
            if check is None:
                return
            yield check

    def holds(self, count: int) -> bool:
        """Whether so many are still to be handed out."""
        with self.lock:
            self.planned.extend(islice(self.checks, max(count - len(self.planned), 0)))
            return len(self.planned) >= count


@dataclass(frozen=True, slots=True)
class AllRows:
    """All rows of a run, sorted, and each adapter's versions."""

    rows: tuple[Row, ...]
    versions: dict[str, dict[str, str]]


@dataclass(slots=True)
class Tally:
    """What a run has found so far; of use where it is interrupted. ``rows`` may begin with those of an earlier run.

    ``record`` is called with the rows of each check as it ends, one call at a time.
    """

    rows: list[Row] = field(default_factory=list)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    record: Callable[[Sequence[Row]], None] = lambda _: None


def run_all(
    cases: Callable[[], Iterable[AnyCase]],
    chosen: Sequence[Chosen],
    known: KnownDivergences,
    settings: Settings,
    jobs: int,
    on_row: Callable[[Row], None],
    showcase: Excerpts | None = None,
    tally: Tally | None = None,
    on_start: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> AllRows:
    """Run every case that ``cases()`` yields on every chosen adapter, in up to ``jobs`` processes at once.

    ``on_row`` is called once for each check, from several threads, one call at a time, with its first row or the first
    that fails; ``on_start`` likewise, before a process starts, with the names of its adapters.
    ``showcase`` is given the values worth showing.
    Checks that ``tally`` has already, each with all of its rows, do not run again.
    """
    tally = tally or Tally()
    done = frozenset((row.case, row.adapter) for row in tally.rows)
    groups = _by_process(chosen)
    # what one process alone runs need not be kept for another
    preparer = Preparer() if len(chosen) > 1 else Preparer(limit=0)
    separator = Separator()

    def lane(group: Sequence[Chosen], worker: Worker | None) -> Lane:
        return Lane(group[0], settings, known, preparer, showcase, separator, worker)

    run = _Run(tally, on_row, on_start, lane, [(group, _Queue(_missing(cases, group, done))) for group in groups])
    run.finish(max(jobs, 1))
    return AllRows(tuple(sorted(tally.rows, key=lambda row: row.key)), tally.versions)


@dataclass(slots=True)
class _Run:
    """Lanes under way, each driven by a thread of its own, and what they have found."""

    tally: Tally
    on_row: Callable[[Row], None]
    on_start: Callable[[tuple[str, ...]], None]
    make_lane: Callable[[Sequence[Chosen], Worker | None], Lane]
    queues: Sequence[tuple[Sequence[Chosen], _Queue]]
    """The adapters of each process, and what they are still to run."""
    lanes: list[Lane] = field(default_factory=list)
    spares: dict[Place, Worker] = field(default_factory=dict)
    """Of each place where nothing is left, a worker at most in which another adapter can go on."""
    spared: list[Worker] = field(default_factory=list)
    """All that ever were among these."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def finish(self, jobs: int) -> None:
        """Run everything in ``jobs`` threads; where one raises, or a signal comes, the workers of all are killed."""
        shares = max(jobs // max(len(self.queues), 1), 1)
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix=LANES)
        futures: list[Future[None]] = []
        try:
            for group, queue in self.queues:
                futures += [pool.submit(self._drive, group, queue) for _ in range(shares)]
            futures += [pool.submit(self._help_out) for _ in range(jobs)]
            left = True
            while left:  # another thread may take a signal from the main one, which then would not wake to handle it
                state = wait(futures, timeout=POLL, return_when=FIRST_EXCEPTION)
                for future in state.done:
                    future.result()
                left = bool(state.not_done)
        except BaseException:
            self.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with self.lock:
                halted, spared = list(self.lanes), list(self.spared)
            for lane in halted:
                lane.stop()
            for worker in spared:
                worker.kill()
            wait(futures, timeout=ENDING)
            raise
        finally:
            for worker in self.spares.values():
                worker.close()
        pool.shutdown()

    def _drive(self, group: Sequence[Chosen], queue: _Queue) -> None:
        lane = self.make_lane(group, self._taken(group[0]))
        with self.lock:
            self.lanes.append(lane)
            if not self.stopped.is_set() and queue.holds(1):
                self.on_start(tuple(one.name for one in group))
        try:
            for rows in () if self.stopped.is_set() else lane.answers(queue):
                with self.lock:
                    if self.stopped.is_set():
                        return
                    self.tally.rows.extend(rows)
                    self._note_versions(group, lane)
                    self.tally.record(rows)
                    self.on_row(next((row for row in rows if row.verdict.fails), rows[0]))
        finally:
            with self.lock:
                self._note_versions(group, lane)
                self._spare(group[0], lane)
            lane.close()

    def _help_out(self) -> None:
        """Go on with what the adapters have left, where it is much: in a process that is there, or in another one."""
        for group, queue in self.queues:
            much = CONTINUED if group[0].later_place in self.spares else HELPED
            if not self.stopped.is_set() and queue.holds(much):
                self._drive(group, queue)

    def _spare(self, one: Chosen, lane: Lane) -> None:
        """Keep the worker of a lane that has ended, where another process has much left that can go on there."""
        if self.stopped.is_set() or one.place in self.spares:
            return
        wanted = any(group[0].later_place == one.place and queue.holds(CONTINUED) for group, queue in self.queues)
        if wanted and (worker := lane.release()) is not None:
            self.spares[one.place] = worker
            self.spared.append(worker)

    def _taken(self, one: Chosen) -> Worker | None:
        """A spare worker, where there is one in which an adapter begins."""
        with self.lock:
            worker = self.spares.pop(one.later_place, None)
        if worker is None or worker.begin(one.target):
            return worker
        worker.close()
        return None

    def _note_versions(self, group: Sequence[Chosen], lane: Lane) -> None:
        for one in group:
            self.tally.versions[one.name] = self.tally.versions.get(one.name) or lane.versions


def _missing(
    cases: Callable[[], Iterable[AnyCase]], group: Sequence[Chosen], done: frozenset[tuple[str, str]]
) -> Iterator[Check]:
    """The checks of one adapter after the other, without those that are ``done``."""
    checks = chain.from_iterable(plan_checks(cases(), [one]) for one in group)
    return (check for check in checks if (check.case.name, check.chosen.name) not in done)


def _by_process(chosen: Sequence[Chosen]) -> list[list[Chosen]]:
    """Adapters that share a process together, the heaviest first."""
    groups: dict[Start, list[Chosen]] = {}
    for one in chosen:
        groups.setdefault(one.start, []).append(one)
    return sorted(groups.values(), key=lambda group: -sum(one.adapter.weight for one in group))
