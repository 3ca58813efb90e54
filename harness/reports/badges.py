"""A badge for each adapter, in the JSON form that shields.io reads from an endpoint (its schema version 1).

It counts checks. One fails where any of its outputs does, is known where else any is, and conforms where all do.
"""

from __future__ import annotations

import json
from collections import Counter

from harness.core.results import AdapterInfo, Verdict
from harness.reports.view import View


def render_badges(view: View) -> dict[str, str]:
    """File name -> JSON text, one for each adapter."""
    texts = {}
    for adapter in view.report.adapters:
        message, color = _state(view.standing.get(adapter.name, Counter()))
        badge = {"schemaVersion": 1, "label": _label(adapter), "message": message, "color": color}
        name = file_name(adapter.name)
        while f"{name}.json" in texts:  # of an adapter whose name differs in such letters alone
            name += "-"
        texts[f"{name}.json"] = json.dumps(badge, ensure_ascii=False) + "\n"
    return texts


def file_name(adapter: str) -> str:
    """An adapter's name as a file system takes it: ``keras-torch`` for ``keras:torch``."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in adapter)


def _label(adapter: AdapterInfo) -> str:
    version = next(iter(adapter.versions.values()), "")
    return f"{adapter.name} {version}".strip()


def _state(counts: Counter[Verdict]) -> tuple[str, str]:
    """What the badge states, and its colour; ``counts`` are of checks by the verdict that each stands for."""
    failing = sum(count for verdict, count in counts.items() if verdict.fails)
    conforming = sum(count for verdict, count in counts.items() if verdict.conforms)
    if counts[Verdict.BROKEN]:
        return "broken", "red"
    if counts[Verdict.UNAVAILABLE]:
        return "unavailable", "lightgrey"
    if failing:
        return f"{failing} of {failing + conforming + counts[Verdict.KNOWN]} fail", "red"
    if counts[Verdict.KNOWN]:
        return f"{conforming} conform, {counts[Verdict.KNOWN]} known divergences", "yellow"
    return (f"{conforming} conform", "brightgreen") if conforming else ("nothing run", "lightgrey")
