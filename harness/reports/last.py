"""What the last report says about a case, for those who look at it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def last_verdicts(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Case and adapter -> verdict, evidence and diagnosis, from the conformance.json in ``folder``.

    Empty where there is no report or it cannot be read: it is only looked at, never relied on.
    """
    try:
        report = json.loads((folder / "conformance.json").read_text(encoding="utf-8"))
        return {(row["case"], row["adapter"]): _lines(row) for row in report["results"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _lines(row: dict[str, Any]) -> list[str]:
    seen = f" ({row['observed']})" if row["observed"] != row["verdict"] else ""
    return [row["verdict"] + seen, *filter(None, [row["message"], row["diagnosis"]])]
