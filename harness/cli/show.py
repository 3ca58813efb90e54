"""``harness show``: what a case is, along each axis, and how each framework states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from harness.cli.completion import suites_and_cases
from harness.cli.options import Choice, adapter_option
from harness.core.case import GRADIENTS, OutputName
from harness.core.errors import BadInputError, Problem
from harness.core.files import DEFAULT_REPORTS
from harness.suites.selection import select

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.core.case import AnyCase
    from harness.engine.check import Check

MOST_SHOWN = 20
OUTPUTS = ("output", "indices", *GRADIENTS)


@click.command()
@click.argument("case", metavar="FILE::ID", shell_complete=suites_and_cases)
@adapter_option("Only this adapter; may be repeated.")
@click.option("--script", is_flag=True, help="Print a program that shows the case on one adapter without the harness.")
@click.option("--output", type=Choice(OUTPUTS), help="With --script: what it compares.  [default: output]")
def command(case: str, adapters: tuple[str, ...], *, script: bool, output: OutputName | None) -> int:
    """Draw the case FILE::ID (at most twenty of a sweep) and print the call of each adapter. Runs no framework.

    The last verdicts are those of reports/conformance.json.
    """
    from harness.adapters import choose
    from harness.reports.previous import last_verdicts

    chosen = choose(adapters)
    if script:
        click.echo(_script(case, chosen, output or "output"), nl=False)
        return 0
    if output is not None:
        raise BadInputError(Problem("--output", 0, 0, output, "is for scripts only", "add --script"))
    last = last_verdicts(DEFAULT_REPORTS)
    for index, one in enumerate(select([case]).cases()):
        if index == MOST_SHOWN:
            click.echo("\n… and more; name one with FILE::ID[…]")
            break
        click.echo("\n".join([""] * bool(index) + list(_describe(one, chosen, last))))
    return 0


def _describe(case: AnyCase, chosen: list[Chosen], last: Mapping[tuple[str, str], list[str]]) -> Iterator[str]:
    from harness.engine.check import plan_checks
    from harness.operations import operation_of

    yield f"{case.name}  ({case.dialect}, {case.dtype})"
    yield f"  {case.about}"
    if case.source:
        yield f"  source: {case.source}"
    yield from operation_of(case).describe(case)
    for check in plan_checks([case], chosen):
        yield from _call(check, last.get((case.name, check.chosen.name), []))


def _script(target: str, chosen: Sequence[Chosen], output: OutputName) -> str:
    """The program for one case, on the adapter that was named or the first that speaks the case's dialect.

    Of several adapters it is one that computes ``output``, if any does.

    Raises BadInputError unless ``target`` names one case that an adapter can express.
    """
    from harness.adapters.program import Inexpressible
    from harness.engine.check import plan_checks
    from harness.engine.script import render_script

    case, *others = islice(select([target]).cases(), 2)
    if others:
        hint = f"name one, for example {case.selector}"
        raise BadInputError(Problem("--script", 0, 0, target, "names several cases", hint))
    checks = list(plan_checks([case], chosen))
    if not checks:
        hint = f"leave -a out, or take one that speaks {case.dialect}"
        raise BadInputError(Problem("-a", 0, 0, target, "no adapter here runs this case", hint))

    def order(check: Check) -> tuple[bool, bool, bool]:
        foreign = check.chosen.adapter.dialect != case.dialect
        return isinstance(check.plan, Inexpressible), output not in check.outputs, foreign

    return render_script(min(checks, key=order), output)


def _call(check: Check, last: Sequence[str]) -> Iterator[str]:
    """The call of one adapter, why it is composed, and the last verdict on it."""
    from harness.adapters.program import Inexpressible

    name = check.chosen.name
    if isinstance(check.plan, Inexpressible):
        what = "adapter_error" if check.inexpressible is None else "inexpressible"
        yield f"{name}: {what}: {check.plan.reason}"
        return
    yield f"{name}: {check.plan.route}: {_words(check.plan.call)}"
    yield from (f"  {reason}" for reason in check.plan.reasons)
    yield from (f"  {line if index else f'last: {line}'}" for index, line in enumerate(last))


def _words(call: Mapping[str, Any]) -> str:
    """The parameters as they are written in a call; parts of a plan that stand at another place are joined on."""
    parts = [_words(value) if isinstance(value, Mapping) else f"{key}={value!r}" for key, value in call.items()]
    return ", ".join(filter(None, parts))
