"""Digests of the code that a run depends on, by which a later run knows whether it is still the same."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from harness.adapters import Chosen
from harness.adapters.program import Program
from harness.core.files import PACKAGE

_CODE = {".py", ".j2", ".js", ".css"}
_MODULES = {".py", ".so", ".pyd"}
_INSTALLED = {"site-packages", "dist-packages"}
_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<one>\w[\w.]*)[ \t]+import|import[ \t]+(?P<many>\w[\w., \t]*))", re.MULTILINE
)


def sources(chosen: Sequence[Chosen], named: Mapping[str, Iterable[str]] = MappingProxyType({})) -> dict[str, str]:
    """Digests: of this package but its tests under ``harness``, and of each adapter's code elsewhere under its name.

    An adapter's code are the modules of its class, of what this derives from, and those that write its programs, with
    the whole packages in which they lie; and likewise what these import by name from outside of the folders of
    installed packages, as from the working folder, with what its runtime imports and, by the adapter's name, the
    modules that are ``named`` by its programs. The text of a module shows what it imports: what a name that is
    computed loads, and data that are read, are not followed. Nor are installed packages, and what the adapter lists in
    ``packages``, which versions stand for.
    """
    own = [path for path in PACKAGE.rglob("*") if path.suffix in _CODE and not path.is_relative_to(PACKAGE / "tests")]
    found = {"harness": _digest(own)}
    for one in chosen:
        if elsewhere := sorted(_files(one, named.get(one.name, ())) - set(own)):
            found[one.name] = _digest(elsewhere)
    return found


def is_of_the_harness(one: Chosen) -> bool:
    """Whether the code of an adapter is this package's and Python's: then the texts that it runs name nothing else."""
    own = {PACKAGE.name, *sys.stdlib_module_names}
    return all(name.partition(".")[0] in own for name in _modules(one))


def modules_of(program: Program) -> set[str]:
    """The roots of the modules that the lines of ``program`` import by name."""
    once = (program.imports, program.build, program.before, program.gradient_build)
    return _imported("\n".join(chain(*once, program.load, program.compute, program.after, program.gradient)))


def _modules(one: Chosen) -> set[str]:
    modules = {kind.__module__ for kind in type(one.adapter).__mro__ if kind is not object}
    # what a class or a function has made need not know where that lies
    modules.add(one.target.partition(":")[0])
    modules |= {call.__module__ or "" for call in (one.adapter.program, one.adapter.start)}
    return modules | {program.partition(":")[0] for program in one.adapter.programs.values()}


def _files(one: Chosen, named: Iterable[str]) -> set[Path]:
    found: set[Path] = set()
    roots: set[str] = set()
    for name in _modules(one):
        root = name.partition(".")[0]
        if root != PACKAGE.name:
            roots.add(root)
        elif (spec := find_spec(name)) and spec.origin and (path := Path(spec.origin)).parent != PACKAGE:
            found.update(path.parent.glob("*.py"))
    known = {PACKAGE.name, *sys.stdlib_module_names, *one.adapter.packages}
    left = [path for root in roots - known for path in _files_of(_places(root))]

    def follow(names: Iterable[str], beside: Path) -> None:
        for root in {*names} - roots - known:
            places = _places(root)
            if not any(map(_is_installed, places)) or places == [beside.with_name(f"{root}.py")]:
                roots.add(root)
                left.extend(_files_of(places))

    runtime = one.adapter.runtime
    stated = _imported("\n".join((*runtime.imports, *runtime.setup, *runtime.once, *runtime.gradient_imports)))
    follow({*named, *stated}, Path(getattr(sys.modules[type(one.adapter).__module__], "__file__", None) or "unknown"))
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            if path.suffix == ".py":
                follow(_imported(path.read_text(encoding="latin-1")), path)
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


def _imported(text: str) -> set[str]:
    """The roots of the modules that ``text`` imports by their whole names, and perhaps some others."""
    names = [name for found in _IMPORT.finditer(text) for name in (found["one"] or found["many"]).split(",")]
    return {name.split()[0].partition(".")[0] for name in names if name.split()}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
