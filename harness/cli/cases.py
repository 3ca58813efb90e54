"""``harness cases``: the shipped suites, by name or as a copy."""

from __future__ import annotations

from pathlib import Path

import click

from harness.core.corpus import CORPUS, SHIPPED
from harness.core.counting import counted
from harness.core.errors import BadInputError, Problem
from harness.core.files import write_together
from harness.suites.registry import find_files


@click.command()
@click.option("--copy", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Copy them to DIR.")
def command(folder: Path | None) -> int:
    """Print the names of the shipped suites, as other commands take them.

    With --copy, write them to a folder, with the list of known divergences and the JSON Schemas.
    """
    if folder is None:
        click.echo("\n".join(f"{SHIPPED}{path.stem}" for path in find_files([CORPUS])))
        return 0
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(CORPUS.iterdir()) if path.is_file()}
    there = [name for name in texts if (folder / name).exists()]
    if there or (folder.exists() and not folder.is_dir()):
        message = f"holds {there[0]} already" if there else "is no folder"
        raise BadInputError(Problem(str(folder), 0, 0, "--copy", message, "name a new folder; nothing was written"))
    write_together(folder, texts)
    click.echo(f"{counted(len(texts), 'file')} in {folder}; harness run {folder}")
    return 0
