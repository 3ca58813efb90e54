"""Digests of the code that a run depends on, by which a later run knows whether it is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import harness
from harness.adapters import Chosen

PACKAGE = Path(harness.__file__).parent
_CODE = {".py", ".j2", ".js", ".css"}


def sources(chosen: Sequence[Chosen]) -> dict[str, str]:
    """Digests: of this package but its tests under ``harness``, and of each adapter's code elsewhere under its name.

    An adapter's code are the modules of its class and of what this derives from, the modules that write its programs,
    and the modules that lie in the same folders of a package.
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


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
