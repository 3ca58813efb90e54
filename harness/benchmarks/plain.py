"""A plain script: import the frameworks one after the other and make every call once, checking nothing.

Reads a JSON list of calls, as harness.benchmarks.calls makes it: [adapter target, call, x shape, w shape, b shape,
dtype].
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from harness.worker import load_adapter


def main(path: Path) -> dict[str, float]:
    """Seconds from the first import to the last call, and how many calls were made."""
    start = time.perf_counter()
    generator = np.random.default_rng(0)
    adapters: dict[str, Any] = {}
    calls = json.loads(path.read_text(encoding="utf-8"))
    for target, call, *shapes, dtype in calls:
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        x, w, b = (None if s is None else generator.normal(size=s).astype(dtype) for s in shapes)
        with suppress(Exception):
            adapters[target].prepare(call, x, w, b)()
    return {"seconds": time.perf_counter() - start, "calls": len(calls)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
