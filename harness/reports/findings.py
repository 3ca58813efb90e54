"""The findings of a report, one for each cause, the worst kind first; and how much conforms, by framework.

Every renderer that names divergences on its front page takes them from here, so that they agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain

from harness.core.case import GRADIENTS
from harness.core.findings import CANNOT_TELL, NOTHING_FITS
from harness.core.results import NOT_CALLED, NOT_STARTED, Row, Verdict
from harness.reports.by_check import OUTPUTS, Checked, gathered
from harness.reports.view import View
from harness.suites.known_divergences import AT_TIMES, NOT_REQUESTED, SHOWS_IT


class Kind(StrEnum):
    """What a finding does to a user, the worst first; the value is its heading."""

    PROCESS = "the process ends or hangs"
    VALUES = "wrong values without a warning"
    SHAPE = "another shape or dtype"
    ACCEPTS = "accepts what is illegal"
    REJECTS = "rejects what is legal"
    OTHER = "shows no divergence"


_KINDS = {
    Verdict.CRASHES: Kind.PROCESS,
    Verdict.HANGS: Kind.PROCESS,
    Verdict.DIVERGES: Kind.VALUES,
    Verdict.STALE: Kind.VALUES,
    Verdict.UNSTABLE: Kind.VALUES,
    Verdict.WRONG_SHAPE: Kind.SHAPE,
    Verdict.WRONG_DTYPE: Kind.SHAPE,
    Verdict.ACCEPTS: Kind.ACCEPTS,
    Verdict.REJECTS: Kind.REJECTS,
}
_OUTPUT_PLACE = {name: place for place, name in enumerate(OUTPUTS)}
_CAUSES = {
    "hypotheses": "wrong values, those of {}",
    "narrower": "values computed in {}",
    "unwritten_rows": "rows {} not written",
    "digest": "wrong values, the same on every call",
}
"""What a listed cause makes, in words."""
_NUMBER = re.compile(r"(?<![\w-])-?\d+(\.\d+)?(e[-+]?\d+)?\b")
_DUE_AND_CAME = re.compile(r"expected (.+), got (.+?)(?: \(\w+\))?$")
_CAME = re.compile(r"^an error is expected, but (.+) came$")
_ISSUE = re.compile(r"\b([\w.-]+/[\w.-]+#\d+)\b")
_WORDS_OF_A_KEY = 6
LONGEST = 90
"""Letters of what came and of what is due; the message of the row has all."""


def framework_of(adapter: str) -> str:
    """The framework that an adapter is a variant of: ``keras`` of ``keras:jax`` and of ``keras``."""
    return adapter.partition(":")[0]


def plain_first(adapters: Iterable[str]) -> list[str]:
    """Adapters by name, those that are no variant of a framework first."""
    return sorted(adapters, key=lambda name: (":" in name, name))


def families(view: View) -> dict[str, list[str]]:
    """Each framework, by name, with the adapters that are its variants."""
    groups = gathered((framework_of(adapter.name), adapter.name) for adapter in view.report.adapters)
    return {framework: sorted(set(groups[framework]) - {framework}) for framework in sorted(groups)}


@dataclass(frozen=True)
class Finding:
    """What has one cause: known rows for which the same reason is listed, or failing ones that look alike.

    ``rows`` are all of them, the one that shows it best first: ``rows[0]`` has the command that repeats it, and its
    case and adapter are those whose script shows it. ``key`` names the finding within its report, and stays while the
    reason does.
    """

    key: str
    kind: Kind
    reason: str
    """The listed one, with the issues upstream; of a failing finding its diagnosis, or empty."""
    came: str
    """One short line: what the call gave."""
    due: str
    """One short line: what it should give."""
    versions: tuple[str, ...]
    """Each set of versions that shows it, for example ``keras 3.15.1, tensorflow 2.21.0``."""
    rows: tuple[Row, ...]

    @property
    def fails(self) -> bool:
        """Whether it makes the run fail; otherwise it is known."""
        return self.rows[0].verdict is not Verdict.KNOWN

    @property
    def example(self) -> Row:
        """The row that shows it best."""
        return self.rows[0]

    @cached_property
    def adapters(self) -> list[str]:
        """The adapters that show it, those first that are no variant."""
        return plain_first({row.adapter for row in self.rows})

    @cached_property
    def frameworks(self) -> list[str]:
        """The frameworks that show it, by name."""
        return sorted({framework_of(row.adapter) for row in self.rows})

    @cached_property
    def cases(self) -> list[str]:
        """The cases, by name."""
        return sorted({row.case for row in self.rows})

    @cached_property
    def checks(self) -> int:
        """The number of checks: a check has a row for each output that it came to."""
        return len({(row.case, row.adapter) for row in self.rows})

    @cached_property
    def outputs(self) -> list[str]:
        """The outputs that show it, in the order of reports."""
        return sorted({row.output for row in self.rows}, key=lambda name: _OUTPUT_PLACE.get(name, len(OUTPUTS)))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What was observed, in the order of reports; outputs that were not requested are ``known``."""
        found = {row.observed for row in self.rows}
        return [verdict for verdict in Verdict if verdict in found]

    @property
    def title(self) -> str:
        """The first sentence of the reason, empty where there is none."""
        return re.split(r"\. (?=[A-Z(])", self.reason, maxsplit=1)[0]

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """The reason in pieces, each with an address or an empty text.

        An issue that it names as ``owner/repository#number`` has its address on GitHub.
        """
        texts = enumerate(_ISSUE.split(self.reason))
        return [(text, _address(text) if place % 2 else "") for place, text in texts if text]


def _address(issue: str) -> str:
    name, _, number = issue.partition("#")
    return f"https://github.com/{name}/issues/{number}"


def find(view: View) -> list[Finding]:
    """Every finding of ``view``: the worst kind first, then what fails, then what the most frameworks show."""
    groups = gathered(chain(_failing(view), _known(view)))
    versions = {adapter.name: adapter.versions_text for adapter in view.report.adapters}
    keys = Counter[str]()
    found = [_finding(view, rows, versions, keys) for rows in groups.values()]
    order = list(Kind)
    return sorted(found, key=lambda one: (order.index(one.kind), not one.fails, _reach(one)))


def _reach(finding: Finding) -> tuple[int, int, int]:
    """Frameworks, plain adapters and cases, the most first."""
    plain = sum(":" not in name for name in finding.adapters)
    return -len(finding.frameworks), -plain, -len(finding.cases)


def _failing(view: View) -> Iterable[tuple[tuple[str, ...], Row]]:
    """Failing rows; those of one framework have one key where the same is stated of them, whatever the numbers."""
    for row in view.failures:
        yield alike(row), row


def alike(row: Row) -> tuple[str, ...]:
    """What is equal of failing rows that have one cause; which other case decides between several is none of it.

    Of rows that nothing explains, those of the variants of one case are taken for one.
    """
    if row.verdict in NOT_STARTED:
        return row.adapter, row.verdict
    text = row.diagnosis or row.cause or row.message
    if NOTHING_FITS in text:
        return framework_of(row.adapter), row.verdict, row.case.partition("[")[0]
    return framework_of(row.adapter), row.verdict, _NUMBER.sub("0", text.partition(CANNOT_TELL)[0])


def _known(view: View) -> Iterable[tuple[tuple[str, ...], Row]]:
    """Known rows by their listed reason; what was not requested belongs to the case that shows why, if that was run."""
    rows = [row for row in view.report.results if row.verdict is Verdict.KNOWN]
    shown = {(row.case, row.adapter): _reason(row) for row in rows if row.observed is not Verdict.KNOWN}
    elsewhere = {case: reason for (case, _), reason in shown.items()}
    for row in rows:
        evidence = row.message.removeprefix(NOT_REQUESTED).removesuffix(SHOWS_IT)
        reason = shown.get((evidence, row.adapter)) or elsewhere.get(evidence) or _reason(row)
        yield (reason,), row


def _reason(row: Row) -> str:
    return row.listed or row.diagnosis


def _finding(view: View, rows: Sequence[Row], versions: Mapping[str, str], keys: Counter[str]) -> Finding:
    order = list(Kind)
    rows = sorted(rows, key=lambda row: (order.index(_kind(row)), ":" in row.adapter, _place(row)))
    first = rows[0]
    known = first.verdict is Verdict.KNOWN
    reason = _reason(first) if known else first.diagnosis
    came, due = _came_and_due(view, first)
    return Finding(
        key=_key(reason if known else " ".join((framework_of(first.adapter), first.verdict, reason)), keys),
        kind=_kind(first),
        reason=reason,
        came=_short(came),
        due=_short(due),
        versions=tuple(dict.fromkeys(versions[name] for name in plain_first({row.adapter for row in rows}))),
        rows=tuple(rows),
    )


def _kind(row: Row) -> Kind:
    return _KINDS.get(row.observed, Kind.OTHER)


def _place(row: Row) -> tuple[int, str, str]:
    return _OUTPUT_PLACE.get(row.output, len(OUTPUTS)), row.case, row.adapter


def _key(text: str, keys: Counter[str]) -> str:
    """The first words of ``text``, and a number where another finding has them too; ``keys`` counts them."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    key = "-".join(words[:_WORDS_OF_A_KEY]) or "unnamed"
    keys[key] += 1
    return key if keys[key] == 1 else f"{key}-{keys[key]}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _came_and_due(view: View, row: Row) -> tuple[str, str]:
    """What the call gave and what it should give, from the row and, where that is silent, from others of its case."""
    message = row.message
    if message.startswith(AT_TIMES) or row.observed in {Verdict.UNSTABLE, Verdict.STALE}:
        return message, "the right values on every call"
    if row.verdict is Verdict.KNOWN and row.cause:
        name, _, value = row.cause.partition(": ")
        return _CAUSES.get(name, "wrong values").format(value), "the values of the oracle"
    if row.observed is Verdict.ACCEPTS:
        found = _CAME.match(message)
        return (found[1] if found else message), "an error"
    if found := _DUE_AND_CAME.search(message):
        return found[2], found[1]
    return message, _due(view, row)


def _due(view: View, row: Row) -> str:
    """An error or a result, as the judgements on the case show."""
    if row.output in GRADIENTS:
        return "a gradient"
    observed = {one.observed for check in view.by_case[row.case].values() for one in check.rows}
    if observed & {Verdict.REFUSES, Verdict.ACCEPTS}:
        return "an error"
    values = {Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.AMBIGUOUS, Verdict.DIVERGES, Verdict.REJECTS}
    return "a result" if observed & values else "a result or an error"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the checks that could be judged on an adapter conform in every output."""

    adapter: str
    conforming: int
    judged: int

    @property
    def percent(self) -> str:
        """``98.3 %``, rounded down so that 100 % is all of them; a dash where none was judged."""
        return f"{self.conforming * 1000 // self.judged / 10:g} %" if self.judged else "–"


@dataclass(frozen=True, slots=True)
class Card:
    """A framework: the share of the adapter that is no variant, None where that did not run, and of each variant.

    ``versions`` are those of the first of them. ``alone`` are the cases that no other framework does otherwise, though
    another was judged on them.
    """

    framework: str
    versions: str
    plain: Share | None
    variants: tuple[Share, ...]
    alone: tuple[str, ...]


def cards(view: View) -> list[Card]:
    """A card for each framework, by name."""
    counted = gathered((check.adapter, check) for check in view.checks)
    versions = {adapter.name: adapter.versions_text for adapter in view.report.adapters}
    alone = gathered((name, case) for case, name in alone_otherwise(view).items())
    found = []
    for framework, variants in families(view).items():
        plain = _share(framework, counted.get(framework, [])) if framework in versions else None
        shares = tuple(_share(name, counted.get(name, [])) for name in variants)
        text = versions[framework if plain else variants[0]]
        found.append(Card(framework, text, plain, shares, tuple(alone.get(framework, ()))))
    return found


def _share(adapter: str, checks: Iterable[Checked]) -> Share:
    verdicts = [check.verdict for check in checks if check.verdict not in NOT_CALLED]
    return Share(adapter, sum(verdict.conforms for verdict in verdicts), len(verdicts))


def right_everywhere(view: View) -> list[str]:
    """The cases that were judged on some adapter, and conform on every one that they were judged on."""
    return [case for case, otherwise in _otherwise(view).items() if otherwise and not any(otherwise.values())]


def alone_otherwise(view: View) -> dict[str, str]:
    """The cases that adapters of one framework alone do otherwise, though another was judged, with its name."""
    found = {}
    for case, otherwise in _otherwise(view).items():
        names = [name for name, differs in otherwise.items() if differs]
        if len(names) == 1 and len(otherwise) > 1:
            found[case] = names[0]
    return found


def _otherwise(view: View) -> dict[str, dict[str, bool]]:
    """Every case -> each framework that was judged on it -> whether one of its checks does not conform."""
    return {
        case: {
            name: not all(check.verdict.conforms for check in group)
            for name, group in gathered(
                (framework_of(check.adapter), check) for check in checks.values() if check.verdict not in NOT_CALLED
            ).items()
        }
        for case, checks in view.by_case.items()
    }
