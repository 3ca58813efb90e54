"""The hunt: draw, ask, judge; shrink what fails, and go on for failures of another kind until the time is over."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from harness.adapters import Chosen
from harness.adapters.plan import Plan
from harness.case import Case, Dialect
from harness.check import Check, plan_check
from harness.fuzzing.draws import cases
from harness.known import KnownDivergences
from harness.lane import Lane, Settings
from harness.results import Row, Verdict

Signature = tuple[str, str]
ROUNDS = 1_000_003
"""Rounds that belong to one seed."""
AT_ONCE = 2_000
"""Cases drawn before Hypothesis starts anew, so that its memory stays small."""
_UNCHECKED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


@dataclass(frozen=True, slots=True)
class Found:
    """A failure of its own kind, in the smallest case that shows it."""

    signature: Signature
    check: Check
    row: Row


class _FailsError(Exception):
    """A drawn case fails in the way that is being shrunk."""


class _OverError(BaseException):
    """The time is over; not an Exception, lest it be taken for a failure of the case."""


class Asker:
    """One adapter's worker, asked one check at a time. A context manager; for use from one thread."""

    def __init__(self, chosen: Chosen, passed: Callable[[Verdict], None] = lambda _: None) -> None:
        self.chosen = chosen
        self._passed = passed
        self._lane = Lane(chosen, Settings(), KnownDivergences())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lane.close()

    def ask(self, check: Check) -> Row:
        """The row of ``check``; ``passed`` is told its verdict."""
        (row,) = self._lane.run([check])
        self._passed(row.verdict)
        return row


@dataclass(frozen=True)
class Hunt:
    """Drawn cases for ``budget`` seconds; the same seed draws the same cases.

    Iterating yields each kind of failure once, as soon as it is shrunk; kinds in ``explained`` are passed over.
    """

    asker: Asker
    budget: float
    seed: int
    explained: frozenset[Signature] = frozenset()

    def __iter__(self) -> Iterator[Found]:
        over = time.monotonic() + self.budget
        seen = set(self.explained)
        own = self.asker.chosen.adapter.dialect
        for number in count(self.seed * ROUNDS):
            dialect: Dialect = own if number % 2 == 0 else "canonical"
            found = self._one(dialect, seen, over, number)
            if found is not None:
                seen.add(found.signature)
                yield found
            if time.monotonic() > over:
                return

    def _one(self, dialect: Dialect, seen: set[Signature], over: float, number: int) -> Found | None:
        """The next kind of failure, shrunk; None where none came in a while, or the time is over."""
        smallest: list[Found] = []

        def ask(case: Case) -> None:
            if not smallest and time.monotonic() > over:
                raise _OverError
            check = plan_check(case, self.asker.chosen)
            if check is None or not isinstance(check.plan, Plan):
                return
            row = self.asker.ask(check)
            signature = signature_of(row)
            wanted = smallest[-1].signature if smallest else signature
            if row.verdict.fails and signature == wanted and signature not in seen:
                smallest[:] = [Found(signature, check, row)]
                raise _FailsError

        try:
            _draw(cases(dialect, self.asker.chosen.adapter.dtypes), ask, number)
        except _FailsError:
            return smallest[-1]
        except _OverError:
            return None
        return None


def _draw(strategy: st.SearchStrategy[Case], ask: Callable[[Case], None], number: int) -> None:
    """Call ``ask`` with drawn cases; when one raises, with ever smaller ones, the smallest last."""
    configured: Any = settings(
        max_examples=AT_ONCE,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=_UNCHECKED,
        report_multiple_bugs=False,
        print_blob=False,
    )
    seed(number)(configured(given(strategy)(ask)))()


def signature_of(row: Row) -> Signature:
    """The kind of a failure: its verdict and the first cause named, or the message, with numbers left out."""
    said = row.message if row.verdict in {Verdict.REJECTS, Verdict.CRASHES, Verdict.HANGS} else row.diagnosis
    first = said.partition("; or ")[0].partition(" (this case")[0]
    return (str(row.verdict), re.sub(r"-?\d+(\.\d+)?", "n", first or row.message))


def explained_by(chosen: Chosen, listed: KnownDivergences, shipped: Iterable[Case]) -> frozenset[Signature]:
    """The kinds of failure that listed cases show on this adapter today."""
    cases = (case for case in shipped if listed.lists(case.name, chosen.name))
    checks = [check for case in cases if (check := plan_check(case, chosen)) is not None]
    with Asker(chosen) as asker:
        rows = [asker.ask(check) for check in checks]
    return frozenset(signature_of(row) for row in rows if row.verdict.fails)
