"""Runs that show nothing about any framework, and must not look as if they did: the reasons, adapter by adapter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from harness.adapters import Chosen
from harness.core.counting import counted
from harness.core.errors import NothingRequestedError
from harness.core.results import NOT_CALLED, Row, Verdict
from harness.engine.survey import Survey


def require_requests(found: Survey, chosen: Sequence[Chosen]) -> None:
    """Raises NothingRequestedError where no check is requested of an adapter that was named, or none at all."""
    named = [one.name for one in chosen if one.requested_by_name and one.name in found.idle]
    if not found.checks or named:
        lines = describe_idle({name: found.idle[name] for name in (named or found.idle)})
        raise NothingRequestedError("\n".join([*lines, "nothing was run, and no report was written"]))


def describe_idle(idle: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Why no check is requested of each adapter, and for how many cases each reason holds, as lines."""
    lines = [] if idle else ["no adapter is installed, so nothing is requested"]
    for name, reasons in sorted(idle.items()):
        lines.append(f"nothing is requested of {name}:")
        lines += [f"  {reason} ({counted(count, 'case')})" for reason, count in sorted(reasons.items())]
    return lines


def why_nothing_ran(rows: Sequence[Row], chosen: Sequence[Chosen]) -> str:
    """Why no check of a framework ran, or none of an adapter that was named; empty where each did.

    One that was named and cannot be started fails with each of its checks.
    """
    ran = {row.adapter for row in rows if row.observed not in NOT_CALLED}
    reasons = Counter((row.adapter, row.message) for row in rows if row.observed in NOT_CALLED)
    if lines := describe_not_run(ran, reasons, chosen):
        return "\n".join(["no check of a framework ran, and no report was written:", *lines])
    ran = {row.adapter for row in rows if row.observed is not Verdict.INEXPRESSIBLE}
    reasons = Counter((row.adapter, row.message) for row in rows if row.observed is Verdict.INEXPRESSIBLE)
    lines = describe_unable(ran, reasons, chosen)
    return "\n".join([*lines, "no report was written"]) if lines else ""


def describe_unable(
    ran: Collection[str], reasons: Mapping[tuple[str, str], int], chosen: Sequence[Chosen]
) -> list[str]:
    """Why no check ran of adapters that were named, as lines; see ``describe_not_run``."""
    named = {one.name for one in chosen if one.requested_by_name} - set(ran)
    found = {key: count for key, count in reasons.items() if key[0] in named}
    names = dict.fromkeys(name for name, _ in sorted(found))
    return [f"no check ran of {', '.join(names)}:", *describe_not_run((), found, ())] if found else []


def describe_not_run(
    ran: Collection[str], reasons: Mapping[tuple[str, str], int], chosen: Sequence[Chosen]
) -> list[str]:
    """Why no check of a framework ran, as lines; none where one did.

    ``ran`` are adapters with a check that ran, ``reasons`` counts the checks that did not by adapter and reason.
    """
    if any(one.real and one.name in ran for one in chosen):
        return []
    lines = [f"  {name}: {reason} ({counted(count, 'check')})" for (name, reason), count in sorted(reasons.items())]
    return lines + [f"  {one.name}: it ran, but is no framework" for one in chosen if one.name in ran]
