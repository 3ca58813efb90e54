"""``published.md``: every example of the tutorials, how to reproduce it, and what each adapter made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from shlex import quote, split

from harness.core.results import Report, Verdict
from harness.core.templates import templates
from harness.reports.by_check import Checked, by_check, standing
from harness.reports.markdown import cell
from harness.reports.summary import show_versions
from harness.suites.tutorials import EXAMPLES, TITLES, Example, title_of

NOT_ASKED = "–"
MODE = ":"
"""Stands between the name of an adapter and its mode."""


@dataclass(frozen=True, slots=True)
class Line:
    """An example, the commands that reproduce it, a text for each adapter, and one for all modes of adapters."""

    name: str
    example: Example
    commands: tuple[str, ...]
    verdicts: tuple[str, ...]
    modes: str


def render_published(report: Report) -> str:
    """The examples as Markdown text; those without a case in ``report`` say so."""
    environment = templates("harness.reports")
    environment.filters["cell"] = cell
    lines = published(report)
    tutorials = [(title, list(group)) for title, group in groupby(lines, key=lambda line: title_of(line.name))]
    letters = {title: letter for letter, title in TITLES.items()}
    return environment.get_template("published.md.j2").render(
        versions=_versions(report),
        adapters=_adapters(report),
        tutorials=[(letters[title], title, group) for title, group in tutorials],
    )


def shows_examples(report: Report) -> bool:
    """Whether a case of ``report`` shows any."""
    return any(info.examples for info in report.cases)


def published(report: Report) -> Iterator[Line]:
    """A line for every example, in their order."""
    examples = {info.case: info.examples for info in report.cases}
    found: dict[str, list[Checked]] = {name: [] for name in EXAMPLES}
    for check in by_check(report.results):
        for name in examples[check[0].case]:
            found[name].append(check)
    for name, example in EXAMPLES.items():
        checks = found[name]
        counts = _counts(checks)
        commands = tuple(dict.fromkeys(map(_command, checks)))
        verdicts = tuple(_text(counts.get(adapter)) for adapter in _adapters(report))
        own = (example.command,) if example.command else ()
        yield Line(name, example, (*commands, *own), verdicts, _modes(counts))


def _adapters(report: Report) -> list[str]:
    return [adapter.name for adapter in report.adapters if MODE not in adapter.name]


def _versions(report: Report) -> Iterator[str]:
    """Each set of versions once, with the adapters that have it."""
    alike: dict[str, list[str]] = {}
    for adapter in report.adapters:
        alike.setdefault(show_versions(adapter), []).append(adapter.name)
    return (f"{', '.join(names)} ({versions})" for versions, names in alike.items())


def _command(check: Checked) -> str:
    """What runs the whole entry of the suite, all cases of its sweep, on every adapter."""
    selector = split(check[0].repeat)[2]
    return f"harness run {quote(selector.partition('[')[0])}"


def _counts(checks: Iterable[Checked]) -> dict[str, Counter[Verdict]]:
    counts: dict[str, Counter[Verdict]] = {}
    for check in checks:
        counts.setdefault(check[0].adapter, Counter())[standing(check)] += 1
    return counts


def _text(counts: Mapping[Verdict, int] | None) -> str:
    """``exact (4), refuses (1)``, in the order of reports."""
    if not counts:
        return NOT_ASKED
    return ", ".join(f"{verdict} ({counts[verdict]})" for verdict in Verdict if verdict in counts)


def _modes(counts: Mapping[str, Counter[Verdict]]) -> str:
    """Modes of adapters with their verdicts, those together that have the same."""
    alike: dict[str, list[str]] = {}
    for name in sorted(counts):
        if MODE in name:
            alike.setdefault(_text(counts[name]), []).append(name)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in alike.items()) or NOT_ASKED
