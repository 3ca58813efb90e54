"""The plugin, where a clone was installed before its package offered it, and what pytest-xdist keeps together."""

import sys
from collections.abc import Generator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

if not entry_points(group="pytest11", name="harness_pytest"):
    sys.path.append(str(Path(__file__).parent / "harness" / "pytest_entry"))
    pytest_plugins = ["harness_pytest"]

TOGETHER = tuple(
    f"harness/tests/{name}"
    for name in ("adapters/test_running.py", "browser/", "engine/test_pool.py", "porting/", "test_package.py")
)
"""Tests that share what takes long to start: one process of pytest-xdist runs all of one line."""


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_make_scheduler() -> Generator[None, Any, Any]:
    """Hand out together the tests that ``TOGETHER`` names, where tests are handed out by what they have in common."""
    scheduler = yield
    if split := getattr(scheduler, "_split_scope", None):
        scheduler._split_scope = lambda test: next(filter(test.startswith, TOGETHER), None) or split(test)  # noqa: SLF001
    return scheduler
