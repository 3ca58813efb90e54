"""A check: one case on one adapter, planned. Which checks there are, and the report row of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from harness.adapters import Chosen
from harness.adapters.plan import Inexpressible, Plan
from harness.case import Case
from harness.dialects import lower
from harness.geometry import Geometry
from harness.results import Judgement, Row


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
    of every adapter. A variant that was not asked for by name is asked its own dialect's cases, and of those only the
    suites that it names.
    """
    adapter = chosen.adapter
    own = case.dialect == adapter.dialect
    if adapter.variant and not chosen.asked_by_name:
        return own and (not adapter.suites or case.suite in adapter.suites)
    return own or not case.nominal


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


def plan_checks(cases: Iterable[Case], chosen: Sequence[Chosen]) -> Iterator[Check]:
    """The checks of each case in turn, on all adapters that it concerns."""
    return (check for case in cases for one in chosen if (check := plan_check(case, one)) is not None)
