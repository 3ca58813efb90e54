"""Results that were computed elsewhere, from cases that were exported, and the session that they make.

The folder of results has a ``.npz`` file for each case, called as that of the export: the outputs by name, or ``error``
with a text for what was refused. A case without a file was not run.
"""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.adapters import Chosen
from harness.adapters.base import ALL_OUTPUTS, Adapter
from harness.adapters.program import Inexpressible, Program
from harness.core.case import AnyCase, OutputName
from harness.core.counting import counted
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, NothingRequestedError, Problem
from harness.core.outcome import Outcome, Raised, Value
from harness.core.results import SCHEMA_VERSION, AdapterInfo, Report, Row
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.engine.lane import Lane, Settings
from harness.engine.session import Session, Ticker, environment
from harness.engine.survey import case_info
from harness.operations import operation_of
from harness.suites.expected_values import wrong_expectations
from harness.suites.exported import BITS, CaseForm, describe, of_any_version, read_index
from harness.suites.known_divergences import known_beside
from harness.suites.selection import select_good

ERROR = "error"
ELSEWHERE = "elsewhere"
"""What a program is called that was given no name."""
_MOST_NAMED = 5


class Elsewhere(Adapter):
    """Stands for the program that made the results, of which nothing is known."""

    dialect = "canonical"
    dtypes = tuple(DTYPES)
    outputs = ALL_OUTPUTS

    def start(self) -> dict[str, str]:
        return {}

    def program(self, case: AnyCase) -> Program:
        return Program({}, (), ())


def judge_results(
    exported: Path, folder: Path, ticker: Ticker, name: str, versions: Mapping[str, str], lists: Sequence[Path] = ()
) -> tuple[Session, list[str]]:
    """The session that the results in ``folder`` make, and what is not among them, in words.

    They are of cases in ``exported``, by a program called ``name`` that ran ``versions``. ``lists`` are of known
    divergences. Raises BadInputError where a file cannot be used or is of another export, NothingRequestedError where
    there is none.
    """
    start, entries = time.perf_counter(), read_index(exported)
    found = _with_results(entries, folder)
    adapter: Adapter = type("Named", (Elsewhere,), {"name": name})()
    chosen, showcase = Chosen(adapter, "", requested_by_name=True, requested_as=name), Excerpts(len(found))
    lane = Lane(chosen, Settings(), known_beside([], lists), showcase=showcase)
    lane.versions = dict(versions)
    named = [] if name == ELSEWHERE else ["--name", name]
    named += [word for package, number in versions.items() for word in ("--version", f"{package}={number}")]
    named += [word for path in lists for word in ("--known", str(path))]
    repeat = shlex.join(["harness", "judge", str(exported), "--results", str(folder), *named])
    checks, rows, problems, lacking = list[Check](), list[Row](), list[Problem](), Counter[str]()
    changed = {entry.case for entry in found}
    ticker.begin(len(found))
    for case, entry in _cases(found):
        prepared = operation_of(case).oracle.prepare(case)
        if describe(case, prepared).digest != entry.digest:
            continue
        changed.discard(case.name)
        if wrong := wrong_expectations([case]):
            problems += wrong.values()
            continue
        try:
            outcomes = _read(folder / entry.arrays, case)
        except BadInputError as error:
            problems += error.problems
            continue
        checks.append(Check.of(case, chosen, None, Inexpressible("it was computed elsewhere")))
        judged = [replace(row, route="native", repeat=repeat) for row in lane.judge(checks[-1], prepared, outcomes)]
        rows += judged
        lacking.update(name for name in case.outputs if name not in outcomes and isinstance(outcomes["output"], Value))
        ticker.row(next((row for row in judged if row.verdict.fails), judged[0]))
    if changed:
        message = f"{counted(len(changed), 'case')} changed since the export: {_few(sorted(changed))}"
        problems.append(Problem(str(exported), 0, 0, "", message, "export them and compute the results again"))
    if problems:
        raise BadInputError(*problems)
    infos = tuple(sorted((case_info(one.case) for one in checks), key=lambda info: info.case))
    info = AdapterInfo(name, adapter.dialect, versions, requested_by_name=True)
    report = Report(SCHEMA_VERSION, environment(), (info,), infos, tuple(sorted(rows, key=lambda row: row.key)))
    absent = [f"not run: {len(entries) - len(found)} of {counted(len(entries), 'exported case')}"]
    absent += [f"not given: {output} of {counted(count, 'case')}" for output, count in sorted(lacking.items())]
    return Session(report, time.perf_counter() - start, lambda: checks, showcase), absent


def _with_results(entries: Sequence[CaseForm], folder: Path) -> list[CaseForm]:
    """Those of ``entries`` that have results; raises BadInputError for files that are of none."""
    if not folder.is_dir():
        raise BadInputError(Problem(str(folder), 0, 0, "--results", "is no folder", "name that of the results"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.npz")}
    if unknown := sorted(there - {entry.arrays for entry in entries}):
        cases = {of_any_version(entry.arrays) for entry in entries}
        old = [name for name in unknown if of_any_version(name) in cases]
        message, hint = f"is no result of an exported case: {_few(unknown)}", "call each as the arrays of its case"
        if old:
            message = f"is of another export than this, whose case is another one: {_few(old)}"
            hint = "compute it from these arrays, and remove it"
        raise BadInputError(Problem(str(folder), 0, 0, "--results", message, hint))
    if not there:
        message = f"{folder} has no results of the {counted(len(entries), 'exported case')}: nothing was judged"
        raise NothingRequestedError(f"{message}, and no report was written")
    return [entry for entry in entries if entry.arrays in there]


def _cases(entries: Sequence[CaseForm]) -> Iterator[tuple[AnyCase, CaseForm]]:
    """The cases of ``entries`` as the suites have them now, as far as they are there."""
    named = {entry.case: entry for entry in entries}
    for case in select_good(sorted({entry.suite for entry in entries})).cases():
        if case.name in named:
            yield case, named[case.name]


def _read(path: Path, case: AnyCase) -> dict[OutputName, Outcome]:
    """What came of ``case``, as a worker gives it: what has no output has no gradients.

    Raises BadInputError where the file is something else.
    """

    def bad(message: str, hint: str = "") -> BadInputError:
        return BadInputError(Problem(str(path), 0, 0, case.name, message, hint))

    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise TypeError("it has one array without a name")
            arrays = {name: np.asarray(loaded[name]) for name in loaded.files}
    except Exception as error:  # of whatever kind: the file may hold anything
        reason = (str(error).splitlines() or [""])[0]
        raise bad(f"cannot be read: {type(error).__name__}: {reason}", "expected what numpy.savez writes") from None
    raised = arrays.pop(ERROR, None)
    requested = ", ".join(case.outputs)
    if unknown := [name for name in arrays if name not in case.outputs]:
        raise bad(f"has {_few(unknown)}, which the case does not request", f"it requests {requested}")
    if "output" not in arrays and (raised is None or arrays):
        raise bad(f"has {' and '.join(arrays) or 'nothing'}, but no output", f"expected {requested}, or {ERROR} alone")
    outcomes: dict[OutputName, Outcome] = {
        name: Value(_as_dtype(arrays[name], case, name)) for name in case.outputs if name in arrays
    }
    if raised is None:
        return outcomes
    text = str(raised).strip() if raised.dtype.kind == "U" and not raised.ndim else ""
    missing = [name for name in case.outputs if name not in outcomes]
    if not text or not missing:
        raise bad(f"has an {ERROR} that is no text, or beside every output", "expected one text for what is not there")
    kind, _, message = text.splitlines()[0].partition(": ")
    return outcomes | dict.fromkeys(missing if outcomes else ["output"], Raised(kind, message))


def _as_dtype(array: npt.NDArray[Any], case: AnyCase, name: OutputName) -> npt.NDArray[Any]:
    """``array`` in this machine's order of bytes and axes, and as bfloat16 where it holds the bits of that."""
    array = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    unnamed = np.dtype("V2")  # what NumPy makes of bfloat16
    if case.dtype == "bfloat16" and name != "indices" and array.dtype in {BITS, unnamed}:
        return array.view(DTYPES["bfloat16"].numpy)
    return array


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")
