"""A check: one case on one adapter, planned. Which checks there are, and the report row of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from harness.adapters import Chosen
from harness.adapters.plan import Inexpressible, Plan
from harness.case import Case, OutputName
from harness.dialects import lower
from harness.geometry import Geometry
from harness.results import Judgement, Row

MODES = "modes"
"""The suite that is about ways to run a framework."""


@dataclass(frozen=True, slots=True)
class Check:
    """One case on one adapter, planned."""

    case: Case
    chosen: Chosen
    geometry: Geometry | None
    plan: Plan | Inexpressible

    @property
    def outputs(self) -> tuple[OutputName, ...]:
        """What is asked: of the case's outputs those that the adapter computes.

        Where the plan adds the bias itself, the framework has no gradient of it.
        """
        asked = [name for name in self.case.outputs if name in self.chosen.adapter.outputs]
        if isinstance(self.plan, Plan) and self.plan.bias != "native":
            asked = [name for name in asked if name != "bias_grad"]
        return tuple(asked)

    def row(self, judgement: Judgement, diagnosis: str = "", output: OutputName = "output") -> Row:
        """The report row for ``judgement`` on ``output``."""
        plan = self.plan
        return Row(
            case=self.case.name,
            adapter=self.chosen.name,
            mode=self.chosen.adapter.modes[0],
            output="shape" if self.chosen.adapter.shape_only else output,
            route=plan.route if isinstance(plan, Plan) else "inexpressible",
            verdict=judgement.verdict,
            observed=judgement.verdict,
            error_over_bound=judgement.error_over_bound,
            ulps=judgement.ulps,
            message=judgement.message,
            diagnosis=diagnosis,
            repeat=f"harness run {quote(self.case.selector)} -a {quote(self.chosen.asked_as)}",
            accumulation=judgement.accumulation,
        )


def is_asked(case: Case, chosen: Chosen) -> bool:
    """Whether ``case`` concerns an adapter.

    Its own dialect's cases always do. Errors, ambiguities and what is handed over as it is are a matter of one dialect;
    every other case is asked of every adapter. A variant that was not asked for by name is asked its own dialect's
    cases, and of those only the suites that it names; unless it is expensive, the suite about modes too, whatever the
    dialect.
    """
    adapter = chosen.adapter
    own = case.dialect == adapter.dialect
    if adapter.variant and not chosen.asked_by_name and (case.suite != MODES or adapter.expensive):
        return own and (not adapter.suites or case.suite in adapter.suites)
    return own or not (case.nominal or case.given)


def plan_check(case: Case, chosen: Chosen) -> Check | None:
    """The check of ``case`` on ``chosen``; None where it does not concern the adapter."""
    adapter = chosen.adapter
    if not is_asked(case, chosen):
        return None
    geometry = None if case.nominal else lower(case)
    if case.dtype not in adapter.dtypes:
        refusal = adapter.refused_dtypes.get(case.dtype, "")
        said = f"{chosen.name} does not compute in {case.dtype}" + (f": {refusal}" if refusal else "")
        plan: Plan | Inexpressible = Inexpressible(said)
    else:
        plan = adapter.plan(case, geometry)
    return Check(case, chosen, geometry, plan)


def plan_checks(cases: Iterable[Case], chosen: Sequence[Chosen]) -> Iterator[Check]:
    """The checks of each case in turn, on all adapters that it concerns."""
    return (check for case in cases for one in chosen if (check := plan_check(case, one)) is not None)
