"""``conformance.md``: the findings, the worst first; and the pages that it links: details, and every check by suite."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from harness.core.counting import counted
from harness.core.results import NOT_CALLED, Verdict
from harness.core.templates import templates
from harness.reports.by_check import Checked, gathered
from harness.reports.checkerboard import boards
from harness.reports.findings import cards, families, find, plain_first, right_everywhere
from harness.reports.view import NOT_RUN, SuiteTable, View

SUITES = "suites"
"""The folder of the pages of suites."""
BACK = "The other suites and the findings stand in [conformance.md](../conformance.md)."
"""What each of them says, and no other file does."""


def render_markdown(view: View) -> dict[str, str]:
    """The pages, Markdown for GitHub, by the name of the file."""
    environment = templates("harness.reports")
    environment.filters |= {"cell": cell, "quoted": quoted}
    suites = [(table, _counted(table)) for table in view.suites]
    first = environment.get_template("conformance.md.j2").render(
        view=view,
        adapters=[(name, _counts(view, name)) for name in plain_first(view.counts)],
        cards=cards(view),
        kinds=[(kind, list(found)) for kind, found in groupby(find(view), key=lambda one: one.kind)],
        right=right_everywhere(view),
        suites=suites,
    )
    details = environment.get_template("details.md.j2").render(view=view, boards=boards())
    pages = {"conformance.md": first, "details.md": details}
    page, groups = environment.get_template("suite.md.j2"), families(view)
    for table, summary in suites:
        frameworks = [name for name in groups if {name, *groups[name]} & set(table.adapters)]
        lines = [(case, [_cell(name, groups[name], checks) for name in frameworks]) for case, checks in table.cases]
        pages[f"{SUITES}/{table.suite}.md"] = page.render(
            table=table, counted=summary, frameworks=frameworks, lines=lines, back=BACK
        )
    return pages


def _counts(view: View, adapter: str) -> tuple[int, ...]:
    """How many verdicts conform, are known, fail, and are none."""
    counts = view.counts[adapter]
    conforming = sum(count for verdict, count in counts.items() if verdict.conforms)
    known, none = counts[Verdict.KNOWN], sum(counts[verdict] for verdict in NOT_CALLED)
    return conforming, known, counts.total() - conforming - known - none, none


def _counted(table: SuiteTable) -> str:
    """The cases of a suite, and the checks that do not conform."""
    total = sum(table.standing.values(), start=Counter[Verdict]())
    parts = [counted(len(table.cases), "case")]
    parts += [f"{total[verdict]} {verdict}" for verdict in Verdict if total[verdict] and not verdict.conforms]
    return ", ".join(parts)


def _cell(framework: str, variants: Sequence[str], checks: Mapping[str, Checked]) -> str:
    """The verdict of ``framework``, and of its variants where it is another one."""
    return "; ".join(_texts(framework, variants, checks)) or NOT_RUN


def _texts(framework: str, variants: Sequence[str], checks: Mapping[str, Checked]) -> Iterator[str]:
    plain = _text(checks[framework]) if framework in checks else ""
    if plain:
        yield plain
    others = gathered((_text(checks[name]), name.partition(":")[2]) for name in variants if name in checks)
    for text, names in others.items():
        if text != plain:
            yield f"{', '.join(names)}: {text}"


def _text(check: Checked) -> str:
    return check.text + "\\*" * check.composed


def cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def quoted(text: str) -> str:
    """Foreign text that stays within one cell and is not taken for markup."""
    return re.sub(r"([*_`])", r"\\\1", cell(text).replace("&", "&amp;").replace("<", "&lt;"))
