"""The search: draw many cases, run them together; shrink what fails, and go on until the time is over."""

from __future__ import annotations

import math
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count, takewhile
from typing import Any, Self

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from harness.adapters import Chosen
from harness.adapters.program import Mistaken
from harness.core.case import GRADIENTS, AnyCase, Dialect, Expect
from harness.core.errors import IllegalCaseError
from harness.core.results import NOT_STARTED, Row, Verdict
from harness.engine.cache import Preparer
from harness.engine.check import Check, plan_checks
from harness.engine.lane import Lane, Settings
from harness.engine.process import Worker
from harness.operations.conv_transpose.case import Case, transposed_convolution
from harness.operations.conv_transpose.dialects import lower
from harness.quality.fuzzing.strategies import cases
from harness.suites.causes import Seen
from harness.suites.known_divergences import KnownDivergences

Signature = tuple[str, str]
ROUNDS = 1_000_003
"""Rounds that belong to one seed."""
FIRST, AT_ONCE = 25, 400
"""Cases of the first round and of the longest: drawn before any is run, and again up to the one that is shrunk."""
RENEWED = 10_000
_ENDS = frozenset({Verdict.CRASHES, Verdict.HANGS})
_HEAP = re.compile(r"SIGSEGV|SIGBUS|free\(\)|malloc|corrupted|munmap_chunk|realloc\(\)|tcache")
"""What a process dies of whose memory was overwritten: at once or later, and now of this check, now of that."""
HEAP = "the process's memory is corrupted"
_NUMBER = re.compile(r"(?<![\w.])-?\d+(\.\d+)?(?!\w)")
_UNCHECKED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


@dataclass(frozen=True, slots=True)
class Found:
    """A failure of its own kind, in the smallest case that shows it."""

    signature: Signature
    check: Check
    row: Row


def is_finding(row: Row) -> bool:
    """Whether a row is a failure that drawn cases look for; that a case proves nothing is no fault of an adapter."""
    return row.verdict.fails and row.verdict is not Verdict.INCONCLUSIVE


class _FailsError(Exception):
    """A drawn case fails in the way that is being shrunk."""


class _OverError(BaseException):
    """The time is over; not an Exception, so that it is not taken for a failure of the case."""


class AdapterClient:
    """One adapter's worker, used from one thread. A context manager.

    Frameworks keep something of every call with sizes of its own, gigabytes in the end; so after ``RENEWED`` answers a
    new worker takes over, between two calls of ``answers``. ``verdicts`` counts the rows, ``readings`` what the
    ambiguous ones are, ``inexpressible`` the reasons of what was not run; ``ended`` says why the adapter cannot be run
    any more. What ``known`` explains is no failure.
    """

    def __init__(
        self,
        chosen: Chosen,
        passed: Callable[[Verdict], object] = lambda _: None,
        known: KnownDivergences | None = None,
    ) -> None:
        self.chosen = chosen
        self.verdicts: Counter[Verdict] = Counter()
        self.readings: Counter[str] = Counter()
        self.inexpressible: Counter[str] = Counter()
        self.ended = ""
        self._known = known or KnownDivergences()
        self._passed = passed
        self._stopped = False
        self._lane, self._since = self._new_lane(), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lane.close()

    @property
    def judged(self) -> int:
        """How many rows there were."""
        return self.verdicts.total()

    def row_of(self, check: Check) -> Row | None:
        """The row of ``check``, of several outputs the first that fails; None where the worker has ended."""
        rows = [row for _, row in self.rows([check])]
        return next((row for row in rows if is_finding(row)), rows[0] if rows else None)

    def rows(self, checks: Iterable[Check]) -> Iterator[tuple[Check, Row]]:
        """Each row of ``answers`` with its check."""
        return ((check, row) for check, rows in self.results(checks) for row in rows)

    def results(self, checks: Iterable[Check]) -> Iterator[tuple[Check, list[Row]]]:
        """Each check that can be expressed with a row for each output, in order; to be read to the end.

        A few are under way at a time; one that the adapter failed to state by its own mistake comes before these.
        ``passed`` is called with each verdict.
        """
        if self._since >= RENEWED:
            self._lane.close()
            self._lane, self._since = self._new_lane(), 0
        under_way: deque[Check] = deque()

        def begun() -> Iterator[Check]:
            for check in takewhile(lambda _: not self.ended, checks):
                if check.inexpressible is not None:
                    self.inexpressible[check.inexpressible] += 1
                    continue
                under_way.append(check)
                yield check

        for rows in self._lane.answers(begun()):
            at_once = isinstance(under_way[-1].plan, Mistaken)
            check = under_way.pop() if at_once else under_way.popleft()
            for row in rows:
                if row.verdict in NOT_STARTED:
                    self.ended = row.message
                    continue
                self.verdicts[row.verdict] += 1
                if row.verdict is Verdict.AMBIGUOUS:
                    self.readings[row.message.partition(": ")[0]] += 1
                self._since += 1
                self._passed(row.verdict)
            yield check, [row for row in rows if row.verdict not in NOT_STARTED]

    def forget(self) -> None:
        """Count from here on."""
        self.verdicts.clear()
        self.readings.clear()
        self.inexpressible.clear()

    def stop(self) -> None:
        """Kill the worker, for good, from any thread."""
        self._stopped = True
        self._lane.stop()

    @contextmanager
    def with_list(self, known: KnownDivergences) -> Iterator[None]:
        """Within it, what ``known`` explains is no failure; the worker stays the same."""
        before = self._known
        try:
            self._relist(known)
            yield
        finally:
            self._relist(before)

    def _relist(self, known: KnownDivergences) -> None:
        self._known = known
        self._lane = self._new_lane(self._lane.release())

    def _new_lane(self, worker: Worker | None = None) -> Lane:
        lane = Lane(self.chosen, Settings(), self._known, Preparer(limit=0), worker=worker)
        if self._stopped:
            lane.stop()
        return lane


def search(
    client: AdapterClient, budget: float, seed: int, explained: frozenset[Signature] = frozenset()
) -> Iterator[Found]:
    """Each kind of failure once, as soon as it is shrunk; kinds in ``explained`` are passed over.

    Cases are drawn for ``budget`` seconds, but at least a round of them; the same seed draws the same cases.
    """
    over = time.monotonic() + budget
    seen = set(explained)
    adapter = client.chosen.adapter
    for number in count():
        dialect: Dialect = adapter.dialect if number % 2 == 0 else "canonical"
        drawing = _Round(cases(dialect, adapter.dtypes), seed * ROUNDS + number, _length(number))
        until = over if number else math.inf  # starting a framework may take longer than the budget
        for first in _new(client, drawing.cases(until), seen, until):
            seen.add(first.signature)
            yield _shrunk(client, first, drawing)
        if time.monotonic() > over or client.ended:
            return


def _new(client: AdapterClient, drawn: Sequence[Case], seen: set[Signature], over: float) -> list[Found]:
    """The first failure of each kind that is not in ``seen``; none is run once the time is over."""
    planned = plan_checks(drawn, [client.chosen])
    found: dict[Signature, Found] = {}
    for check, row in client.rows(takewhile(lambda _: time.monotonic() <= over, planned)):
        signature = signature_of(check.case, row)
        if is_finding(row) and signature not in seen:
            found.setdefault(signature, Found(signature, check, row))
    return list(found.values())


def _shrunk(client: AdapterClient, first: Found, drawing: _Round) -> Found:
    """The smallest case that fails like ``first``: the round is drawn again up to it, and Hypothesis goes on."""
    smallest, met = first, False

    def run(case: Case) -> None:
        nonlocal smallest, met
        met = met or case == first.check.case
        for check, row in list(client.rows(plan_checks([case], [client.chosen]))) if met else ():
            if is_finding(row) and signature_of(check.case, row) == first.signature:
                smallest = Found(first.signature, check, row)
                raise _FailsError

    with suppress(_FailsError, Flaky):
        drawing.run(run)
    return smallest


def _length(number: int) -> int:
    """Cases of the round ``number``: few at first, so that a short time is enough to run some."""
    return min(FIRST << min(number, 10), AT_ONCE)


@dataclass(frozen=True, slots=True)
class _Round:
    """``length`` cases that Hypothesis draws from ``strategy``, always the same for the same ``seed``."""

    strategy: st.SearchStrategy[Case]
    seed: int
    length: int

    def cases(self, over: float) -> list[Case]:
        """All of them; none where the time does not suffice."""
        drawn: list[Case] = []

        def keep(case: Case) -> None:
            if time.monotonic() > over:
                raise _OverError
            drawn.append(case)

        try:
            self.run(keep)
        except _OverError:
            return []
        return drawn

    def run(self, call: Callable[[Case], None]) -> None:
        """Call ``call`` with each; when it raises, with ever smaller ones, the smallest last."""
        configured: Any = settings(
            max_examples=self.length,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=_UNCHECKED,
            report_multiple_bugs=False,
            print_blob=False,
        )
        seed(self.seed)(configured(given(self.strategy)(call)))()


def signature_of(case: AnyCase, row: Row) -> Signature:
    """The kind of a failure: its verdict and what it is about, with numbers left out.

    That is the rule that was not kept, the message of an error or a crash, or the first cause that is named; of a
    gradient with its name. Gradients come of one call: its error or end is one kind, and so is corrupted memory.
    """
    if row.verdict in _ENDS and _HEAP.search(row.message):
        return (str(row.verdict), HEAP)
    if row.verdict is Verdict.ACCEPTS:
        text = _broken_rule(transposed_convolution(case)) or row.message
    else:
        text = row.message if row.verdict in {Verdict.REJECTS, Verdict.CRASHES, Verdict.HANGS} else row.diagnosis
    first = text.partition("; or ")[0].partition(" (this case")[0]
    gradient = row.output in GRADIENTS
    of = "" if not gradient else "gradients: " if row.verdict in {*_ENDS, Verdict.REJECTS} else f"{row.output}: "
    return (str(row.verdict), of + _NUMBER.sub("n", first or row.message))


def _broken_rule(case: Case) -> str:
    try:
        lower(replace(case, expect=Expect()))
    except IllegalCaseError as error:
        return f"{error.key}: {error}"
    return ""


@dataclass(frozen=True)
class _Noting(KnownDivergences):
    """A list that notes the kinds of failure that it explains."""

    kinds: set[Signature] = field(default_factory=set)

    def explain(
        self, row: Row, versions: Mapping[str, str], case: AnyCase | None = None, seen: Seen | None = None
    ) -> Row:
        found = super().explain(row, versions, case, seen)
        if found.verdict is Verdict.KNOWN and is_finding(row) and case is not None:
            self.kinds.add(signature_of(case, row))
        return found


def explained_by(client: AdapterClient, listed: KnownDivergences, shipped: Iterable[Case]) -> frozenset[Signature]:
    """The kinds of failure that the list explains on this adapter today; none may corrupt the process.

    What a listed case shows beside that is none of them, nor is a mistake of the adapter's own.
    """
    chosen = client.chosen
    cases = (
        case for case in shipped if listed.lists(case.name, chosen.name) and not listed.isolates(case, chosen.name)
    )
    noting = _Noting(listed.entries, listed.places, listed.cpu, listed.folders)
    with client.with_list(noting):
        deque(client.rows(plan_checks(cases, [chosen])), maxlen=0)
    return frozenset(noting.kinds)
