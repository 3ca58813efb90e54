from __future__ import annotations

import subprocess
import sys

import pytest

import harness.porting


def test_everything_that_is_exported_is_there():
    assert all(callable(getattr(harness.porting, name)) for name in harness.porting.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = harness.porting.nothing


def test_importing_it_imports_nothing_else():
    code = "import sys, harness.porting as porting; print('numpy' in sys.modules, callable(porting.port), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
