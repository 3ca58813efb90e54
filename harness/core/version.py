"""The version of the harness and the address of its project, as its installed package states them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import metadata, version

PACKAGE = "transposed-convolution-harness"


@cache
def harness_version() -> str:
    """For example ``0.1.0``."""
    return version(PACKAGE)


@cache
def project_url() -> str:
    """The first address that the package names, as under ``project.urls`` of its ``pyproject.toml``; empty for none."""
    named: list[str] = metadata(PACKAGE).get_all("Project-URL") or [""]
    return named[0].partition(",")[2].strip()
