"""Many swept cases through a session, as ``harness run`` makes one: what it costs, and how much memory it takes.

``python -m harness.quality.benchmarks.swept_cases FOLDER ADAPTER...`` runs the suites in FOLDER and prints as JSON how
many bytes this process grew by from its start, imports included, and the largest size of any worker. Linux.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence

from harness.quality.benchmarks.memory import KIB, size

SWEPT: dict[str, list[int]] = {
    "input_size": [2, 3, 4, 5, 6],
    "kernel_size": [2, 3, 4, 5],
    "strides": [1, 2, 3, 4, 5],
    "in_channels": [1, 2, 3, 4, 5],
    "padding": [0, 1],
    "out_channels": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
}
"""Small shapes, every combination of which has an output: 10 000."""
MOST_ENTRIES = 10
"""Entries of the same sweep, so that more cases are not larger ones; their names give them other data."""


def swept_suite(count: int) -> str:
    """The text of a suite of ``count`` cases, forward only; raises ValueError where no sweeps make so many."""
    sweep, left = {}, count
    for name, values in SWEPT.items():
        taken = next(number for number in range(len(values), 0, -1) if left % number == 0)
        sweep[name], left = values[:taken], left // taken
    if left > MOST_ENTRIES:
        message = f"no sweep makes {count} cases: use 100, 1000, 10000 or 100000"
        raise ValueError(message)
    entry = {"about": "One of many.", "bias": True, "outputs": ["output"], "sweep": sweep}
    entries = [{"id": f"swept-{number}", **entry} for number in range(left)]
    # JSON is YAML
    return json.dumps({"suite": "Many", "about": "Many small cases.", "cases": entries})


class _Silent:
    """A run that shows nothing while it goes on."""

    def begin(self, total: int) -> None:
        pass

    def row(self, row: object) -> None:
        pass


def main(folder: str, adapters: Sequence[str]) -> dict[str, int]:
    """Bytes by which this process grew, at most, and those of the largest worker."""
    before = size("VmRSS")
    from harness.engine.lane import Settings
    from harness.engine.session import run_session
    from harness.suites.selection import select

    session = run_session(select([folder]), adapters, Settings(), None, _Silent())
    if session.idle or session.report.failures:
        message = f"{folder}: the cases do not all conform"
        raise RuntimeError(message)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIB
    return {"parent": size("VmHWM") - before, "worker": worker}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))
