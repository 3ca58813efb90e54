"""Where rows of other projects' tests come from, and how they are read: by a process of its own for each source."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path

from harness.quality.peers.row import write_rows
from harness.suites.selection import parse_expression

SOURCES = {
    "onnx": "node tests and converted models of onnx",
    "torch": "OpInfo samples of torch",
    "keras": "unit tests of keras",
    "tensorflow": "unit tests of tensorflow",
}
"""What can be read, and what it is called in tables."""


def write_source(name: str, folder: str, expression: str) -> None:
    """Write the rows of the source ``name``, whose packages are imported, to ``folder``.

    They are of those tests whose names match ``expression``.
    """
    module = import_module(f"harness.quality.peers.{name}_rows")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data that the packages make for other operators
        write_rows(module.rows(parse_expression(expression)), module.versions(), Path(folder))
