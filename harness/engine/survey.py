"""What a run must know of its cases before any runs, found in one pass: the cases of large sweeps are made anew."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.adapters import Chosen
from harness.adapters.program import Program
from harness.core.case import AnyCase
from harness.core.errors import Problem
from harness.core.results import CaseInfo
from harness.engine.check import plan_of, why_not_requested
from harness.engine.fingerprint import is_of_the_harness, modules_of
from harness.operations import operation_of


@dataclass(frozen=True, slots=True)
class Survey:
    """Of some cases and adapters."""

    checks: int
    """How many there will be."""
    infos: tuple[CaseInfo, ...]
    """As a report names the cases, in its order."""
    digests: Mapping[str, str]
    """Of the content of the cases, by suite."""
    idle: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of each adapter of which no check is requested, the reasons and for how many cases each holds."""
    modules: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Of each adapter whose code lies elsewhere, the modules that the programs of its checks import."""
    problems: Mapping[str, Problem] = field(default_factory=dict)
    """By name of a case, what is wrong with the values that it expects; these cases count for nothing."""


def survey(cases: Iterable[AnyCase], chosen: Sequence[Chosen]) -> Survey:
    """Look over ``cases``."""
    infos, checks = list[CaseInfo](), Counter[str]()
    reasons: dict[str, Counter[str]] = {one.name: Counter() for one in chosen}
    digests: dict[str, Any] = {}
    modules: dict[str, set[str]] = {one.name: set() for one in chosen if not is_of_the_harness(one)}
    problems: dict[str, Problem] = {}
    for case in cases:
        if problem := operation_of(case).oracle.expected_problem(case):
            problems[case.name] = problem
            continue
        for one in chosen:
            if reason := why_not_requested(case, one):
                reasons[one.name][reason] += 1
                continue
            checks[one.name] += 1
            if one.name in modules and isinstance(plan := plan_of(case, one), Program):
                modules[one.name] |= modules_of(plan)
        infos.append(case_info(case))
        digests.setdefault(case.suite, hashlib.sha256()).update(f"{case!r}\n".encode())
    infos.sort(key=lambda info: info.case)
    hexadecimal = {name: digest.hexdigest() for name, digest in sorted(digests.items())}
    idle = {name: dict(found) for name, found in reasons.items() if not checks[name]}
    return Survey(checks.total(), tuple(infos), hexadecimal, idle, modules, problems)


def case_info(case: AnyCase) -> CaseInfo:
    """``case`` as a report names it."""
    return CaseInfo(case.name, case.about, case.source, case.rule, case.dtype, case.outputs, case.examples)
