"""``harness show``: what a case is, along each axis, and how each framework says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from harness.selection import select

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.case import Case

MOST_SHOWN = 20


@click.command()
@click.argument("case", metavar="FILE::ID")
@click.option("-a", "--adapter", "adapters", multiple=True, help="Only this adapter; may be repeated.")
def command(case: str, adapters: tuple[str, ...]) -> int:
    """Draw the case FILE::ID (at most twenty of a sweep) and print the call of each adapter. Runs no framework."""
    from harness.adapters import choose

    chosen = choose(adapters)
    for index, one in enumerate(select([case]).cases()):
        if index == MOST_SHOWN:
            click.echo("\n… and more; name one with FILE::ID[…]")
            break
        click.echo("\n".join([""] * bool(index) + list(_describe(one, chosen))))
    return 0


def _describe(case: Case, chosen: list[Chosen]) -> Iterator[str]:
    from harness.dialects import lower
    from harness.drawing import draw_axis
    from harness.geometry import IllegalCaseError

    yield f"{case.name}  ({case.dialect}, {case.dtype})"
    yield f"  {case.about}"
    if case.source:
        yield f"  source: {case.source}"
    try:
        geometry = lower(case)
    except IllegalCaseError as error:
        yield f"not legal in {case.dialect}: {error}"
    else:
        yield f"batch {case.batch}, channels {case.in_channels} to {case.out_channels}, groups {case.groups}"
        yield from draw_axis("height", geometry.height)
        yield from draw_axis("width", geometry.width)
    for one in chosen:
        yield from _call(case, one)


def _call(case: Case, chosen: Chosen) -> Iterator[str]:
    from harness.adapters.plan import Plan
    from harness.engine import plan_check

    check = plan_check(case, chosen)
    if check is None:
        return
    if not isinstance(check.plan, Plan):
        yield f"{chosen.name}: inexpressible: {check.plan.reason}"
        return
    yield f"{chosen.name}: {check.plan.route}: {_words(check.plan.call)}"
    yield from (f"  {reason}" for reason in check.plan.reasons)


def _words(call: Mapping[str, Any]) -> str:
    """The parameters as they are written in a call; parts of a plan that are said at another place are joined on."""
    parts = [_words(value) if isinstance(value, Mapping) else f"{key}={value!r}" for key, value in call.items()]
    return ", ".join(filter(None, parts))
