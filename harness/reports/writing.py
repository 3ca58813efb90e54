"""All reports of a run, put in place together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from harness.core.files import write_together
from harness.engine.session import Session
from harness.reports.badges import render_badges
from harness.reports.html_report import render_html, scripts
from harness.reports.json_report import render_json, render_measurements
from harness.reports.markdown import BACK, SUITES, render_markdown
from harness.reports.tutorials import render_published, shows_examples
from harness.reports.view import View


def write_reports(folder: Path, session: Session, view: View) -> list[Path]:
    """Render everything of ``session``, of which ``view`` is, then put all files in place or none; returns the paths.

    ``published.md`` is left alone where no case shows a published example.
    Raises BadInputError where they cannot be written.
    """
    texts = {
        "conformance.html": render_html(view, session.checks(), session.showcase, scripts()),
        "conformance.json": render_json(view),
        "measurements.json": render_measurements(view),
        **({"published.md": render_published(view)} if shows_examples(view) else {}),
        "timings.json": json.dumps({"seconds": round(session.seconds, 3)}) + "\n",
    }
    badges = {f"badges/{name}": text for name, text in render_badges(view).items()}
    pages = render_markdown(view.repeatable)
    write_together(folder, texts | pages | badges)
    _remove_others(folder, pages | badges)
    names = dict.fromkeys(name.partition("/")[0] for name in [*texts, *pages, *badges])
    return [folder / name for name in sorted(names)]


def _remove_others(folder: Path, written: Mapping[str, str]) -> None:
    """Remove the pages of suites that this run has none of, and the badges of adapters; other files stay."""
    for part, mark in ((SUITES, BACK), ("badges", '"schemaVersion"')):
        for path in folder.glob(f"{part}/*.*"):
            if f"{part}/{path.name}" not in written and mark in path.read_text(encoding="utf-8", errors="replace"):
                path.unlink()
