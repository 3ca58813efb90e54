"""Workers that stay from one test to the next."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.porting.layers.lab import Lab

MODULES = {"pytorch": "torch", "keras": "keras", "tensorflow": "tensorflow"}


@pytest.fixture(scope="session")
def lab():
    missing = [name for name in MODULES.values() if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with Lab() as opened:
        yield opened
