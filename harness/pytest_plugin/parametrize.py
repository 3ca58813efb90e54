"""Cases as the parameters of a test that a person writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from harness.adapters import choose
from harness.api import Adapters, Suites, names_of, selection_of
from harness.core.errors import NothingRequestedError
from harness.core.results import Row
from harness.engine.check import Check, plan_checks
from harness.engine.idle import describe_idle
from harness.engine.survey import survey
from harness.pytest_plugin.lanes import LANES, settle
from harness.suites.expected_values import check_expected


@dataclass(frozen=True, slots=True, repr=False)
class RunCheck:
    """Runs one case on one adapter, which it starts when it is first called; the test ends as the verdict has it."""

    check: Check

    def __call__(self) -> tuple[Row, ...]:
        __tracebackhide__ = True
        rows = LANES.run(self.check)
        settle(self.check, rows)
        return rows

    def __repr__(self) -> str:
        return f"<{self.check.case.name} on {self.check.chosen.name}>"


def parametrize_with_cases(adapter: Adapters, suites: Suites | None = None, *, match: str = "") -> pytest.MarkDecorator:
    """Parametrize a test by ``check``, one for each case of ``suites`` that concerns ``adapter``.

    >>> import harness
    >>> @harness.parametrize_with_cases("published-numpy", "cases/published_numpy_implementation.yaml")
    ... def test_conforms(check):
    ...     check()

    The arguments are those of ``run``: the shipped cases when ``suites`` is None, of which ``match`` selects by name.
    ``check()`` runs the case and returns its rows. It raises NotConformingError where one fails; a known divergence,
    listed beside the suite, is an expected failure, and what an adapter cannot state is skipped.

    Raises BadInputError where a suite or an adapter cannot be used, and NothingRequestedError where no case concerns an
    adapter, or every one is inexpressible.
    """
    chosen, selection = choose(names_of(adapter)), selection_of(suites, match)
    check_expected(selection.cases())
    idle = survey(selection.cases(), chosen).idle
    if idle:
        raise NothingRequestedError("\n".join(describe_idle(idle)))
    checks = list(plan_checks(selection.cases(), chosen))
    if all(check.inexpressible is not None for check in checks):
        reasons: dict[str, Counter[str]] = {one.name: Counter() for one in chosen}
        for check in checks:
            reasons[check.chosen.name][f"inexpressible: {check.inexpressible}"] += 1
        raise NothingRequestedError("\n".join(describe_idle(reasons)))
    return pytest.mark.parametrize(
        "check", [pytest.param(RunCheck(check), id=f"{check.case.name}-{check.chosen.name}") for check in checks]
    )
