"""What the last report says about a case, for those who look at it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.reports.json_format import read_rows


def last_verdicts(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Case and adapter -> verdict, evidence and diagnosis, from the conformance.json in ``folder``.

    What is said of some outputs only begins with their names. Empty where there is no report or it cannot be read: it
    is only looked at, never relied on.
    """
    try:
        report = json.loads((folder / "conformance.json").read_text(encoding="utf-8"))
        rows = sorted(read_rows(report), key=_key)
        return {key: _lines(list(group)) for key, group in groupby(rows, key=_key)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return (row["case"], row["adapter"])


def _lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    outputs: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        seen = f" ({row['observed']})" if row["observed"] != row["verdict"] else ""
        said = (row["verdict"] + seen, *filter(None, [row["message"], row["diagnosis"]]))
        outputs.setdefault(said, []).append(row["output"])
    if len(outputs) == 1:
        return list(next(iter(outputs)))
    return [line for said, names in outputs.items() for line in (f"{' and '.join(names)}: {said[0]}", *said[1:])]
