"""Digests of the code that a run depends on, by which a later run knows whether it is still the same."""

from __future__ import annotations

import ast
import hashlib
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.adapters import Chosen
from harness.core.files import PACKAGE

_CODE = {".py", ".j2", ".js", ".css"}
_INSTALLED = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib")}
"""Folders in which unrelated packages lie side by side."""


def sources(chosen: Sequence[Chosen]) -> dict[str, str]:
    """Digests: of this package but its tests under ``harness``, and of each adapter's code elsewhere under its name.

    An adapter's code are the modules of its class and of what this derives from, the modules that write its programs,
    and the modules that lie in the same folders of a package, or that a module outside of packages imports from beside
    it.
    """
    own = [path for path in PACKAGE.rglob("*") if path.suffix in _CODE and not path.is_relative_to(PACKAGE / "tests")]
    found = {"harness": _digest(own)}
    for one in chosen:
        if elsewhere := sorted(set(_files(one)) - set(own)):
            found[one.name] = _digest(elsewhere)
    return found


def _files(one: Chosen) -> Iterable[Path]:
    modules = {kind.__module__ for kind in type(one.adapter).__mro__ if kind is not object}
    modules |= {program.partition(":")[0] for program in one.adapter.programs.values()}
    for name in modules:
        spec = find_spec(name)
        if spec is None or spec.origin is None or not spec.has_location or name == "abc":
            continue
        path = Path(spec.origin)
        yield path
        if spec.parent and path.parent != PACKAGE:
            yield from path.parent.glob("*.py")
        elif not spec.parent:
            yield from _beside(path)


def _beside(path: Path) -> set[Path]:
    """The files that the module at ``path`` imports from its own folder, and those that these import there."""
    found, left = {path}, [path]
    while left:
        for name in _imports(left.pop()):
            near = [path.with_name(f"{name}.py")]
            if path.parent not in _INSTALLED:
                near.extend(path.with_name(name).rglob("*.py"))
            new = {one for one in near if one.is_file()} - found
            found |= new
            left.extend(new)
    return found


def _imports(path: Path) -> set[str]:
    """The roots of the modules that the text at ``path`` imports by their whole names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
