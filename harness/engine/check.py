"""A check: one case on one adapter, planned. Which checks there are, and the report row of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from harness.adapters import Chosen
from harness.adapters.planning import program_of
from harness.adapters.program import Inexpressible, Mistaken, Program
from harness.core.case import AnyCase, OutputName
from harness.core.results import Judgement, Row
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import geometry_of
from harness.operations.conv_transpose.geometry import Geometry

MODES = "modes"
"""The suite that is about ways to run a framework."""


@dataclass(frozen=True, slots=True)
class Check:
    """One case on one adapter, planned."""

    case: AnyCase
    chosen: Chosen
    geometry: Geometry | None
    plan: Program | Inexpressible
    computed: tuple[OutputName, ...]
    """Of the case's outputs those that the adapter computes."""
    isolated: bool = False
    """Whether it is run in a process of its own, as one that may end it later, or spoil what follows."""
    withheld: tuple[OutputName, ...] = ()
    """Outputs that are not requested, for the reason that a list of known divergences has."""

    @classmethod
    def of(cls, case: AnyCase, chosen: Chosen, geometry: Geometry | None, plan: Program | Inexpressible) -> Check:
        """A check of what ``plan`` computes."""
        return cls(case, chosen, geometry, plan, _computed(case, chosen, plan))

    @property
    def outputs(self) -> tuple[OutputName, ...]:
        """Those that are computed, without those that are withheld."""
        if not self.withheld:
            return self.computed
        return tuple(name for name in self.computed if name not in self.withheld)

    @property
    def inexpressible(self) -> str | None:
        """The reason that the adapter states for not expressing the case.

        None where it does, and where it failed by a mistake of its own, which states nothing.
        """
        plan = self.plan
        return plan.reason if isinstance(plan, Inexpressible) and not isinstance(plan, Mistaken) else None

    def row(
        self, judgement: Judgement, diagnosis: str = "", output: OutputName = "output", before: Row | None = None
    ) -> Row:
        """The report row for ``judgement`` on ``output``; one of the same check ``before`` lends its texts."""
        plan = self.plan
        return Row(
            case=before.case if before else self.case.name,
            adapter=self.chosen.name,
            mode=self.chosen.adapter.mode,
            output="shape" if self.chosen.adapter.shape_only else output,
            route="inexpressible" if isinstance(plan, Inexpressible) else plan.route,
            verdict=judgement.verdict,
            observed=judgement.verdict,
            error_over_bound=judgement.error_over_bound,
            ulps=judgement.ulps,
            message=judgement.message,
            diagnosis=diagnosis,
            repeat=before.repeat
            if before
            else f"harness run {quote(self.case.selector)} -a {quote(self.chosen.requested_as)}",
            accumulation=judgement.accumulation,
            figures=judgement.figures,
            subnormals=judgement.subnormals,
        )


def with_lists(row: Row, lists: Sequence[Path]) -> Row:
    """``row``, whose command names the ``lists`` of known divergences that were named."""
    if not lists:
        return row
    run, _, adapter = row.repeat.rpartition(" -a ")
    known = "".join(f" --known {quote(str(path))}" for path in lists)
    return replace(row, repeat=f"{run}{known} -a {adapter}")


def is_requested(case: AnyCase, chosen: Chosen) -> bool:
    """Whether ``case`` is requested of an adapter."""
    return not why_not_requested(case, chosen)


def why_not_requested(case: AnyCase, chosen: Chosen) -> str:
    """The reason for which ``case`` is not requested of an adapter; empty where it is.

    Its own dialect's cases always do. Errors, ambiguities, empty axes and what is handed over as it is are a matter of
    one dialect; every other case is run on every adapter. A variant that was not chosen by name is run on its own
    dialect's cases, and of those only the suites that it names; unless it is expensive, the suite about modes too,
    whatever the dialect.
    """
    adapter = chosen.adapter
    if not adapter.computes(case.op):
        written = "programs of other operations are written for no variant" if adapter.variant else "it has no program"
        return f"{written}: it cannot run {case.op}"
    own = case.dialect == adapter.dialect
    if adapter.variant and not chosen.requested_by_name and (case.suite != MODES or adapter.expensive):
        if not own:
            return f"unless it is named, a variant runs cases of its own dialect only, {adapter.dialect}"
        if adapter.suites and case.suite not in adapter.suites:
            return f"unless it is named, it runs these suites only: {', '.join(adapter.suites)}"
    if own or not (case.nominal or case.overrides or case.has_empty_axis):
        return ""
    what = "errors, ambiguities and what is handed over as it is" if case.nominal or case.overrides else "empty axes"
    return f"{what} run in the dialect of the case only: that is {case.dialect}, the adapter's is {adapter.dialect}"


def plan_check(case: AnyCase, chosen: Chosen) -> Check | None:
    """The check of ``case`` on ``chosen``; None where it does not concern the adapter."""
    if not is_requested(case, chosen):
        return None
    geometry = geometry_of(case) if isinstance(case, Case) else None
    return Check.of(case, chosen, geometry, plan_of(case, chosen))


def _computed(case: AnyCase, chosen: Chosen, plan: Program | Inexpressible) -> tuple[OutputName, ...]:
    """Where a bias is added to the array that comes, the framework has no gradient of it."""
    adapter = chosen.adapter
    if isinstance(plan, Inexpressible):
        return tuple(name for name in case.outputs if name in adapter.outputs)
    if len(case.outputs) == 1:
        return case.outputs if case.outputs[0] in plan.outputs else ()
    computed = [*plan.outputs]
    if plan.gradient or adapter.runtime.gradient:
        computed += [name for name in plan.gradients if name in adapter.outputs]
    return tuple(name for name in case.outputs if name in computed)


def plan_of(case: AnyCase, chosen: Chosen) -> Program | Inexpressible:
    """How an adapter expresses ``case``."""
    adapter = chosen.adapter
    if case.dtype in adapter.dtypes:
        return program_of(adapter, case)
    refusal = adapter.refused_dtypes.get(case.dtype, "") if isinstance(case, Case) else ""
    return Inexpressible(f"{chosen.name} does not compute in {case.dtype}" + (f": {refusal}" if refusal else ""))


def plan_checks(cases: Iterable[AnyCase], chosen: Sequence[Chosen]) -> Iterator[Check]:
    """The checks of each case in turn, on all adapters that it concerns."""
    return (check for case in cases for one in chosen if (check := plan_check(case, one)) is not None)
