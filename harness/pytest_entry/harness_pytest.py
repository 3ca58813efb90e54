"""What pytest loads in every session: the options of the harness, and whether a session is about suites.

Until it is, nothing of ``harness`` is imported. So other sessions pay a few milliseconds, and a module of theirs that
is called ``harness`` stays their own.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

SHIPPED = "shipped:"
SUFFIXES = (".yaml", ".yml")
LONGEST = 8 << 20
"""Bytes of a file that are looked at: those of the largest suite."""
_SUITE = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:---[ \t]+)?(?:\{\s*)?(["']?)suite\1[ \t]*:(?=\s|["'])""", re.MULTILINE)
_DIST_IS_FREE = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``harness_suites`` in the ini file, and on the command line what begins with ``--harness-``."""
    group = parser.getgroup("harness", "conformance of transposed convolution")
    for name, what, more in (("adapter", "NAME", "run suites on this adapter"), ("known", "FILE", "known divergences")):
        group.addoption(f"--harness-{name}", action="append", default=[], metavar=what, help=f"{more} (repeatable)")
    about = "pass although no framework is installed"
    group.addoption("--harness-allow-unavailable", action="store_true", help=about)
    parser.addini("harness_suites", "files and folders of suites, or shipped:NAME", type="args", default=[])


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """See whether ``--dist`` is left open, before pytest-xdist puts in what ``-n`` means without it."""
    option = config.option
    config.stash[_DIST_IS_FREE] = getattr(option, "dist", "") == "no" and not getattr(option, "distload", False)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Start the harness in a session about suites."""
    if not _is_about_suites(config):
        return
    try:
        from harness.pytest_plugin.session import start
    except ImportError as error:
        other = getattr(sys.modules.get("harness"), "__spec__", None)
        hidden = f"; perhaps another module named harness hides it{f', {other.origin}' if other else ''}"
        raise pytest.UsageError(f"the conformance harness cannot be imported{hidden}: {error}") from error
    start(config, dist_is_free=config.stash.get(_DIST_IS_FREE, False))


def _is_about_suites(config: pytest.Config) -> bool:
    """Whether an argument is a suite, or a path to those that the ini file lists, or an option speaks of suites.

    Options that stand in the ini file too do not count where it lists suites: they are for sessions about these.
    """
    if any(argument.startswith(SHIPPED) or _names_suite(argument) for argument in config.args):
        return True
    listed = config.getini("harness_suites")
    if not listed:
        return has_options(config)
    if is_whole(config) or any(argument.startswith("--harness-") for argument in config.invocation_params.args):
        return True
    given = [absolute(config, argument) for argument in config.args]
    paths = [Path(os.path.normpath(ini_folder(config) / name)) for name in listed if not name.startswith(SHIPPED)]
    return any(path.is_relative_to(one) or one.is_relative_to(path) for path in paths for one in given)


def has_options(config: pytest.Config) -> bool:
    """Whether an option speaks of suites."""
    return any(map(config.getoption, ("harness_adapter", "harness_known", "harness_allow_unavailable")))


def is_whole(config: pytest.Config) -> bool:
    """Whether the session is run at the root without arguments, and so is about all that the ini file names."""
    return config.args_source is not config.ArgsSource.ARGS and config.invocation_params.dir == config.rootpath


def ini_folder(config: pytest.Config) -> Path:
    """Where paths in the ini file begin."""
    return config.inipath.parent if config.inipath else config.rootpath


def absolute(config: pytest.Config, argument: str) -> Path:
    """The path of an argument, which may go on with ``::`` and the name of a test."""
    return Path(os.path.normpath(config.invocation_params.dir / argument.partition("::")[0]))


def _names_suite(argument: str) -> bool:
    name = argument.partition("::")[0]
    return name.endswith(SUFFIXES) and has_suite(Path(name))


def has_suite(path: Path) -> bool:
    """Whether the text of ``path`` has the key ``suite`` at its top. What cannot be read has not."""
    try:
        with path.open("rb") as file:
            return _SUITE.search(file.read(LONGEST)) is not None
    except OSError:
        return False
