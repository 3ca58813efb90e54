"""Where the shipped suites are, and what they are called.

In a clone they are the folder ``cases``; the installed package holds a copy. Seen from any folder but that of the
clone, a file of theirs is called ``shipped:NAME``, in messages, in reports and on the command line.
"""

from __future__ import annotations

from pathlib import Path

from harness.core.files import PACKAGE

SHIPPED = "shipped:"
CASES = Path("cases")
SCHEMA = "suite.schema.json"
"""The file that tells the folder ``cases`` of a clone from any other of that name."""
CORPUS = next((path for path in [PACKAGE / "shipped"] if path.is_dir()), PACKAGE.parent / CASES)


def default_corpus() -> Path:
    """What a command is about where no path is named: ``cases`` in a clone, the shipped suites elsewhere."""
    return CASES if (CASES / SCHEMA).is_file() else CORPUS


def located(name: str) -> Path:
    """The file or folder called ``name``: a path, ``shipped:`` with a suite's name, or ``shipped:`` for all of them."""
    inner = name.removeprefix(SHIPPED)
    if inner == name:
        return Path(name)
    return CORPUS / (inner if not inner or inner.endswith((".yaml", ".yml")) else f"{inner}.yaml")


def called(path: Path) -> str:
    """What ``path`` is called: a path, or of a shipped file ``shipped:`` and its name. The inverse of ``located``."""
    return f"{SHIPPED}{path.relative_to(CORPUS)}" if path.parent == CORPUS else str(path)
