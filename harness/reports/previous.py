"""What the last report states about a case, for those who look at it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.reports.by_check import gathered
from harness.reports.json_format import read_rows


def last_verdicts(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Case and adapter -> verdict, evidence and diagnosis, from the conformance.json in ``folder``.

    What is stated of some outputs only begins with their names. Empty where there is no report or it cannot be read: it
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
    outputs = gathered((_statements(row), row["output"]) for row in rows)
    if len(outputs) == 1:
        return list(*outputs)
    return [line for texts, names in outputs.items() for line in (f"{' and '.join(names)}: {texts[0]}", *texts[1:])]


def _statements(row: dict[str, Any]) -> tuple[str, ...]:
    observed = f" ({row['observed']})" if row["observed"] != row["verdict"] else ""
    return (row["verdict"] + observed, *filter(None, [row["message"], row["diagnosis"]]))
