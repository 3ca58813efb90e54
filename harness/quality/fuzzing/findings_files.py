"""A finding as files: a suite with the case and, where the adapter writes scripts, the program that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from harness.core.case import Reading
from harness.core.errors import BadInputError
from harness.core.files import write_atomically
from harness.core.results import Row
from harness.engine.check import Check, plan_checks
from harness.engine.script import render_script
from harness.operations.conv_transpose.case import Case, transposed_convolution
from harness.quality.fuzzing.search import Found
from harness.reports.badges import file_name

MOST_NAMES = 20
RowOf = Callable[[Check], Row | None]


_REQUIRED = ("dialect", "batch", "in_channels", "out_channels", "input_size", "kernel_size")
_DEFAULTS = {"strides": (1, 1), "dilations": (1, 1), "groups": 1, "bias": False, "layout": None, "data": "integers"}


def write_finding(folder: Path, number: int, found: Found, seed: int, row_of: RowOf) -> list[Path]:
    """Write the finding and return the paths.

    The data of a case come from its name, so the case is run again under the one it gets; where the failure needs
    other data, the next name is tried.
    """
    stem = f"{file_name(found.check.chosen.name)}-{number:02}-{found.row.verdict}"
    case = _named(stem, found, row_of)
    comment = f"Found by harness fuzz -a {found.check.chosen.requested_as} --seed {seed}."
    suite = {
        "suite": f"Found on {found.check.chosen.name}, {number}",
        "about": comment,
        "cases": [{"id": case.id, "about": _about(found.row), **entry_of(case)}],
    }
    text = yaml.safe_dump(suite, sort_keys=False, allow_unicode=True, default_flow_style=None, width=118)
    texts = {f"{stem}.yaml": text}
    if (script := _script(found.check, case)) is not None:
        texts[f"{stem}.py"] = script
    for name, content in texts.items():
        write_atomically(folder / name, content)
    return [folder / name for name in texts]


def entry_of(case: Case) -> dict[str, Any]:
    """The keys of a suite that state ``case``, without id and about; those at their defaults are left out."""
    entry = {key: _plain(getattr(case, key)) for key in _REQUIRED}
    entry |= {key: _plain(value) for key, default in _DEFAULTS.items() if (value := getattr(case, key)) != default}
    entry |= {key: _plain(value) for key, value in asdict(case.words).items() if value is not None}
    entry |= {"dtype": case.dtype} if case.dtype != "float32" else {}
    if case.expect.error:
        return entry | {"expect": {"error": True}}
    if case.expect.readings:
        entry |= {"expect": {"readings": [_reading(one) for one in case.expect.readings]}}
    return entry | {"outputs": list(case.outputs)}


def _reading(reading: Reading) -> dict[str, Any]:
    stated = {"overflow": reading.overflow, "crops": reading.crops, "refused": reading.refused or None}
    rest = {key: _plain(value) for key, value in stated.items() if value is not None}
    return {"name": reading.name, "because": reading.because, **rest}


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _named(stem: str, found: Found, row_of: RowOf) -> Case:
    """The case under the first name whose data show the same failure; under the first of all where none does."""
    names = ["smallest", *(f"smallest-{number}" for number in range(2, MOST_NAMES))]
    cases = [replace(transposed_convolution(found.check.case), suite=stem, id=name) for name in names]
    for case in cases:
        rows = map(row_of, plan_checks([case], [found.check.chosen]))
        if any(row is not None and row.verdict is found.row.verdict for row in rows):
            return case
    return cases[0]


def _about(row: Row) -> str:
    """What went wrong, in one line that may stand in a report."""
    return re.sub(r"\s+", " ", f"{row.verdict}: {row.diagnosis or row.message}")


def _script(check: Check, case: Case) -> str | None:
    try:
        return render_script(Check.of(case, check.chosen, check.geometry, check.plan))
    except BadInputError:
        return None
