"""What a run produces: verdicts, rows and the report that holds them. All frozen, all plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NamedTuple

SCHEMA_VERSION = 3
BEFORE_BIAS = ", rounded before the bias"
"""What follows the precision of sums that are rounded to the dtype once more, before a bias is added."""


class Verdict(StrEnum):
    """The judgement on one outcome. The order is that of the reports' columns."""

    EXACT = "exact"
    WITHIN_BOUND = "within_bound"
    REFUSES = "refuses"
    AMBIGUOUS = "ambiguous"
    KNOWN = "known"
    INEXPRESSIBLE = "inexpressible"
    UNAVAILABLE = "unavailable"
    DIVERGES = "diverges"
    INCONCLUSIVE = "inconclusive"
    WRONG_SHAPE = "wrong_shape"
    WRONG_DTYPE = "wrong_dtype"
    REJECTS = "rejects"
    ACCEPTS = "accepts"
    UNSTABLE = "unstable"
    STALE = "stale"
    CRASHES = "crashes"
    HANGS = "hangs"
    ADAPTER_ERROR = "adapter_error"
    BROKEN = "broken"
    FIXED = "fixed"

    @property
    def fails(self) -> bool:
        """Whether the verdict alone makes a run fail."""
        return self in FAILING

    @property
    def conforms(self) -> bool:
        """Whether the framework did what the case expects."""
        return self in CONFORMING


CONFORMING = frozenset({Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.REFUSES, Verdict.AMBIGUOUS})
NOT_CALLED = frozenset({Verdict.INEXPRESSIBLE, Verdict.UNAVAILABLE, Verdict.BROKEN})
"""Nothing was run."""
NOT_STARTED = frozenset({Verdict.UNAVAILABLE, Verdict.BROKEN})
"""One reason holds for all checks of an adapter."""
FAILING = frozenset(Verdict) - CONFORMING - {Verdict.INEXPRESSIBLE, Verdict.UNAVAILABLE, Verdict.KNOWN}


class Figures(NamedTuple):
    """The errors of a whole array in units of their standard deviations, z; see harness.core.statistical."""

    elements: int
    largest: float
    mean_square: float
    signed: float
    """The sum of z sign(y), divided by the root of the number of elements."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its evidence; the figures are None where no values were compared."""

    verdict: Verdict
    message: str = ""
    error_over_bound: float | None = None
    ulps: float | None = None
    accumulation: str = ""
    """Of rounded values: the widest precision of the sums that their errors are consistent with."""
    figures: Figures | None = None
    """Of rounded values: their errors as a whole, with sums in that precision."""
    subnormals: Literal["", "keeps", "flushes"] = ""
    """What becomes of numbers below the smallest normal one, where the values show it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One check in a report. ``observed`` differs from ``verdict`` where a known divergence explains it."""

    case: str
    adapter: str
    mode: str
    output: str
    route: Literal["native", "composed", "inexpressible"]
    verdict: Verdict
    observed: Verdict
    error_over_bound: float | None
    ulps: float | None
    message: str
    diagnosis: str
    repeat: str
    accumulation: str = ""
    figures: Figures | None = field(default=None, compare=False)
    """Those of the judgement. They vary with the processor, and stand in no report."""
    subnormals: Literal["", "keeps", "flushes"] = ""
    cause: str = ""
    """Of wrong values, what is listed as their cause, if only for other versions, and was found to be.

    See harness.suites.causes.
    """
    listed: str = ""
    """Of a known divergence, the reason alone that is listed; ``diagnosis`` has beside it what these values show."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What rows are sorted and unique by."""
        return (self.case, self.adapter, self.mode, self.output)

    @property
    def repeatable(self) -> Row:
        """The row as every processor gives it that conforms, or diverges for the listed cause.

        Left out are figures, the precision of sums, what becomes of subnormals and, of a known divergence, the numbers
        that came. A failing row has everything.
        """
        if self.verdict.fails or (self.error_over_bound is None and not self.subnormals):
            return self
        known, values = self.verdict is Verdict.KNOWN, self.verdict in {Verdict.EXACT, Verdict.WITHIN_BOUND}
        return replace(
            self,
            error_over_bound=None,
            ulps=None,
            accumulation="",
            subnormals="",
            message="" if known or values else self.message,
            diagnosis=self.listed if known else self.diagnosis,
        )

    @property
    def where(self) -> str:
        """``keras``, or ``keras (kernel_grad)`` where the row is not about the result itself."""
        return self.adapter if self.output == "output" else f"{self.adapter} ({self.output})"


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """An adapter as it took part: its versions are empty where it could not start."""

    name: str
    dialect: str
    versions: Mapping[str, str]
    requested_by_name: bool

    @property
    def versions_text(self) -> str:
        """``keras 3.15.1, tensorflow 2.21.0``, or that none is known: it may not have started."""
        return ", ".join(f"{name} {version}" for name, version in self.versions.items()) or "no version known"


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """A case as a report names it."""

    case: str
    about: str
    source: str
    rule: str = ""
    """The rule of harness.operations.conv_transpose.rules that it breaks, or keeps where it is a legal twin."""
    dtype: str = "float32"
    outputs: tuple[str, ...] = ("output",)
    """What it requests."""
    examples: tuple[str, ...] = ()
    """The published examples that it shows; see harness.suites.tutorials."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run; ``conformance.json`` says the same in fewer words."""

    schema_version: int
    environment: Mapping[str, str]
    adapters: tuple[AdapterInfo, ...]
    cases: tuple[CaseInfo, ...]
    results: tuple[Row, ...]

    @property
    def failures(self) -> tuple[Row, ...]:
        """Rows that make the run fail; an adapter requested by name must also be available."""
        requested = {adapter.name for adapter in self.adapters if adapter.requested_by_name}
        return tuple(
            row
            for row in self.results
            if row.verdict.fails or (row.verdict is Verdict.UNAVAILABLE and row.adapter in requested)
        )
