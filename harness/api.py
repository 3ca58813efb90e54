"""The functions of the public API; import them from ``harness``.

``run`` and ``check_adapter`` run frameworks, each in a process of its own. ``judge`` runs none: it holds arrays that
were computed elsewhere against the right answers.

>>> import numpy as np
>>> from harness import judge, load_cases, run, tensors_of
>>> (case,) = load_cases("cases/same_padding.yaml::odd-kernel-stride-2")
>>> [(name, array.shape) for name, array in tensors_of(case).items() if name != "cotangent"]
[('input', (2, 2, 3, 4)), ('kernel', (2, 3, 3, 3))]
>>> result = judge(case, np.zeros((2, 3, 6, 7), np.float32))
>>> str(result.verdict), result.message
('wrong_shape', 'expected [2, 3, 6, 8], got [2, 3, 6, 7] (NCHW)')
>>> print(result.diagnosis)
width 7 for 8, as if the size is that of SAME with output_padding 0
>>> [str(row.verdict) for row in run("cases/same_padding.yaml::odd-kernel-stride-2", "published-numpy")]
['exact']
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from harness.adapters.base import Adapter
from harness.core.case import AnyCase, OutputName
from harness.core.comparator import judge as judge_outcome
from harness.core.errors import BadInputError, Problem
from harness.core.limits import LEAST_SECONDS, MOST_SECONDS
from harness.core.outcome import Outcome, Raised, Value
from harness.core.prepared import Prepared
from harness.core.readings import Judged, judge_together
from harness.core.results import NOT_CALLED, Row, Verdict
from harness.engine.lane import Settings
from harness.engine.session import Session, Ticker, run_session
from harness.operations import operation_of
from harness.reports.summary import failure_lines
from harness.suites.expected_values import check_expected
from harness.suites.selection import Selection, select

Array = npt.NDArray[Any]
Answer = npt.ArrayLike | Exception
"""An array, or the error that was raised in place of one."""
Suites = str | Path | Iterable[str | Path]
Adapters = str | Adapter | type[Adapter] | Iterable[str | Adapter | type[Adapter]]
MOST_SHOWN = 10
"""Failing rows that an error prints."""


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one array.

    ``diagnosis`` names the faults that would give the same array, where there are any. ``error_over_bound`` is the
    largest error in units of what rounding explains, and ``ulps`` the same in units in the last place; None where no
    values were compared.
    """

    verdict: Verdict
    message: str = ""
    diagnosis: str = ""
    error_over_bound: float | None = None
    ulps: float | None = None

    def __str__(self) -> str:
        return "; ".join(filter(None, [f"{self.verdict}: {self.message}".removesuffix(": "), self.diagnosis]))


class NotConformingError(AssertionError):
    """An adapter does not conform. ``rows`` holds every row of its checks, ``failures`` those that fail."""

    def __init__(self, rows: tuple[Row, ...], failures: tuple[Row, ...], message: str) -> None:
        super().__init__(message)
        self.rows = rows
        self.failures = failures


def run(
    suites: Suites | None = None,
    adapters: Adapters = (),
    *,
    match: str = "",
    jobs: int | None = None,
    runs: int = 2,
    time_limit: float = 60.0,
) -> tuple[Row, ...]:
    """Run ``suites`` on ``adapters`` as ``harness run`` does, and return the rows of the report, sorted.

    ``suites`` are files, folders or ``FILE::ID`` (the shipped cases when None), of which ``match`` selects by name as
    ``-k`` does. ``adapters`` are names (``keras``, ``pytorch:compile``), ``module:Class``, or subclasses of ``Adapter``
    that a worker can import (every installed adapter when empty). Up to ``jobs`` processes run at once, as many as
    processors when None; each call is made ``runs`` times and may take ``time_limit`` seconds.

    Nothing is written and no verdict raises: see ``row.verdict`` and ``row.verdict.fails``. Raises BadInputError where
    a suite, a name or a class cannot be used, and NothingRequestedError where an adapter has no check in the selection.
    """
    settings = _settings(runs, time_limit)
    return _session(suites, adapters, match, settings, jobs).report.results


def check_adapter(
    adapter: str | Adapter | type[Adapter],
    suites: Suites | None = None,
    *,
    match: str = "",
    jobs: int | None = None,
    runs: int = 2,
    time_limit: float = 60.0,
) -> tuple[Row, ...]:
    """Run ``suites`` (the shipped cases when None) on ``adapter``, and return its rows if it conforms.

    The arguments are those of ``run``. A test of one's own adapter is one line: ``check_adapter(MyAdapter)``.

    Raises NotConformingError, an AssertionError, where a row fails, the adapter is not installed, or every case is
    inexpressible; and what ``run`` raises.
    """
    session = _session(suites, adapter, match, _settings(runs, time_limit), jobs)
    rows, failures = session.report.results, session.report.failures
    if failures or all(row.observed in NOT_CALLED for row in rows):
        raise NotConformingError(rows, failures, _explanation(rows, failures) if failures else session.idle)
    return rows


def load_cases(suites: Suites | None = None, *, match: str = "") -> list[AnyCase]:
    """The cases of ``suites`` (files, folders or ``FILE::ID``; the shipped ones when None) whose names ``match``.

    Those of transposed convolution are ``Case``. Raises BadInputError where one cannot be used, or none is left.
    """
    return list(selection_of(suites, match).cases())


def tensors_of(case: AnyCase) -> dict[str, Array]:
    """The arrays that every framework is given, by name, in the case's dtype: literal, or drawn by the case's name.

    Of a transposed convolution ``input`` is (N, C_in, H, W), ``kernel`` (C_in, C_out/G, kH, kW) and not rotated,
    ``bias``, where there is one, (C_out), and ``cotangent``, where gradients are requested, as the output. The case
    states in which layout a framework must be given them (``case.layout``); the arrays do not depend on that.

    Raises IllegalCaseError, a ValueError, where ``case`` was made by hand and breaks a rule of its dialect.
    """
    return dict(_prepared(case).tensors.named)


@overload
def judge(case: AnyCase, outputs: Mapping[OutputName, Answer]) -> dict[OutputName, Result]: ...
@overload
def judge(case: AnyCase, outputs: Answer) -> Result: ...
def judge(case: AnyCase, outputs: Answer | Mapping[OutputName, Answer]) -> Result | dict[OutputName, Result]:
    """Judge what was computed from ``tensors_of(case)``: one array for the output, or arrays by output name.

    Names are those of ``case.outputs``: ``output``, ``indices``, and the gradients ``input_grad``, ``kernel_grad`` and
    ``bias_grad`` of the sum of ``output * cotangent``. Shapes are (N, C_out, H_out, W_out) for the output and those of
    ``tensors_of`` for gradients; the dtype must be the case's. An error that was raised stands for an array: it is
    right where ``case`` expects an error.

    Raises ValueError for an output that ``case`` does not have, and BadInputError where the values that it expects are
    not the oracle's.
    """
    if not isinstance(outputs, Mapping):
        return judge(case, {"output": outputs})["output"]
    if unknown := [name for name in outputs if name not in case.outputs]:
        message = f"{case.name} has no {', '.join(unknown)}; its outputs are {', '.join(case.outputs)}"
        raise ValueError(message)
    check_expected([case])
    prepared = _prepared(case)
    outcomes = {name: _outcome(answer) for name, answer in outputs.items()}

    def judge_one(one: AnyCase, name: OutputName) -> Judged:
        found = judge_outcome(one, prepared.tensors, prepared.reference(name), outcomes[name], name)
        return Judged(found, prepared, outcomes[name])

    judged = judge_together(case, outputs, judge_one)
    return {name: _result(case, name, one) for name, one in judged.items()}


def _result(case: AnyCase, name: OutputName, judged: Judged) -> Result:
    found = judged.judgement
    explain = partial(operation_of(case).explain, case, judged.prepared, name, judged.outcome, found)
    explanation = judged.explanation or explain()
    return Result(found.verdict, found.message, explanation.text, found.error_over_bound, found.ulps)


def _outcome(answer: Answer) -> Outcome:
    if isinstance(answer, Exception):
        return Raised(type(answer).__name__, str(answer).partition("\n")[0])
    return Value(np.asarray(answer))


def _prepared(case: AnyCase) -> Prepared:
    return operation_of(case).oracle.prepare(case)


def _settings(runs: int, time_limit: float) -> Settings:
    if not isinstance(runs, int) or runs < 1:
        raise BadInputError(Problem("runs", 0, 0, "", f"{runs!r} is no number of runs", "use a whole number from 1 on"))
    if not isinstance(time_limit, int | float) or not LEAST_SECONDS <= time_limit <= MOST_SECONDS:
        hint = f"use seconds from {LEAST_SECONDS} to {MOST_SECONDS}"
        raise BadInputError(Problem("time_limit", 0, 0, "", f"{time_limit!r} is no limit for a call", hint))
    return Settings(runs=runs, answer_limit=time_limit)


def _session(suites: Suites | None, adapters: Adapters, match: str, settings: Settings, jobs: int | None) -> Session:
    if jobs is not None and (not isinstance(jobs, int) or jobs < 1):
        raise BadInputError(Problem("jobs", 0, 0, "", f"{jobs!r} is no number of processes", "use 1 or more"))
    return run_session(selection_of(suites, match), names_of(adapters), settings, jobs, Ticker())


def selection_of(suites: Suites | None, match: str) -> Selection:
    """The cases that ``run`` is about; raises BadInputError where one cannot be used, or none is left."""
    listed = [suites] if isinstance(suites, str | Path) else list(suites or ())
    if suites is not None and not listed:
        raise BadInputError(Problem("suites", 0, 0, "", "there is none", "name files or folders, or leave it out"))
    return select([os.fspath(one) for one in listed], match)


def names_of(adapters: Adapters) -> list[str]:
    """What workers import; raises BadInputError for an adapter that they cannot import."""
    return [_name_of(one) for one in ([adapters] if isinstance(adapters, str | Adapter | type) else adapters)]


def _name_of(adapter: str | Adapter | type[Adapter]) -> str:
    """What a worker imports; raises BadInputError where it could not, or would get something else."""
    if isinstance(adapter, str):
        return adapter
    made = adapter if isinstance(adapter, type) else type(adapter)
    target = f"{made.__module__}:{made.__qualname__}"
    if made.__module__ == "__main__" or not made.__qualname__.isidentifier():
        hint = "define it at the top of a module, which is imported and not run"
        raise BadInputError(Problem("adapters", 0, 0, target, "a worker process cannot import this class", hint))
    if made is not adapter and vars(adapter):
        message, hint = "its own attributes do not reach the worker, which makes it anew", "hand over a class"
        raise BadInputError(Problem("adapters", 0, 0, target, message, hint))
    return target


def _explanation(rows: tuple[Row, ...], failures: tuple[Row, ...]) -> str:
    """How many rows fail, counted by verdict, and the first of them."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(Counter(r.verdict for r in failures).items()))
    shown = ["\n".join(failure_lines(row)) for row in failures[:MOST_SHOWN]]
    more = len(failures) - len(shown)
    title = f"{failures[0].adapter} does not conform: {len(failures)} of {len(rows)} verdicts fail ({counts})"
    return "\n".join([title, *shown, *([f"and {more} more"] if more else [])])
