"""``harness list``: the names of the cases, one per line."""

from __future__ import annotations

import click

from harness.selection import select


@click.command("list")
@click.argument("paths", nargs=-1)
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option("--about", is_flag=True, help="Also say what goes wrong in an implementation that fails the case.")
def command(paths: tuple[str, ...], expression: str, *, about: bool) -> int:
    """Print the names of the cases in PATHS (files, folders or FILE::ID; default: cases)."""
    lines = [f"{case.name}\t{case.about}" if about else case.name for case in select(paths, expression).cases()]
    click.echo("\n".join(lines))
    click.echo(f"{len(lines)} cases", err=True)
    return 0
