"""What ``harness run --baseline`` makes of a run: only what is worse than in an earlier report fails it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click

from harness.core.counting import counted
from harness.core.results import CONFORMING, Row, Verdict
from harness.reports.comparison import Change, Comparison, Kind, Stored, compare
from harness.reports.view import View

MOST_SHOWN = 50
"""Lines of a list; all failures stand above."""
_WELL = CONFORMING | {Verdict.KNOWN, Verdict.FIXED}


def fails(view: View, named: str | None, baseline: Stored | None) -> bool:
    """Whether the run fails: by every failure, or with a ``baseline`` by what is worse or gone since; that is printed.

    A baseline that has none of the run's checks says nothing: then every failure counts.
    """
    if baseline is None:
        return bool(view.failures)
    current = Stored.of_report(view.report)
    if not any(map(baseline.counterpart, current.states)):
        click.echo(f"\nbaseline {named}: has none of these checks, so every failure counts")
        return bool(view.failures)
    found = compare(baseline, current)
    worse, lost = _worse(found, view), list(_lost(found, view))
    click.echo(f"\nbaseline {named}: {_count([*worse, *lost]) or 'nothing'} worse")
    _print_lines(
        [
            *(f"{change.case} on {change.where}: {change.verdicts}" for change in worse),
            *(f"{change.case} on {change.where}: {change.verdicts} -> gone" for change in lost),
        ]
    )
    if absent := _count(found.of_kind(Kind.GONE)) - _count(lost):
        click.echo(f"not in this run: {counted(absent, 'row')} of the baseline")
    if others := list(_others(found, view, worse)):
        click.echo(f"not worse, but failing: {len(others)}")
        _print_lines(others)
    return bool(worse or lost)


def failing_rows(view: View, baseline: Stored | None) -> Sequence[Row]:
    """The rows by which the run fails, as ``fails`` has it; those that are gone are none."""
    current = Stored.of_report(view.report)
    if baseline is None or not any(map(baseline.counterpart, current.states)):
        return view.failures
    worse = _worse(compare(baseline, current), view)
    keys = {(change.case, change.adapter, output) for change in worse for output in change.outputs}
    return [row for row in view.report.results if (row.case, row.adapter, row.output) in keys]


def _print_lines(lines: Iterable[str]) -> None:
    shown = [f"  {line}" for line in lines]
    more = [f"  and {len(shown) - MOST_SHOWN} more"] if len(shown) > MOST_SHOWN else []
    click.echo("".join(f"{line}\n" for line in [*shown[:MOST_SHOWN], *more]), nl=False)


def _worse(found: Comparison, view: View) -> list[Change]:
    """What is worse; a listed divergence, or a framework that is absent and was not named, fails no run."""
    failing = {(row.case, row.adapter) for row in view.failures if row.verdict is Verdict.UNAVAILABLE}

    def counts(change: Change) -> bool:
        match change.new and change.new.verdict:
            case Verdict.KNOWN:
                return False
            case Verdict.UNAVAILABLE:
                return (change.case, change.adapter) in failing
        return True

    return [change for change in found.of_kind(Kind.WORSE) if counts(change)]


def _lost(found: Comparison, view: View) -> Iterator[Change]:
    """What did not fail and is gone, though its case still requests it: of checks that the run has, or should have.

    Those are the checks of adapters that are named, of which every case of the run is requested.
    """
    requested = {info.case: {*info.outputs, "shape"} for info in view.report.cases}
    named = {one.name for one in view.report.adapters if one.requested_by_name}
    checks = {(row.case, row.adapter) for row in view.report.results}
    for change in found.of_kind(Kind.GONE):
        outputs = tuple(name for name in change.outputs if name in requested.get(change.case, ()))
        was_well = change.old is not None and change.old.verdict in _WELL
        if outputs and was_well and (change.adapter in named or (change.case, change.adapter) in checks):
            yield replace(change, outputs=outputs)


def _count(changes: Iterable[Change]) -> int:
    return sum(len(change.outputs) for change in changes)


def _others(found: Comparison, view: View, worse: list[Change]) -> Iterator[str]:
    """A line for each failing row that is not worse."""
    changes = {(change.case, change.adapter, output): change for change in found.changes for output in change.outputs}
    for row in view.failures:
        change = changes.get((row.case, row.adapter, row.output))
        if change is None:
            yield f"{row.case} on {row.where}: {row.verdict}, as before"
        elif change not in worse:
            yield f"{row.case} on {row.where}: {row.verdict}, {change.kind}: {change.verdicts}"
