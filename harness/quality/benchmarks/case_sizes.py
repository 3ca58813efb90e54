"""What one case costs by its size: the oracle and PyTorch float64 on one layer with growing inputs.

``python -m harness.quality.benchmarks.case_sizes ROUNDS THREADS`` prints seconds per input size and output as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from harness.core.case import GRADIENTS, OutputName
from harness.quality.benchmarks.oracle import Layer, Subject, medians, start_pytorch

LAYER = Layer("16-16-k4s2p1", 16, 16, 4, 2, 1, 0)
SIZES = (4, 8, 16, 32, 64, 128, 256)


def main(rounds: int, threads: int) -> dict[str, dict[str, dict[str, float]]]:
    """Seconds by input size and output."""
    torch = start_pytorch(threads)
    outputs: tuple[OutputName, ...] = ("output", *GRADIENTS)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for size in SIZES:
        subject = Subject.of(replace(LAYER, size=size).case())
        found[str(size)] = {
            output: medians(
                {"oracle": subject.oracle(output), "pytorch float64": subject.pytorch(output, torch)}, rounds
            )
            for output in outputs
        }
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
