"""What a diagnosis found, and the sentence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.case import AnyCase

CANNOT_TELL = " (this case cannot tell these apart"
MOST_NAMED = 4
NOTHING_FITS = "no single fault and no pair of common ones gives these values"


def allowed(case: AnyCase) -> str:
    """What is to say of a legal case that is rejected."""
    if case.has_empty_axis:
        return "the suite states the output; whether an axis may be empty is not documented"
    return f"the documented rules of {case.dialect} allow these parameters"


@dataclass(frozen=True, slots=True)
class Finding:
    """A hypothesis that fits the outcome: its name, and what it says in words."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an outcome got its verdict: one sentence, or nothing, and the names of the hypotheses that fit."""

    text: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Separation:
    """A case on which tied hypotheses come apart.

    ``alike`` holds the groups of them, by position, that even this case cannot tell apart; no ``case`` means that no
    case separates any of them.
    """

    case: str = ""
    alike: tuple[tuple[int, ...], ...] = ()


def describe(findings: Sequence[Finding], separation: Separation | None = None) -> str:
    """The findings as one sentence; of several that fit alike it says so, and which case would decide."""
    if not findings:
        return NOTHING_FITS
    texts = [finding.text for finding in findings[:MOST_NAMED]]
    if len(findings) == 1:
        return texts[0]
    if len(findings) > len(texts):
        texts.append(f"{len(findings) - len(texts)} more")
    return f"{'; or '.join(texts)}{CANNOT_TELL}{_where(separation)})"


def _where(separation: Separation | None) -> str:
    if separation is None:
        return ""
    if not separation.case:
        return "; no case here does"
    if not separation.alike:
        return f"; {separation.case} does"
    groups = [" and ".join(f"no. {position + 1}" for position in group) for group in separation.alike]
    if any(position >= MOST_NAMED for group in separation.alike for position in group):
        return f"; {separation.case} does for some of them"
    return f"; {separation.case} does, but for {', and '.join(groups)}"
