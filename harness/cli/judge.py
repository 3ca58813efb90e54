"""``harness judge``: arrays that another program computed from exported cases."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import click

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("exported", type=_FOLDER)
@click.option("--results", type=_FOLDER, metavar="DIR", required=True, help="The folder of the results.")
@click.option("--name", default="elsewhere", show_default=True, help="What to call the program in reports.")
@click.option("--version", "versions", multiple=True, metavar="PACKAGE=VERSION", help="What it ran; may be repeated.")
@click.option(
    "--known", type=_FOLDER, multiple=True, help="A list of known divergences, for --name and --version; repeatable."
)
@click.option("--report-dir", type=_FOLDER, help="Where to write reports (default: nowhere).")
@click.option("-v", "--verbose", is_flag=True, help="Show each failure, not each cause once.")
def command(
    exported: Path,
    results: Path,
    name: str,
    versions: tuple[str, ...],
    known: tuple[Path, ...],
    report_dir: Path | None,
    *,
    verbose: bool,
) -> int:
    """Judge what another program computed from the cases in EXPORTED, a folder that `harness export` wrote.

    DIR has a .npz file for each case, called as that of its arrays, with its outputs by name, or with the text `error`.
    A case without one was not run, which is no failure.
    """
    from harness.cli.progress import RunTicker, print_result
    from harness.engine.elsewhere import judge_results
    from harness.reports.view import View
    from harness.reports.writing import write_reports

    if not re.fullmatch(r"\w[\w.:+-]*", name):
        raise click.BadParameter(f"{name!r} is no name: expected letters, digits and .:+-_", param_hint="--name")
    pairs = [version.partition("=") for version in versions]
    if wrong := [package for package, _, number in pairs if not (package and number)]:
        raise click.BadParameter(f"{wrong[0]!r} has no version: expected PACKAGE=VERSION", param_hint="--version")
    with closing(RunTicker(verbose=verbose)) as ticker:
        numbers = {package: number for package, _, number in pairs}
        session, absent = judge_results(exported, results, ticker, name, numbers, known)
    view = View(session.report)
    print_result(session, view, [], verbose=verbose)
    click.echo("\n".join(absent))
    for path in write_reports(report_dir, session, view) if report_dir is not None else ():
        click.echo(f"wrote {path}")
    return 1 if view.failures else 0
