from __future__ import annotations

import numpy as np
import pytest

from harness.quality.benchmarks import memory
from harness.quality.benchmarks.oracle import Layer, Subject

MIB = 1 << 20


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_call_allocates_is_seen_whether_it_is_kept_or_not(monkeypatch, kept):
    def call():
        full = np.ones(64 * MIB // 8)
        return full if kept else full[0]

    # an earlier peak is not to be mistaken for the call's
    earlier = np.ones(256 * MIB // 8)
    del earlier
    monkeypatch.setattr(memory, "FCN8S", Layer("small", 2, 2, 2, 2, 0, 3))
    monkeypatch.setattr(memory, "start_pytorch", lambda _: None)
    monkeypatch.setattr(Subject, "oracle", lambda *_: call)
    assert 63 * MIB < memory.grown("oracle", "output") < 80 * MIB
