"""Ask every adapter every case, in parallel lanes, and turn what comes back into rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain

from harness.adapters import Chosen
from harness.case import Case
from harness.check import Check, plan_checks
from harness.exhibit import Showcase
from harness.known import KnownDivergences
from harness.lane import Lane, Settings
from harness.prepared import Preparer
from harness.results import Row
from harness.separating import Separator


@dataclass(slots=True)
class _Queue:
    """Checks of one process, handed out to its lanes one by one."""

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
    showcase: Showcase | None = None,
) -> Asked:
    """Run every case that ``cases()`` yields on every chosen adapter, in up to ``jobs`` processes at once.

    ``on_row`` is called from several threads, one call at a time; ``showcase`` is given the values worth showing.
    """
    rows: list[Row] = []
    versions: dict[str, dict[str, str]] = {}
    lock, stop = threading.Lock(), threading.Event()
    lanes: list[Lane] = []
    preparer, separator = Preparer(), Separator()

    def drive(group: Sequence[Chosen], queue: _Queue) -> None:
        lane = Lane(group[0], settings, known, preparer, showcase, separator)
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
                for one in group:
                    versions[one.name] = versions.get(one.name) or lane.versions
            lane.close()

    groups = _by_process(chosen)
    queues = [_Queue(chain.from_iterable(plan_checks(cases(), [one]) for one in group)) for group in groups]
    shares = max(jobs // max(len(groups), 1), 1)
    with ThreadPoolExecutor(max_workers=max(jobs, 1)) as pool:
        try:
            work = zip(groups, queues, strict=True)
            futures = [pool.submit(drive, group, queue) for group, queue in work for _ in range(shares)]
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


def _by_process(chosen: Sequence[Chosen]) -> list[list[Chosen]]:
    """Adapters that share a process together, the heaviest first."""
    groups: dict[str, list[Chosen]] = {}
    for one in chosen:
        groups.setdefault(one.adapter.process or one.name, []).append(one)
    return sorted(groups.values(), key=lambda group: -sum(one.adapter.weight for one in group))
