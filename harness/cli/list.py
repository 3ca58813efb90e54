"""``harness list``: the names of the cases, or of the liars, one per line."""

from __future__ import annotations

import click

from harness.core.case import transposed_convolutions
from harness.suites.selection import select


@click.command("list")
@click.argument("paths", nargs=-1)
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option("--about", is_flag=True, help="Also say what goes wrong in an implementation that fails the case.")
@click.option("--liars", is_flag=True, help="Print the liars instead; with PATHS or -k, those whom these cases tell.")
def command(paths: tuple[str, ...], expression: str, *, about: bool, liars: bool) -> int:
    """Print the names of the cases in PATHS (files, folders or FILE::ID; default: cases)."""
    if liars:
        return _list_liars(paths, expression)
    lines = [f"{case.name}\t{case.about}" if about else case.name for case in select(paths, expression).cases()]
    click.echo("\n".join(lines))
    click.echo(f"{len(lines)} cases", err=True)
    return 0


def _list_liars(paths: tuple[str, ...], expression: str) -> int:
    """The names of adapters that lie, which an entry's ``tells`` may list, and what each does."""
    from harness.quality.claims import lies, told

    found = told(transposed_convolutions(select(paths, expression).cases())) if paths or expression else lies()
    click.echo("\n".join(f"{name}\t{lie}" for name, lie in found.items()))
    click.echo(f"{len(found)} liars", err=True)
    return 0
