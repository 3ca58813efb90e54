"""Soundness: over many real-valued legal cases no result and no gradient of a framework may be judged to diverge.

The figures to watch are the largest error over its bound and those of whole arrays beside their limits: above one it is
a false alarm, or the framework is at fault.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.program import NO_CROP, Inexpressible
from harness.core.case import DTypeName
from harness.core.results import Row, Verdict
from harness.core.statistical import Scores
from harness.engine.check import Check, plan_check
from harness.operations.conv_transpose.case import Words, transposed_convolution
from harness.quality.fuzzing.search import RENEWED, AdapterClient, Found, Signature, is_finding, signature_of
from harness.quality.fuzzing.strategies import legal_cases, real_dtypes

COMPARED = frozenset(
    {
        Verdict.EXACT,
        Verdict.WITHIN_BOUND,
        Verdict.DIVERGES,
        Verdict.WRONG_SHAPE,
        Verdict.WRONG_DTYPE,
        Verdict.UNSTABLE,
    }
)
"""The verdicts on an array that was returned."""
MOST_DRAWN = 50
"""Cases drawn for each that is to be compared, after which an adapter that refuses nearly all of them is let be."""


@dataclass(slots=True)
class Figures:
    """Of one adapter in one dtype.

    ``largest`` is the largest error over its bound; of whole arrays ``z`` is the largest |z|, ``mean_square`` the
    largest mean of z² over its limit and ``signed`` the signed sum over √N that is farthest from 0 (see
    harness.core.statistical). ``inconclusive`` counts arrays that prove nothing, ``rejected`` refusals.
    """

    compared: int = 0
    largest: float = 0.0
    z: float = 0.0
    mean_square: float = 0.0
    signed: float = 0.0
    inconclusive: int = 0
    rejected: int = 0

    def add(self, row: Row) -> None:
        """Take in a row that is no failure."""
        self.largest = max(self.largest, row.error_over_bound or 0.0)
        if row.figures is None:
            return
        count, largest, mean_square, signed = row.figures
        limit = Scores(count, largest, mean_square, signed).most_mean_square
        self.z = max(self.z, largest)
        self.mean_square = max(self.mean_square, mean_square / limit)
        self.signed = max(self.signed, signed, key=abs)


@dataclass(slots=True)
class Soundness:
    """What one adapter showed. ``explained`` counts the kinds of failure that listed divergences show too."""

    adapter: str
    drawn: int = 0
    inexpressible: int = 0
    withheld: int = 0
    """Outputs that a list of known divergences has not requested."""
    figures: dict[DTypeName, Figures] = field(default_factory=dict)
    explained: Counter[Signature] = field(default_factory=Counter)
    unexplained: dict[Signature, Found] = field(default_factory=dict)
    times: Counter[Signature] = field(default_factory=Counter)
    """How often each unexplained kind occurred."""
    by_test_alone: int = 0
    """Arrays that diverge though every element lies within its bound. The bound is a theorem and the test is not, so a
    right array that is called wrong is among these."""

    @property
    def compared(self) -> int:
        """Arrays that were compared, each output being one."""
        return sum(figures.compared for figures in self.figures.values())

    def add(self, check: Check, row: Row) -> Signature | None:
        """Count a row; the kind of its failure, if it is one."""
        figures = self.figures[check.case.dtype]
        figures.compared += row.verdict in COMPARED
        figures.rejected += row.verdict is Verdict.REJECTS
        figures.inconclusive += row.verdict is Verdict.INCONCLUSIVE
        self.withheld += row.verdict is Verdict.KNOWN
        within = row.error_over_bound is not None and row.error_over_bound <= 1
        self.by_test_alone += row.verdict is Verdict.DIVERGES and within
        if not is_finding(row):
            figures.add(row)
            return None
        return signature_of(check.case, row)

    def leave_unexplained(self, signature: Signature, check: Check, row: Row) -> None:
        """Count a failure of a kind that nothing explains, and keep the first."""
        self.times[signature] += 1
        self.unexplained.setdefault(signature, Found(signature, check, row))


def check_soundness(
    client: AdapterClient, wanted: int, seed: int, explained: frozenset[Signature], stop: threading.Event
) -> Soundness:
    """Draw until ``wanted`` arrays were compared, ``stop`` is set, or nearly all was refused.

    A failure is explained where its kind is, or that of the call without what is cut off or appended after it. Half of
    the cases speak the adapter's own dialect, half are canonical, in all its dtypes that hold real data. The same seed
    gives the same figures.
    """
    adapter = client.chosen.adapter
    found = Soundness(client.chosen.name, figures={dtype: Figures() for dtype in real_dtypes(adapter.dtypes)})
    cases = legal_cases((adapter.dialect, "canonical"), tuple(found.figures), seed)
    most, under_way = MOST_DRAWN * wanted, 0

    def drawn() -> Iterator[Check]:
        """As many as are still wanted if all that are under way are compared, and not too many for one worker."""
        nonlocal under_way
        last = min(found.drawn + RENEWED // len(ALL_OUTPUTS), most)
        while found.compared + under_way < wanted and found.drawn < last and not stop.is_set():
            found.drawn += 1
            check = _at_most(plan_check(next(cases), client.chosen), wanted - found.compared - under_way)
            if check is None or check.inexpressible is not None:
                found.inexpressible += 1
                continue
            under_way += len(check.outputs)
            yield check

    while found.compared < wanted and found.drawn < most and not (client.ended or stop.is_set()):
        cut: list[tuple[Signature, Check, Row]] = []
        for check, rows in client.results(drawn()):
            under_way -= len(check.outputs)
            for row in rows:
                signature = found.add(check, row)
                if signature in explained:
                    found.explained[signature] += 1
                elif signature is not None and uncut(check) is None:
                    found.leave_unexplained(signature, check, row)
                elif signature is not None:
                    cut.append((signature, check, row))
        for signature, check, row in cut:
            shown = _shown_uncut(client, check) & explained
            if shown:
                found.explained[min(shown)] += 1
            else:
                found.leave_unexplained(signature, check, row)
    return found


def _at_most(check: Check | None, arrays: int) -> Check | None:
    """``check`` with the first ``arrays`` of its outputs."""
    if check is None or len(check.outputs) <= arrays:
        return check
    case = replace(transposed_convolution(check.case), outputs=check.outputs[:arrays])
    return Check.of(case, check.chosen, check.geometry, check.plan)


def uncut(check: Check) -> Check | None:
    """The check of what a composed route calls before it cuts off or appends something, with the same data."""
    if isinstance(check.plan, Inexpressible) or check.plan.crop == NO_CROP or check.geometry is None:
        return None
    (top, bottom), (left, right) = (
        (whole[0] - part[0], whole[1] - part[1])
        for whole, part in zip(check.geometry.crops, check.plan.crop, strict=True)
    )
    words = Words(((top, bottom), (left, right)))
    return plan_check(replace(transposed_convolution(check.case), dialect="canonical", words=words), check.chosen)


def _shown_uncut(client: AdapterClient, check: Check) -> set[Signature]:
    """The kinds of failure that the call shows by itself: part of it may be cut off, and then looks like another."""
    bare = uncut(check)
    rows = [] if bare is None else list(client.rows([bare]))
    return {signature_of(one.case, row) for one, row in rows if is_finding(row)}
