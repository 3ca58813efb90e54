"""Puts the suites of the folder ``cases`` into the package, as ``harness/shipped``; pyproject.toml states the rest."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSuites(build_py):
    """Builds the package; an editable one uses the folder where it is."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_tree("cases", str(Path(self.build_lib, "harness", "shipped")))


setup(cmdclass={"build_py": BuildWithSuites})
