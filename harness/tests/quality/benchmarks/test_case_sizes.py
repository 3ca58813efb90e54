from __future__ import annotations

from harness.core.case import GRADIENTS
from harness.quality.benchmarks import case_sizes as sizes


def test_every_size_and_output_is_timed(monkeypatch):
    monkeypatch.setattr(sizes, "SIZES", (2, 3))
    found = sizes.main(1, 1)
    assert set(found) == {"2", "3"}
    assert all(set(timed) == {"output", *GRADIENTS} for timed in found.values())
    assert set(found["2"]["kernel_grad"]) == {"oracle", "pytorch float64"}
