"""Suites as pytest's files, and checks as its items.

``pytest 'cases/same_padding.yaml::odd-kernel-stride-2[keras]'`` runs one check. A known divergence is an expected
failure, a case that an adapter cannot say and an adapter that is not installed are skips with their reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import Chosen
from harness.api import NotConformingError
from harness.core.errors import BadInputError, Problem
from harness.engine.check import Check, plan_check, why_not_requested
from harness.pytest_plugin.lanes import LANES, deciding, settle
from harness.suites.expected_values import wrong_expectations
from harness.suites.registry import load_good, relative

PROPERTIES = ("case", "adapter", "output", "verdict", "message")
"""What an item leaves in reports, of the row that decides on it."""


@dataclass(slots=True)
class Requests:
    """What a session runs suites on, and what is requested in them."""

    chosen: Sequence[Chosen]
    lists: Sequence[Path]
    """Of known divergences, beside those in the folders of the suites."""
    count: Counter[str] = field(default_factory=Counter)
    """Items by adapter."""
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    """By adapter, why cases are not requested of it."""


class SuiteFile(pytest.File):
    """A suite file; its children are the checks, named ``<case id>[<adapter>]``."""

    def __init__(self, *, requests: Requests, **rest: Any) -> None:
        super().__init__(**rest)
        self.requests = requests

    def collect(self) -> Iterator[CheckItem | BadCaseItem]:
        """One item per case and adapter, and a failing one per case that cannot be used.

        A file that cannot be used as a whole is a collection error with its problems.
        """
        try:
            suites, problems = load_good([relative(self.path)])
            if not suites:
                raise BadInputError(*problems)
        except BadInputError as error:
            raise self.CollectError(str(error)) from None
        (suite,) = suites
        wrong = wrong_expectations(suite.cases())
        by_case: dict[str, list[Problem]] = {}
        for problem in [*problems, *wrong.values()]:
            by_case.setdefault(problem.case or "input", []).append(problem)
        for name, found in by_case.items():
            yield BadCaseItem.from_parent(self, name=name, problems=found)
        lists = self.requests.lists
        for case in suite.cases():
            if case.name in wrong:
                continue
            for chosen in self.requests.chosen:
                reasons = self.requests.reasons.setdefault(chosen.name, Counter())
                check = plan_check(case, chosen)
                if check is None:
                    reasons[why_not_requested(case, chosen)] += 1
                else:
                    self.requests.count[chosen.name] += 1
                    yield CheckItem.from_parent(self, name=f"{case.id}[{chosen.name}]", check=check, lists=lists)


class BadCaseItem(pytest.Item):
    """A case that cannot be used: it fails, and the others of its file run."""

    def __init__(self, *, problems: list[Problem], **rest: Any) -> None:
        super().__init__(**rest)
        self.problems = problems

    def runtest(self) -> None:
        """Fail with everything that is wrong."""
        raise BadInputError(*self.problems)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The problems, with file, line and hint."""
        return str(excinfo.value) if isinstance(excinfo.value, BadInputError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.problems[0].line - 1, self.name


class CheckItem(pytest.Item):
    """One case on one adapter."""

    def __init__(self, *, check: Check, lists: Sequence[Path], **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.lists = lists
        self.add_marker(pytest.mark.xdist_group(check.chosen.process.replace(":", "-")))

    def runtest(self) -> None:
        """Run the adapter and judge its answer."""
        rows = LANES.run(self.check, self.lists)
        row = deciding(rows)
        self.user_properties += [(name, str(getattr(row, name))) for name in PROPERTIES]
        settle(self.check, rows)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict, what the case is for, and the command that repeats it."""
        known = isinstance(excinfo.value, NotConformingError)
        return str(excinfo.value) if known else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.check.case.line - 1, f"{self.check.case.name} on {self.check.chosen.name}"
