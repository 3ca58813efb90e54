"""``harness list``: the names of the cases, or of the mutants, one per line."""

from __future__ import annotations

import click

from harness.cli.options import paths_argument
from harness.core.counting import counted
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.suites.selection import select


@click.command("list")
@paths_argument
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option("--about", is_flag=True, help="Also say what goes wrong in an implementation that fails the case.")
@click.option(
    "--mutants", is_flag=True, help="Print the mutants instead; with PATHS or -k, those that these cases kill."
)
def command(paths: tuple[str, ...], expression: str, *, about: bool, mutants: bool) -> int:
    """Print the names of the cases in PATHS (files, folders or FILE::ID; default: all shipped ones)."""
    if mutants:
        return _list_mutants(paths, expression)
    lines = [f"{case.name}\t{case.about}" if about else case.name for case in select(paths, expression).cases()]
    click.echo("\n".join(lines))
    click.echo(counted(len(lines), "case"), err=True)
    return 0


def _list_mutants(paths: tuple[str, ...], expression: str) -> int:
    """The names of mutants, which an entry's ``kills`` may list, and what is wrong with each."""
    from harness.quality.claims import killed_by, texts

    found = killed_by(transposed_convolutions(select(paths, expression).cases())) if paths or expression else texts()
    click.echo("\n".join(f"{name}\t{text}" for name, text in found.items()))
    click.echo(counted(len(found), "mutant"), err=True)
    return 0
