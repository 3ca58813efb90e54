"""``harness export``: cases as files, for programs that the harness cannot call."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click


@click.command()
@click.argument("paths", nargs=-1)
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option("--to", "folder", type=click.Path(path_type=Path), metavar="DIR", required=True, help="A new folder.")
def command(paths: tuple[str, ...], expression: str, folder: Path) -> int:
    """Write the cases in PATHS (files, folders or FILE::ID; default: all shipped ones) as arrays and their description.

    Arrays stand in .npz files, everything else in index.json, whose JSON Schema is exported.schema.json beside the
    shipped suites. What another program computes from them is judged by `harness judge`; see docs/judging.md.
    """
    from harness.suites.exported import export_cases
    from harness.suites.selection import select

    count = export_cases(select(paths, expression).cases(), folder)
    click.echo(f"{count} cases in {folder}; harness judge {quote(str(folder))} --results RESULTS")
    return 0
