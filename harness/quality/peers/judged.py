"""Rows of other projects' tests, stated as suites and judged as `harness judge` does, and the table of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.adapters.base import ONE_THREAD
from harness.core.corpus import called
from harness.core.errors import BadInputError, Problem
from harness.core.results import Row, Verdict
from harness.engine.elsewhere import judge_results
from harness.engine.session import Ticker
from harness.quality.benchmarks.runner import apart
from harness.quality.peers.row import INDEX, OPERATIONS
from harness.quality.peers.sources import SOURCES, write_source
from harness.reports.text_table import table
from harness.suites.exported import export_cases
from harness.suites.registry import Suite, load_good

LIMIT = 600.0
"""Seconds that reading a source may take."""
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """A source as read: ``rows`` by what became of them; ``missing`` says why it could not be read."""

    title: str
    versions: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    expected: int = 0
    """Of those that are judged, how many have a result that the test states."""
    absent: Counter[str] = field(default_factory=Counter)
    """Why rows are not stated."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    """The worst one of each row that is judged."""
    failing: Sequence[Row] = ()
    missing: str = ""


def judge_source(name: str, folder: Path, expression: str = "") -> Judged:
    """Read the source ``name``, and state and judge its rows in ``folder``, a new one, where the suites stay.

    ``expression`` selects tests by their names. Raises BadInputError where the folder cannot be made.
    """
    title = SOURCES[name]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        message = f"cannot be made: {error.strerror}"
        raise BadInputError(Problem(str(folder), 0, 0, "--to", message, "name a folder that is new")) from None
    try:
        apart(write_source, name, str(folder), expression, environment=ONE_THREAD, limit=LIMIT)
    except subprocess.TimeoutExpired:
        return Judged(title, missing=f"not read within {LIMIT:g} s")
    except RuntimeError as error:
        return Judged(title, missing=str(error).strip().splitlines()[-1])
    return judge_rows(title, name, folder)


def judge_rows(title: str, name: str, folder: Path) -> Judged:
    """State and judge the rows that were written to ``folder``; ``title`` and ``name`` are those of their source."""
    found = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    lines: list[Line] = found["rows"]
    absent = Counter(line["absent"] for line in lines if not line["operation"])
    suites, reasons = _stated(name, lines, folder)
    absent += reasons
    cases = [case for suite in suites for case in suite.cases()]
    if not cases:
        return Judged(title, found["versions"], len(lines), absent=absent)
    for line in export_cases(cases, folder / "exported"):
        results = folder / "results" / line.arrays
        results.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / f"{line.case.partition('/')[2]}.results.npz", results)
    session, _ = judge_results(folder / "exported", folder / "results", Ticker(), name, found["versions"])
    order, worst = list(Verdict), dict[str, Row]()
    for row in session.report.results:
        if row.case not in worst or order.index(row.verdict) > order.index(worst[row.case].verdict):
            worst[row.case] = row
    ids = {line["id"] for line in lines if line["expected"]}
    return Judged(
        title,
        found["versions"],
        len(lines),
        sum(case.partition("/")[2] in ids for case in worst),
        absent,
        Counter(row.verdict for row in worst.values()),
        [row for row in worst.values() if row.verdict.fails],
    )


def _stated(name: str, lines: Sequence[Line], folder: Path) -> tuple[list[Suite], Counter[str]]:
    """The suites of those ``lines`` that the language can state, and why it cannot state others."""
    paths, places = list[Path](), dict[tuple[str, int], str]()
    for operation in OPERATIONS:
        own = [line for line in lines if line["operation"] == operation]
        if not own:
            continue
        path = folder / f"{name}_{operation}.yaml"
        head = [
            f"suite: {operation} in {SOURCES[name]}",
            "about: Rows as they are there.",
            f"op: {operation}",
            "cases:",
        ]
        entries = [json.dumps({"id": line["id"], "about": line["id"], **line["words"]}) for line in own]
        path.write_text("\n".join([*head, *(f"  - {entry}" for entry in entries)]) + "\n", encoding="utf-8")
        paths.append(path)
        places |= {(called(path), number): line["id"] for number, line in enumerate(own, len(head) + 1)}
    suites, problems = load_good(paths) if paths else ([], [])
    reasons: dict[str, str] = {}
    for problem in problems:
        reasons.setdefault(places[problem.path, problem.line], problem.message)
    return suites, Counter(reasons.values())


def lines_of(sources: Sequence[Judged]) -> Iterator[str]:
    """The table of ``sources``, why rows are not stated, and what fails."""
    shown = [verdict for verdict in Verdict if any(verdict in one.verdicts for one in sources)]
    head = ["source", "rows", "stated", "expected", "computed", *(str(verdict) for verdict in shown)]
    rows = [head]
    for one in sources:
        judged = one.verdicts.total()
        counts = [one.rows, judged, one.expected, judged - one.expected, *(one.verdicts[verdict] for verdict in shown)]
        rows.append([one.title, *map(str, counts)])
    yield from table(rows, right=range(1, len(head)))
    for one in sources:
        versions = ", ".join(f"{name} {number}" for name, number in one.versions.items())
        yield f"\n{one.title}: {one.missing or versions}"
        for reason, count in sorted(one.absent.items(), key=lambda pair: (-pair[1], pair[0])):
            yield f"  not stated, {count}: {reason}"
        for row in one.failing:
            yield f"  {row.verdict}: {row.case} ({row.output}): {row.message}"
