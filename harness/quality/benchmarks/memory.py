"""Peak memory of one output of the FCN-8s layer, in a process of its own.

``python -m harness.quality.benchmarks.memory WHO OUTPUT``, with WHO ``oracle`` or ``pytorch``, prints as JSON how many
bytes the process grew by while the output was made, beyond what it held before: framework, tensors and forward pass.
Linux.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from harness.core.case import OutputName
from harness.quality.benchmarks.oracle import FCN8S, Subject, start_pytorch

KIB = 1024
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def grown(who: str, output: OutputName) -> int:
    """Bytes by which the largest resident size during the call exceeds the size before it; the result counts."""
    subject = Subject.of(FCN8S.case())
    torch = start_pytorch(1)
    call = subject.oracle(output) if who == "oracle" else subject.pytorch(output, torch)
    # "5" sets the recorded peak back to the present size
    _RESET.write_text("5", encoding="ascii")
    before = size("VmRSS")
    made = call()
    peak = size("VmHWM")
    del made
    return peak - before


def size(field: str) -> int:
    """A size from the kernel's account of this process, in bytes."""
    (line,) = (line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * KIB


if __name__ == "__main__":
    print(json.dumps(grown(sys.argv[1], cast("OutputName", sys.argv[2]))))
