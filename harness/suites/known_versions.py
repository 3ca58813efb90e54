"""Whether a listed divergence applies to the versions at hand, and whether it was verified with them.

An entry is verified for a range of versions. A later one, and a development, local or forked build of one in range,
most likely still shows it, and nobody has looked: there the entry applies, marked as unverified. An earlier version is
another matter: what the range begins with may have brought the divergence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.suites.known_forms import EntryForm

_FROM_ABOVE = frozenset({"<", "<=", "==", "~="})
"""Signs of a specifier that a version can be too late for."""
_RELEASE = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an entry applies; ``unverified`` says which versions are not those that it was verified for."""

    applies: bool
    unverified: str = ""


def standing(entry: EntryForm, versions: Mapping[str, str]) -> Standing:
    """How ``entry`` stands to ``versions``, by package; a package that is absent has no version in any range."""
    unverified = []
    for package, wanted in entry.versions.items():
        version = versions.get(package, "")
        found = in_range(version, wanted)
        if found is None:
            return Standing(applies=False)
        if not found:
            unverified.append(f"listed for {package} {wanted}, this is {version}")
    return Standing(applies=True, unverified=", ".join(unverified))


def in_range(version: str, wanted: str) -> bool | None:
    """Whether ``version`` lies in the range ``wanted``.

    False where it is later or an unreleased build of one in range, None where neither is known.
    """
    specifiers = SpecifierSet(wanted)
    try:
        parsed = Version(version)
        if specifiers.contains(parsed, prereleases=True):
            return True
        release = Version(parsed.base_version)
    except InvalidVersion:
        # as in 2.21.0-tf-fork; without a number at its head it cannot be ordered
        if (found := _RELEASE.match(version)) is None:
            return None
        release = Version(found.group())
    missed = [one for one in specifiers if not one.contains(release, prereleases=True)]
    later = all(one.operator in _FROM_ABOVE and release >= Version(one.version.removesuffix(".*")) for one in missed)
    return False if later else None
