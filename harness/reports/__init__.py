"""Reports of a run: ``conformance.json``, ``conformance.md`` and, apart from them, ``timings.json``."""

from __future__ import annotations

import json
from pathlib import Path

from harness.files import write_atomically
from harness.reports.json_report import render_json
from harness.reports.markdown import render_markdown
from harness.session import Session


def write_reports(folder: Path, session: Session) -> list[Path]:
    """Render everything first, then put each file in place whole; returns the paths."""
    texts = {
        "conformance.json": render_json(session.report),
        "conformance.md": render_markdown(session.report),
        "timings.json": json.dumps({"seconds": round(session.seconds, 3)}) + "\n",
    }
    for name, text in texts.items():
        write_atomically(folder / name, text)
    return [folder / name for name in texts]
