"""A plain script: import the frameworks one after the other and make every call once, checking nothing.

Reads a JSON list of calls, as harness.quality.benchmarks.plain_calls makes it: [adapter target, call, x shape, w shape,
b shape, dtype, name].
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from harness.adapters import load_adapter


def main(path: Path, progress: Path | None = None) -> dict[str, float]:
    """Seconds from the first import to the last call, and how many calls were made.

    The number of the call under way is kept in ``progress``, if that is given.
    """
    start = time.perf_counter()
    generator = np.random.default_rng(0)
    adapters: dict[str, Any] = {}
    calls = json.loads(path.read_text(encoding="utf-8"))
    for number, (target, call, *shapes, dtype, _) in enumerate(calls):
        if target not in adapters:
            adapters[target] = load_adapter(target)
            adapters[target].start()
        if progress is not None:
            progress.write_text(str(number), encoding="utf-8")
        x, w, b = (None if s is None else generator.normal(size=s).astype(dtype) for s in shapes)
        with suppress(Exception):
            adapters[target].prepare(call, x, w, b)()
    return {"seconds": time.perf_counter() - start, "calls": len(calls)}


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:]))))
