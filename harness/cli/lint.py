"""``harness lint``: everything that can be wrong before a framework runs."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import paths_argument
from harness.core.corpus import CASES, located
from harness.core.counting import counted
from harness.core.errors import BadInputError
from harness.suites.registry import passed_over
from harness.suites.selection import select_good


@click.command()
@paths_argument
@click.option("--only-suites", is_flag=True, help="Pass over files without the key `suite`, as for a pre-commit hook.")
@click.option("--write-schemas", is_flag=True, help="Write the JSON Schemas anew before checking them.")
def command(paths: tuple[str, ...], *, only_suites: bool, write_schemas: bool) -> int:
    """Check the suites in PATHS (default: all shipped ones): form, sizes, expected values, vacuity, known divergences.

    Schemas beside them must be in step with the harness.
    """
    from harness.adapters import available, choose
    from harness.operations import operation_of
    from harness.quality.claims import false_claims
    from harness.quality.lint import notes, twin_readings, unrun, unshown
    from harness.reports.json_schemas import stale_schemas, write_all
    from harness.suites.expected_values import wrong_expectations
    from harness.suites.known_divergences import FILE_NAME, load_known

    if write_schemas:
        if not CASES.is_dir():
            raise click.UsageError("--write-schemas is for a clone, whose folder cases is not here")
        write_all()
    if only_suites and paths:
        for path in (Path(path) for path in paths if Path(path).name == FILE_NAME):
            load_known(path)
        paths = tuple(path for path in paths if not passed_over(located(path)))
        if not paths:
            click.echo("no suites among these files")
            return 0
    selection = select_good(paths)
    if wrong := wrong_expectations(selection.cases()):
        selection = selection.without(wrong)
    names = [case.name for case in selection.cases()]
    adapters = choose()
    found = (
        operation_of(case).vacuous(case) or twin_readings(case) or unrun(case, adapters) for case in selection.cases()
    )
    problems = [*selection.problems, *(problem for problem in found if problem is not None)]
    problems.extend(false_claims(selection))
    # what all cases together must have is not required of a part of them
    if not selection.problems and all(located(path).is_dir() for path in paths):
        for folder in selection.folders:
            problems.extend(load_known(folder / FILE_NAME).unmatched(names, available()))
        problems.extend(unshown(selection.cases()))
    problems.extend(stale_schemas(selection.folders))
    if problems:
        raise BadInputError(*problems)
    for what, named in notes(selection.cases(), adapters).items():
        click.echo(f"note: {what}: {', '.join(named)}")
    click.echo(f"{counted(len(selection.suites), 'suite')}, {counted(len(names), 'case')}: nothing to complain about")
    return 0
