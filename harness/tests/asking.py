"""How tests ask an adapter of their own, and a small case to ask it."""

from __future__ import annotations

from typing import Any

from harness.adapters import Chosen
from harness.adapters.base import Adapter
from harness.operations.conv_transpose.case import Case


def chosen(adapter: type[Adapter]) -> Chosen:
    """``adapter`` as the command line would choose it."""
    target = f"{adapter.__module__}:{adapter.__qualname__}"
    return Chosen(adapter(), target, requested_by_name=True, requested_as=target)


def make_case(name: str = "plain", **changes: Any) -> Case:
    """A small rectangular case in pytorch's dialect, with ``changes``."""
    values: dict[str, Any] = {
        "suite": "suite",
        "id": name,
        "about": "",
        "dialect": "pytorch",
        "batch": 2,
        "in_channels": 2,
        "out_channels": 4,
        "input_size": (3, 4),
        "kernel_size": (3, 2),
        "path": "suite.yaml",
        "line": 1,
    }
    return Case(**{**values, **changes})
