"""Digests of the code that a run depends on, by which a later run knows whether it is still the same."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from harness.adapters import Chosen
from harness.core.files import PACKAGE

_CODE = {".py", ".j2", ".js", ".css"}
_MODULES = {".py", ".so", ".pyd"}
_INSTALLED = {"site-packages", "dist-packages"}
_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<one>\w[\w.]*)[ \t]+import|import[ \t]+(?P<many>\w[\w., \t]*))", re.MULTILINE
)


def sources(chosen: Sequence[Chosen]) -> dict[str, str]:
    """Digests: of this package but its tests under ``harness``, and of each adapter's code elsewhere under its name.

    An adapter's code are the modules of its class, of what this derives from, and those that write its programs, with
    the whole packages in which they lie; and likewise what these import by name from outside of the folders of
    installed packages, as from the working folder. The text of a module shows what it imports: what a name that is
    computed loads, and data that are read, are not followed. Nor are installed packages, and what the adapter lists in
    ``packages``, which versions stand for.
    """
    own = [path for path in PACKAGE.rglob("*") if path.suffix in _CODE and not path.is_relative_to(PACKAGE / "tests")]
    found = {"harness": _digest(own)}
    for one in chosen:
        if elsewhere := sorted(_files(one) - set(own)):
            found[one.name] = _digest(elsewhere)
    return found


def _files(one: Chosen) -> set[Path]:
    modules = {kind.__module__ for kind in type(one.adapter).__mro__ if kind is not object}
    modules |= {program.partition(":")[0] for program in one.adapter.programs.values()}
    found: set[Path] = set()
    roots: set[str] = set()
    for name in modules:
        root = name.partition(".")[0]
        if root != PACKAGE.name:
            roots.add(root)
        elif (spec := find_spec(name)) and spec.origin and (path := Path(spec.origin)).parent != PACKAGE:
            found.update(path.parent.glob("*.py"))
    known = {PACKAGE.name, *sys.stdlib_module_names, *one.adapter.packages}
    left = [path for root in roots - known for path in _files_of(_places(root))]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        for root in (_imports(path) if path.suffix == ".py" else set()) - roots - known:
            places = _places(root)
            if not any(map(_is_installed, places)) or places == [path.with_name(f"{root}.py")]:
                roots.add(root)
                left += _files_of(places)
    return found


def _places(root: str) -> list[Path]:
    """The file of a module that is in no package, or the folders of such a package; empty where there is none."""
    try:
        spec = PathFinder.find_spec(root) or find_spec(root)  # the second knows editable installations
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(folder) for folder in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin and spec.has_location else []


def _files_of(places: Iterable[Path]) -> list[Path]:
    """The modules in ``places``, without what is installed in a folder of a package."""
    return [
        path
        for place in places
        for path in (place.rglob("*") if place.is_dir() else [place])
        if path.suffix in _MODULES and not _is_installed(path.relative_to(place)) and path.is_file()
    ]


def _is_installed(path: Path) -> bool:
    """Whether ``path`` lies where unrelated packages lie side by side."""
    return not _INSTALLED.isdisjoint(path.parts)


def _imports(path: Path) -> set[str]:
    """The roots of the modules that the text at ``path`` imports by their whole names, and perhaps some others."""
    text = path.read_text(encoding="latin-1")
    names = [name for found in _IMPORT.finditer(text) for name in (found["one"] or found["many"]).split(",")]
    return {name.split()[0].partition(".")[0] for name in names if name.split()}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
