"""``published.md``: every example of the tutorials, how to reproduce it, and what each adapter made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from shlex import quote, split

from harness.core.results import Verdict
from harness.core.templates import templates
from harness.reports.by_check import Checked, count_verdicts, gathered
from harness.reports.markdown import cell
from harness.reports.view import View
from harness.suites.tutorials import EXAMPLES, TITLES, Example, title_of

NOT_CALLED = "–"
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


def render_published(view: View) -> str:
    """The examples as Markdown text; those without a case in ``view`` say so."""
    environment = templates("harness.reports")
    environment.filters["cell"] = cell
    tutorials = [
        (title, list(group)) for title, group in groupby(published(view), key=lambda line: title_of(line.name))
    ]
    letters = {title: letter for letter, title in TITLES.items()}
    return environment.get_template("published.md.j2").render(
        versions=[f"{', '.join(names)} ({versions})" for versions, names in view.versions.items()],
        adapters=_adapters(view),
        tutorials=[(letters[title], title, group) for title, group in tutorials],
    )


def shows_examples(view: View) -> bool:
    """Whether a case of ``view`` shows any."""
    return any(info.examples for info in view.report.cases)


def published(view: View) -> Iterator[Line]:
    """A line for every example, in their order."""
    found = gathered((name, check) for check in view.checks for name in view.infos[check.case].examples)
    for name, example in EXAMPLES.items():
        checks = found.get(name, [])
        counts = count_verdicts(checks)
        commands = tuple(dict.fromkeys(map(_command, checks)))
        verdicts = tuple(_text(counts.get(adapter)) for adapter in _adapters(view))
        own = (example.command,) if example.command else ()
        yield Line(name, example, (*commands, *own), verdicts, _modes(counts))


def _adapters(view: View) -> list[str]:
    return [adapter.name for adapter in view.report.adapters if MODE not in adapter.name]


def _command(check: Checked) -> str:
    """What runs the whole entry of the suite, all cases of its sweep, on every adapter."""
    selector = split(check.rows[0].repeat)[2]
    return f"harness run {quote(selector.partition('[')[0])}"


def _text(counts: Mapping[Verdict, int] | None) -> str:
    """``exact (4), refuses (1)``, in the order of reports."""
    if not counts:
        return NOT_CALLED
    return ", ".join(f"{verdict} ({counts[verdict]})" for verdict in Verdict if verdict in counts)


def _modes(counts: Mapping[str, Counter[Verdict]]) -> str:
    """Modes of adapters with their verdicts, those together that have the same."""
    alike = gathered((_text(counts[name]), name) for name in sorted(counts) if MODE in name)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in alike.items()) or NOT_CALLED
