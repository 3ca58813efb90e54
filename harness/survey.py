"""What a run must know of its cases before any is asked, found in one pass: the cases of large sweeps are made anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters import Chosen
from harness.case import AnyCase
from harness.check import is_asked
from harness.published import checked
from harness.results import CaseInfo


@dataclass(frozen=True, slots=True)
class Survey:
    """Of some cases and adapters."""

    checks: int
    """How many there will be."""
    infos: tuple[CaseInfo, ...]
    """As a report names the cases, in its order."""
    digests: Mapping[str, str]
    """Of the content of the cases, by suite."""


def survey(cases: Iterable[AnyCase], chosen: Sequence[Chosen]) -> Survey:
    """Look over ``cases``; raises BadInputError with every value that a suite expects and the oracle does not give."""
    infos, checks = list[CaseInfo](), 0
    digests: dict[str, Any] = {}
    for case in checked(cases):
        checks += sum(is_asked(case, one) for one in chosen)
        infos.append(_info(case))
        digests.setdefault(case.suite, hashlib.sha256()).update(f"{case!r}\n".encode())
    infos.sort(key=lambda info: info.case)
    return Survey(checks, tuple(infos), {name: digest.hexdigest() for name, digest in sorted(digests.items())})


def _info(case: AnyCase) -> CaseInfo:
    return CaseInfo(case.name, case.about, case.source, case.rule, case.dtype, case.outputs, case.examples)
