"""Workers that stay from one test to the next."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.porting.workers import LayerWorkers

MODULES = {"pytorch": "torch", "keras": "keras", "tensorflow": "tensorflow"}


@pytest.fixture(scope="session")
def workers():
    missing = [name for name in MODULES.values() if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with LayerWorkers() as opened:
        yield opened
