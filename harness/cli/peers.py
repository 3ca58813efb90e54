"""``harness peers``: test data that installed packages carry, stated as suites and judged."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from harness.cli.options import Choice

NAMES = ("onnx", "torch", "keras", "tensorflow")


@click.command()
@click.argument("sources", nargs=-1, type=Choice(NAMES), metavar="[SOURCE]...")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Keep the suites and arrays there."
)
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
def command(sources: tuple[str, ...], folder: Path | None, expression: str) -> int:
    """State the tests of installed packages as suites, and judge their results: onnx, torch, keras, tensorflow.

    The data are used as they are. Where a test states no result, it is the package's own that is judged. Prints a
    table, why rows cannot be stated, and what fails; exits with 1 where no source can be read.
    """
    from harness.quality.peers.judged import judge_source, lines_of

    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) if folder is None else folder
        judged = [judge_source(name, place / name, expression) for name in dict.fromkeys(sources or NAMES)]
    click.echo("\n".join(lines_of(judged)))
    return 1 if all(one.missing for one in judged) else 0
