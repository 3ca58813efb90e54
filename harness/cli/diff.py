"""``harness diff``: what became worse, better, new or another since an earlier report."""

from __future__ import annotations

import click

from harness.cli.options import Choice


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "form", type=Choice(["text", "markdown", "json"]), default="text", show_default=True, help="Form."
)
def command(old: str, new: str, form: str) -> int:
    """Compare the reports OLD and NEW, and exit with 1 where anything is worse.

    Each is a conformance.json, a folder that holds one, git:REV (reports/conformance.json of that revision) or
    git:REV:PATH.
    """
    from harness.reports.comparison import Kind, compare
    from harness.reports.comparison_formats import FORMATS
    from harness.reports.stored import load_report

    found = compare(load_report(old), load_report(new))
    click.echo(FORMATS[form](found), nl=False)
    return 1 if found.of_kind(Kind.WORSE) else 0
