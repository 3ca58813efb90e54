"""The rows of a report check by check: a check has a row for each output that it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import TypeVar

from harness.core.case import GRADIENTS
from harness.core.results import Row, Verdict

OUTPUTS = ("output", "shape", *GRADIENTS)
"""In the order of reports."""
_ORDER = {name: place for place, name in enumerate(OUTPUTS)}
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def gathered(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """The values of each key together, in the order in which the keys come first."""
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


class Checked:
    """The rows of one check, its result before the gradients."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: _ORDER.get(row.output, len(_ORDER))))
        self.case, self.adapter = self.rows[0].case, self.rows[0].adapter
        self.composed = self.rows[0].route == "composed"

    @property
    def verdict(self) -> Verdict:
        """The one that the check stands for: a failing one before a known one, else that of its first output."""
        return self.parts[0][0].verdict

    @cached_property
    def parts(self) -> list[tuple[Row, tuple[str, ...]]]:
        """The first row of each judgement, and the outputs that it is about; what fails comes first."""
        groups = gathered(((row.verdict, row.observed, row.message, row.diagnosis), row) for row in self.rows)
        found = [(group[0], tuple(row.output for row in group)) for group in groups.values()]
        return sorted(found, key=lambda part: (not part[0].verdict.fails, part[0].verdict is not Verdict.KNOWN))

    @property
    def text(self) -> str:
        """``exact``, or where outputs differ ``exact, kernel_grad and bias_grad known``."""
        (first, _), *others = gathered((row.verdict, row.output) for row in self.rows).items()
        return ", ".join([first, *(f"{' and '.join(names)} {verdict}" for verdict, names in others)])


def count_verdicts(checks: Iterable[Checked]) -> dict[str, Counter[Verdict]]:
    """Adapter -> the verdicts that its checks stand for."""
    counts: dict[str, Counter[Verdict]] = {}
    for check in checks:
        counts.setdefault(check.adapter, Counter())[check.verdict] += 1
    return counts
