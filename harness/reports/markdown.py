"""``conformance.md``: a screen of summary, the divergences with their evidence, then every check."""

from __future__ import annotations

import re

from harness.core.templates import templates
from harness.reports.checkerboard import boards
from harness.reports.view import View


def render_markdown(view: View) -> str:
    """The report as Markdown text."""
    environment = templates("harness.reports")
    environment.filters |= {"cell": cell, "quoted": quoted}
    return environment.get_template("conformance.md.j2").render(view=view, boards=boards())


def cell(text: str) -> str:
    """Text that stays within one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def quoted(text: str) -> str:
    """Foreign text that stays within one cell and is not taken for markup."""
    return re.sub(r"([*_`])", r"\\\1", cell(text).replace("&", "&amp;").replace("<", "&lt;"))
