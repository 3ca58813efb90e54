"""The rows of a report check by check: a check has a row for each output that it came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.core.case import GRADIENTS
from harness.core.results import Report, Row, Verdict

_ORDER = {name: place for place, name in enumerate(("output", "shape", *GRADIENTS))}
Checked = tuple[Row, ...]
"""The rows of one check, its result before the gradients."""


def by_check(rows: Iterable[Row]) -> Iterator[Checked]:
    """The rows of each check together; ``rows`` are sorted as those of a report are."""
    for _, group in groupby(rows, key=lambda row: row.key[:3]):
        yield tuple(sorted(group, key=lambda row: _ORDER.get(row.output, len(_ORDER))))


def count_checks(report: Report) -> int:
    """How many checks there are."""
    return sum(1 for _ in by_check(report.results))


def standing(rows: Sequence[Row]) -> Verdict:
    """The verdict that a check stands for: a failing one before a known one, else that of its first output."""
    return parts(rows)[0][0].verdict


def parts(rows: Sequence[Row]) -> list[tuple[Row, tuple[str, ...]]]:
    """The first row of each judgement on one check, and the outputs that it is about; what fails comes first."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.verdict, row.observed, row.message, row.diagnosis), []).append(row)
    found = [(group[0], tuple(row.output for row in group)) for group in groups.values()]
    return sorted(found, key=lambda part: (not part[0].verdict.fails, part[0].verdict is not Verdict.KNOWN))


def in_words(rows: Sequence[Row]) -> str:
    """``exact``, or where outputs differ ``exact, kernel_grad and bias_grad known``."""
    outputs: dict[Verdict, list[str]] = {}
    for row in rows:
        outputs.setdefault(row.verdict, []).append(row.output)
    (first, _), *others = outputs.items()
    return ", ".join([first, *(f"{' and '.join(names)} {verdict}" for verdict, names in others)])


def subjects(report: Report) -> dict[tuple[str, str], str]:
    """A short name for each adapter and mode of ``report``: the adapter's where that tells them apart."""
    asked = sorted({(row.adapter, row.mode) for row in report.results})
    adapters = [adapter for adapter, _ in asked]
    return {one: one[0] if adapters.count(one[0]) == 1 else " ".join(one) for one in asked}
