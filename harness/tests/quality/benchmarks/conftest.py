"""Benchmarks start PyTorch as a worker does, here in the process of the tests."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def settings_kept():
    """Without gradients, the tests that come after in this process would have none."""
    yield
    if torch := sys.modules.get("torch"):
        torch.set_grad_enabled(True)
