"""A comparison of two reports as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from harness.reports.comparison import Change, Comparison, Kind, VersionChange
from harness.reports.markdown import quoted

MOST_SHOWN = 50
"""Of a kind, in text and Markdown; JSON and what is worse are whole."""


def render_text(found: Comparison) -> str:
    """For a terminal: a paragraph for each kind of change, then how many there are."""
    lines = []
    for kind, changes, more in _shown(found):
        lines.append(f"{kind} ({len(changes) + more})")
        for change in changes:
            lines.append(f"  {change.case} on {change.where}: {change.verdicts}")
            lines += [f"    {line}" for line in change.evidence]
        lines += [*([f"  and {more} more"] if more else []), ""]
    if found.versions:
        lines += ["versions", *(f"  {_version(change)}" for change in found.versions), ""]
    return "\n".join([*lines, summary(found)]) + "\n"


def render_markdown(found: Comparison) -> str:
    """For a comment or a page of a CI job. Texts of frameworks and cases are escaped."""
    lines = ["## Compared reports", "", f"{summary(found)}."]
    for kind, changes, more in _shown(found):
        lines += ["", f"### {kind} ({len(changes) + more})", "", "| case | adapter | verdict | evidence |"]
        lines.append("|---|---|---|---|")
        for change in changes:
            cells = [change.case, change.where, change.verdicts, "; ".join(change.evidence)]
            lines.append(f"| {' | '.join(map(quoted, cells))} |")
        lines += ["", f"… and {more} more."] if more else []
    if found.versions:
        lines += ["", "### versions", "", *(f"- {quoted(_version(change))}" for change in found.versions)]
    return "\n".join(lines) + "\n"


def render_json(found: Comparison) -> str:
    """Every change, under the name of its kind; rows that are the same are counted."""
    kinds: dict[str, list[Any]] = {kind.replace(" ", "_"): [] for kind in Kind}
    for change in found.changes:
        content = asdict(change)
        kinds[content.pop("kind").replace(" ", "_")].append(content)
    content = {**kinds, "versions": [asdict(change) for change in found.versions], "same": found.same}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def summary(found: Comparison) -> str:
    """``1 worse, 3 new, 4200 as before``, in outputs of checks."""
    counts = {kind: sum(len(change.outputs) for change in found.of_kind(kind)) for kind in Kind}
    return ", ".join([*(f"{count} {kind}" for kind, count in counts.items() if count), f"{found.same} as before"])


def _shown(found: Comparison) -> Iterator[tuple[Kind, list[Change], int]]:
    """Each kind that occurs, the changes of it that are shown, and how many more there are."""
    for kind in Kind:
        changes = found.of_kind(kind)
        shown = changes if kind is Kind.WORSE else changes[:MOST_SHOWN]
        if changes:
            yield kind, shown, len(changes) - len(shown)


def _version(change: VersionChange) -> str:
    return f"{change.package}: {change.old or 'none'} -> {change.new or 'none'} ({', '.join(change.adapters)})"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
}
