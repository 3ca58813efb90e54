"""Modes, dtypes and outputs: how many cases conform in each, and what errors of half precisions show of the sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.core.dtypes import DTYPES
from harness.core.results import BEFORE_BIAS, NOT_CALLED, CaseInfo, Row, Verdict
from harness.reports.by_check import OUTPUTS, gathered

Named = Sequence[tuple[Row, CaseInfo]]
"""The rows of a report, each with its case."""
ELSEWHERE = "for several reasons, which are listed under what could not be expressed or run"


@dataclass(slots=True)
class Cell:
    """One adapter's cases of one dtype that request one output.

    ``note`` counts from 1 and stands for why none could be expressed or run; 0 where one was judged, or none was run.
    """

    counts: Counter[str] = field(default_factory=Counter)
    """Of those that were judged, by the kind of their verdict: ``good``, ``known`` or ``bad``."""
    note: int = 0
    reasons: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count one case."""
        if row.verdict in NOT_CALLED:
            self.reasons.add(row.message)
        else:
            self.counts["known" if row.verdict is Verdict.KNOWN else "good" if row.verdict.conforms else "bad"] += 1

    @property
    def text(self) -> str:
        """``33 + 1 known``; a dash where no case was run, or none could be, for which ``note`` says why."""
        words = {"good": "", "known": " known", "bad": " failing"}
        return " + ".join(f"{self.counts[kind]}{word}" for kind, word in words.items() if self.counts[kind]) or "–"

    @property
    def kind(self) -> str:
        """``good``, ``known``, ``bad`` or ``none``, as of a verdict."""
        return next((kind for kind in ("bad", "known", "good") if self.counts[kind]), "none")


@dataclass(frozen=True, slots=True)
class Matrix:
    """``lines`` hold adapter, output and a cell for each of ``dtypes``; ``notes`` are what the cells refer to."""

    dtypes: tuple[str, ...]
    lines: tuple[tuple[str, str, tuple[Cell, ...]], ...]
    notes: tuple[str, ...]


def dtype_matrix(rows: Named, given: Iterable[str]) -> Matrix:
    """The matrix of cases in the dtypes ``given``; an output that an adapter was never judged on has no line.

    An adapter that was judged on nothing has one.
    """
    cells: dict[tuple[str, str], dict[str, Cell]] = defaultdict(lambda: defaultdict(Cell))
    for row, info in rows:
        refused = row.verdict in NOT_CALLED and row.output != "shape"
        for output in info.outputs if refused else (row.output,):
            cells[row.adapter, output][info.dtype].add(row)
    dtypes = tuple(name for name in DTYPES if name in given)
    notes: dict[str, int] = {}
    lines = []
    for subject in sorted({adapter for adapter, _ in cells}):
        outputs = [output for output in OUTPUTS if (subject, output) in cells]
        judged = [output for output in outputs if any(cell.counts for cell in cells[subject, output].values())]
        for output in judged or outputs[:1]:
            line = tuple(cells[subject, output].get(dtype, Cell()) for dtype in dtypes)
            _number(line, notes)
            lines.append((subject, output, line))
    return Matrix(dtypes, tuple(lines), tuple(notes))


def _number(cells: Iterable[Cell], notes: dict[str, int]) -> None:
    for cell in cells:
        if cell.reasons and not cell.counts:
            reason = next(iter(cell.reasons)) if len(cell.reasons) == 1 else ELSEWHERE
            cell.note = notes.setdefault(reason, len(notes) + 1)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the errors of one adapter in one half precision show of its sums.

    ``outputs`` is how many rounded outputs were judged within the bound, ``wide`` how many of them have errors that
    sums in ``precision`` explain, and ``apart`` how many more where these are rounded once more before the bias; the
    others need sums in the dtype itself. ``largest`` is the largest error / bound.
    """

    subject: str
    dtype: str
    precision: str
    outputs: int
    wide: int
    largest: float
    apart: int = 0

    @property
    def text(self) -> str:
        """What may be stated of all errors together."""
        if self.wide == self.outputs:
            return f"{self.precision}, in all {self.outputs} outputs"
        if self.wide + self.apart == self.outputs:
            return f"{self.precision}, in {self.apart} of {self.outputs} outputs{BEFORE_BIAS}"
        narrow = f"{self.outputs - self.wide - self.apart} of {self.outputs} outputs"
        return f"{self.dtype} only: {narrow} are off by more than sums in {self.precision} explain"


def accumulation(rows: Named) -> list[Sums]:
    """Per adapter and half precision, from the outputs that were within the bound of the dtype's own sums."""
    wider = {name: dtype.accumulator.name for name, dtype in DTYPES.items() if dtype.accumulator is not None}
    halves = (((row.adapter, info.dtype), row) for row, info in rows if row.accumulation and info.dtype in wider)
    return [_sums(subject, dtype, wider[dtype], group) for (subject, dtype), group in sorted(gathered(halves).items())]


def _sums(subject: str, dtype: str, precision: str, rows: Sequence[Row]) -> Sums:
    wide = sum(row.accumulation == precision for row in rows)
    largest = max(row.error_over_bound or 0.0 for row in rows)
    apart = sum(row.accumulation == precision + BEFORE_BIAS for row in rows)
    return Sums(subject, dtype, precision, len(rows), wide, largest, apart)


@dataclass(frozen=True, slots=True)
class Subnormals:
    """In how many ``outputs`` of one adapter in one dtype the values show what becomes of subnormal numbers."""

    subject: str
    dtype: str
    keeps: int
    flushes: int

    @property
    def text(self) -> str:
        """What may be stated of all of them together."""
        if not self.flushes:
            return f"keeps, in all {self.keeps} outputs that show it"
        if not self.keeps:
            return f"flushes to zero, in all {self.flushes} outputs that show it"
        return f"flushes to zero in {self.flushes} of {self.flushes + self.keeps} outputs that show it, else keeps"


def subnormals(rows: Named) -> list[Subnormals]:
    """Per adapter and dtype, from the outputs that show it."""
    shown = gathered(((row.adapter, info.dtype), row.subnormals) for row, info in rows if row.subnormals)
    return [Subnormals(*key, found.count("keeps"), found.count("flushes")) for key, found in sorted(shown.items())]
