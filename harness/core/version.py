"""The version of the harness, as its installed package states it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

PACKAGE = "transposed-convolution-harness"


@cache
def harness_version() -> str:
    """For example ``0.1.0``."""
    return version(PACKAGE)
